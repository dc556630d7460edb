#pragma once

#include "modules/commerce/payment/app/dispute_store.hpp"

namespace emporion::payment {

class PostgresDisputeStore : public DisputeStore {
 public:
  explicit PostgresDisputeStore(postgres::Database& database) : database_(database) {}

  Task<Result<std::optional<Payment>>> find_payment_by_txn(std::string provider, std::string txn_id) override;
  Task<Result<Dispute>> find(Uuid id) override;
  Task<Result<std::vector<Dispute>>> list(DisputeFilter filter) override;
  Task<Result<std::optional<Dispute>>> lock_by_ref(postgres::UnitOfWork& work, std::string provider, std::string ref) override;
  Task<Result<>> insert(postgres::UnitOfWork& work, Dispute dispute) override;
  Task<Result<>> update(postgres::UnitOfWork& work, Dispute dispute) override;
  Task<Result<std::vector<Dispute>>> claim_due(UtcTime now, microseconds lease, std::int32_t count) override;
  Task<Result<int>> count_open(postgres::UnitOfWork& work, Uuid payment_id) override;
  Task<Result<>> mark_payment(postgres::UnitOfWork& work, Uuid payment_id, std::string dispute_state, std::optional<std::int64_t> charged_back) override;
  Task<Result<>> hold_refunds(postgres::UnitOfWork& work, Uuid payment_id) override;
  Task<Result<>> free_refunds(postgres::UnitOfWork& work, Uuid payment_id, UtcTime now) override;
  Task<Result<std::vector<Refund>>> held_refunds(postgres::UnitOfWork& work, Uuid payment_id) override;
  Task<Result<>> thaw_escrow(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) override;
  Task<Result<>> publish_opened(postgres::UnitOfWork& work, Payment payment, Dispute dispute, Uuid trace) override;
  Task<Result<>> publish_closed(postgres::UnitOfWork& work, Payment payment, Dispute dispute, bool order_disputed, Uuid trace) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::payment
