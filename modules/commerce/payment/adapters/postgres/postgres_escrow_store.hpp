#pragma once

#include "modules/commerce/payment/app/escrow.hpp"

namespace emporion::payment {

class PostgresEscrowStore final : public EscrowStore {
 public:
  explicit PostgresEscrowStore(postgres::Database& database) : database_(database) {}

  Task<Result<>> insert(postgres::UnitOfWork& work, Uuid order_id, std::vector<SellerShare> shares, UtcTime now) override;
  Task<Result<std::optional<WaitingEscrow>>> lock(postgres::UnitOfWork& work, Uuid order_id) override;
  Task<Result<>> postpone(postgres::UnitOfWork& work, Uuid order_id, std::string why, UtcTime next) override;
  Task<Result<>> finish(postgres::UnitOfWork& work, Uuid order_id, UtcTime now) override;
  Task<Result<std::vector<Uuid>>> due(UtcTime now, std::int32_t count) override;
  Task<Result<int>> refunds_under_way(postgres::UnitOfWork& work, Uuid payment_id) override;
  Task<Result<std::int64_t>> fees_of(postgres::UnitOfWork& work, Uuid payment_id) override;
  Task<Result<>> publish(postgres::UnitOfWork& work, Uuid order_id, SellerRelease release, Uuid trace) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::payment
