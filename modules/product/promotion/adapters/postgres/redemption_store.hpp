#pragma once

#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

class PostgresRedemptionStore final : public RedemptionStore {
 public:
  explicit PostgresRedemptionStore(postgres::Database& database) : database_(database) {}

  Task<Result<std::vector<Result<ReserveAnswer>>>> reserve(std::vector<std::shared_ptr<const Reserve>> commands) override;
  Task<Result<std::vector<Result<v1::Redemption>>>> commit(std::vector<Commit> commands) override;
  Task<Result<std::vector<Result<v1::RedemptionStatus>>>> release(std::vector<Release> commands) override;
  Task<Result<std::optional<StoredRedemption>>> find(Uuid checkout) override;
  Task<Result<std::int32_t>> expire(UtcTime now, std::int32_t count) override;
  Task<Result<std::vector<std::pair<Uuid, Uuid>>>> orphans(UtcTime before, Uuid after, std::int32_t count) override;
  Task<Result<>> settle(bool is_confirmed, Uuid order, Uuid checkout, UtcTime now, Uuid trace) override;
  Task<Result<>> orders_confirmed(postgres::UnitOfWork& work, std::vector<ConfirmedOrder> orders, UtcTime now) override;
  Task<Result<>> order_cancelled(postgres::UnitOfWork& work, Uuid order, Uuid checkout, UtcTime now, Uuid trace) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::promotion
