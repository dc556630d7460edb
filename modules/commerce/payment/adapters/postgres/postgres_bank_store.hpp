#pragma once

#include "modules/commerce/payment/app/bank_store.hpp"

namespace emporion::payment {

class PostgresBankStore final : public BankStore {
 public:
  explicit PostgresBankStore(postgres::Database& database) : database_(database) {}

  Task<Result<std::vector<StoredCase>>> list_cases(CaseFilter filter) override;
  Task<Result<StoredCase>> find_case(Uuid id) override;
  Task<Result<StoredCase>> lock_case(postgres::UnitOfWork& work, Uuid id) override;
  Task<Result<>> close_case(postgres::UnitOfWork& work, StoredCase row) override;
  Task<Result<Uuid>> insert_statement(Uuid id, Uuid digest, std::int32_t lines, Uuid imported_by, UtcTime now) override;
  Task<Result<>> insert_lines(Uuid statement_id, std::vector<StatementLine> lines, UtcTime now) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::payment
