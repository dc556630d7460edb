#pragma once

#include "kernel/base/random.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/platform/gateway/app/rate_limits.hpp"

namespace emporion::gateway {

/// Buckets as rows that no crash has to survive, by the database's clock: replicas' clocks differ. All buckets of a call are one statement.
class PostgresLeaseStore final : public LeaseStore {
 public:
  PostgresLeaseStore(postgres::Database& database, const Clock& clock, Random& random) : database_(database), replica_(Uuid::v7(clock.now(), random)) {}
  Task<Result<std::vector<Answer>>> lease(std::vector<Request> requests) override;
  Task<Result<int>> heartbeat() override;
  Task<Result<>> leave() override;

 private:
  postgres::Database& database_;
  Uuid replica_;
};

}  // namespace emporion::gateway
