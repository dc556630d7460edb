#pragma once

#include "modules/commerce/payment/app/reconciliation_store.hpp"

namespace emporion::payment {

class PostgresReconciliationStore final : public ReconciliationStore {
 public:
  explicit PostgresReconciliationStore(postgres::Database& database) : database_(database) {}

  Task<Result<Reconciliation>> begin_run(Reconciliation run, UtcTime now) override;
  Task<Result<Reconciliation>> find(Uuid id) override;
  Task<Result<std::vector<ReconItem>>> items(Uuid report_id, std::int32_t count) override;
  Task<Result<std::vector<Reconciliation>>> claim_due(UtcTime now, microseconds lease, std::int32_t count) override;
  Task<Result<>> keep_page(Uuid report_id, std::vector<ReportRow> rows, std::optional<std::string> cursor, UtcTime now) override;
  Task<Result<>> postpone(Uuid report_id, std::string error, bool gives_up, std::optional<UtcTime> next, UtcTime now) override;
  Task<Result<std::vector<Payment>>> captured(Reconciliation run, std::optional<Uuid> after, std::int32_t count) override;
  Task<Result<std::vector<ReconItem>>> compare(postgres::UnitOfWork& work, Reconciliation run, Comparison comparison, std::int64_t tiny) override;
  Task<Result<bool>> enter_item(postgres::UnitOfWork& work, Reconciliation run, ReconItem item, UtcTime now) override;
  Task<Result<>> publish(postgres::UnitOfWork& work, Reconciliation run, ReconItem item, Uuid trace) override;
  Task<Result<>> finish(postgres::UnitOfWork& work, Reconciliation run, UtcTime now) override;
  Task<Result<>> post_fees(postgres::UnitOfWork& work, Reconciliation run, UtcTime now) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::payment
