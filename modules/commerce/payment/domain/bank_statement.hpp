#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/money/money.hpp"

namespace emporion::payment {

/// One line of a statement of our bank account. Negative: paid out.
struct StatementLine {
  int line = 0;  ///< Of the file; the header is 1.
  std::string bank_txn_id;
  Money amount;
  std::string remittance;
  std::optional<UtcTime> booked_at;
};
struct BadLine {
  int line = 0;
  std::string reason;  ///< UPPER_SNAKE.
};
struct BankStatement {
  std::vector<StatementLine> lines;
  std::vector<BadLine> refused;
};

constexpr std::size_t statement_lines_max = 5'000;

/// Reads CSV (RFC 4180) whose header names bank_txn_id, amount, currency and remittance, and may name booked_at. A line that cannot be read is named and the
/// others are read. Errors: MALFORMED_STATEMENT (no such header, or more lines than statement_lines_max).
Result<BankStatement> parse_bank_statement(std::string_view text);

}  // namespace emporion::payment
