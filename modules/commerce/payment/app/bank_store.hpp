#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modules/commerce/payment/app/payment_store.hpp"
#include "modules/commerce/payment/domain/bank_statement.hpp"

namespace emporion::payment {

/// A case as it is stored.
struct StoredCase {
  Uuid id = {};
  std::optional<Uuid> payment_id = std::nullopt;
  std::string kind = {};
  std::string ours = {};
  std::string theirs = {};
  std::optional<Money> to_pay_out = std::nullopt;
  std::optional<std::string> bank_txn_id = std::nullopt;
  std::optional<std::string> paid_under = std::nullopt;
  std::optional<std::string> resolution = std::nullopt;
  std::optional<Uuid> closed_by = std::nullopt;
  UtcTime opened_at = {};
  std::optional<UtcTime> closed_at = std::nullopt;
};

struct CaseFilter {
  std::optional<std::string> kind;
  std::optional<bool> open;
  std::optional<Uuid> payment_id;
  std::optional<UtcTime> before_at;
  std::optional<Uuid> before_id;
  std::int32_t count = 20;
};

/// Cases and statements of the bank.
class BankStore {
 public:
  virtual ~BankStore() = default;
  virtual Task<Result<std::vector<StoredCase>>> list_cases(CaseFilter filter) = 0;
  virtual Task<Result<StoredCase>> find_case(Uuid id) = 0;  ///< Errors: CASE_NOT_FOUND.
  virtual Task<Result<StoredCase>> lock_case(postgres::UnitOfWork& work, Uuid id) = 0;
  /// Errors: BANK_REFERENCE_USED (409): it paid another case.
  virtual Task<Result<>> close_case(postgres::UnitOfWork& work, StoredCase row) = 0;
  /// Remembers the file; the same one again answers its first id.
  virtual Task<Result<Uuid>> insert_statement(Uuid id, Uuid digest, std::int32_t lines, Uuid imported_by, UtcTime now) = 0;
  virtual Task<Result<>> insert_lines(Uuid statement_id, std::vector<StatementLine> lines, UtcTime now) = 0;
};

}  // namespace emporion::payment
