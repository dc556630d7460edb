#pragma once

#include "modules/commerce/payment/app/upkeep.hpp"

namespace emporion::payment {

class PostgresUpkeepStore final : public UpkeepStore {
 public:
  explicit PostgresUpkeepStore(postgres::Database& database) : database_(database) {}

  Task<Result<std::vector<Payment>>> claim_held(UtcTime now, UtcTime before, std::vector<ProviderQuota> quotas) override;
  Task<Result<std::vector<Payment>>> claim_left_over(UtcTime now, UtcTime next, std::vector<ProviderQuota> quotas) override;
  Task<Result<>> mark_ended(Uuid payment_id) override;
  Task<Result<std::vector<Payment>>> ending(UtcTime until, std::int32_t count) override;

 private:
  Task<Result<std::vector<Payment>>> claim(postgres::Statement statement, UtcTime first, UtcTime second, std::vector<ProviderQuota> quotas);
  postgres::Database& database_;
};

}  // namespace emporion::payment
