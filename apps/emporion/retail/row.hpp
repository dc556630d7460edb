#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "apps/emporion/retail/csv_reader.hpp"
#include "kernel/base/result.hpp"
#include "kernel/money/money.hpp"

namespace emporion::app::retail {

/// What a line of the history is about. Source: data/README.md, quirks 1 to 6.
enum class LineKind : std::uint8_t {
  sale,          ///< Goods, sold for something.
  free_goods,    ///< Goods of an order at price 0 (or one that rounds to 0): notes, stock found, gifts.
  write_off,     ///< A negative quantity under a number of an order: a movement of stock.
  charge,        ///< One of the codes that are not goods: postage, fees, vouchers, manual entries.
  cancellation,  ///< Goods under a C invoice.
  bad_debt,      ///< Under an A invoice.
};

/// One line as the file has it, checked, with its code in upper case.
struct Row {
  std::uint64_t number = 0;
  std::string invoice;  ///< "536365", "C536379", "A563185".
  std::string code;     ///< Folded to upper case; lower-case variants are the same article.
  bool code_folded = false;
  std::string description;  ///< As written: outer spaces belong to the file.
  std::int32_t quantity = 0;
  std::string time;  ///< "2010-12-01T08:26:00", wall clock of the shop.
  std::int64_t price_thousandths = 0;
  std::string customer;           ///< Five digits, or empty.
  std::string country;            ///< As written.
  std::uint64_t fingerprint = 0;  ///< Of all fields as written: equal rows have equal ones.

  LineKind kind() const;
  /// The unit price in pence; a third decimal is rounded half up (away from zero).
  Money price() const;
  bool price_rounded() const noexcept { return price_thousandths % 10 != 0; }
};

/// The header of the file. Errors: CSV_COLUMNS.
Result<> check_header(const CsvRecord& record);
/// Errors: ROW_INVALID, naming the row, the column and what is wrong.
Result<Row> parse_row(const CsvRecord& record);

/// "2.55" → 2550 thousandths. Errors: INVALID_PRICE (not a decimal, over three decimals, over nine digits).
Result<std::int64_t> parse_price(std::string_view text);

/// The 19 codes that are not goods, in upper case (two of them differ in case only, so 18 are left).
bool is_goods(std::string_view folded_code);
std::string_view meaning_of(std::string_view folded_code);

}  // namespace emporion::app::retail
