#include "modules/platform/gateway/adapters/postgres/lease_store.hpp"

namespace emporion::gateway {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement lease_all{"gateway.lease", "SELECT granted_milli, level_milli FROM rate_lease($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement beat{"gateway.heartbeat", "SELECT gateway_heartbeat($1)", Effect::writes};
constexpr Statement remove_self{"gateway.leave", "DELETE FROM gateway_replica WHERE id = $1", Effect::writes};

}  // namespace

Task<Result<std::vector<LeaseStore::Answer>>> PostgresLeaseStore::lease(std::vector<Request> requests) {
  std::vector<std::string> policies;
  std::vector<std::string> subjects;
  std::vector<std::int64_t> debts;
  std::vector<std::int64_t> wants;
  std::vector<std::int64_t> rates;
  std::vector<std::int64_t> bursts;
  for (auto& request : requests) {
    policies.push_back(std::move(request.policy));
    subjects.push_back(std::move(request.subject));
    debts.push_back(request.debt_milli);
    wants.push_back(request.want_milli);
    rates.push_back(request.plan.per_minute);
    bursts.push_back(request.plan.burst * 1000);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(lease_all, policies, subjects, debts, wants, rates, bursts));
  std::vector<Answer> out;
  for (const auto row : rows) out.push_back({row.get<std::int64_t>(0), row.get<std::int64_t>(1)});
  EMP_ASSERT(out.size() == policies.size());
  co_return out;
}

Task<Result<int>> PostgresLeaseStore::heartbeat() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(beat, replica_));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<>> PostgresLeaseStore::leave() {
  EMP_CO_TRY(co_await database_.query(remove_self, replica_));
  co_return Result<>();
}

}  // namespace emporion::gateway
