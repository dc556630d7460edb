#include "modules/platform/gateway/adapters/postgres/reset_store.hpp"

#include "modules/platform/gateway/adapters/postgres/changes.hpp"

namespace emporion::gateway {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement upsert{"gateway.reset_breaker",
                           "INSERT INTO breaker_reset AS r (upstream) VALUES ($1) ON CONFLICT (upstream) DO UPDATE SET number = r.number + 1", Effect::writes};
constexpr Statement select_all{"gateway.breaker_resets", "SELECT upstream, number FROM breaker_reset"};

}  // namespace

Task<Result<>> ResetStore::reset(CallContext context, std::string upstream) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_TRY(co_await work.query(upsert, upstream));
  EMP_CO_TRY(co_await work.run(change_row(context, "breaker.reset", upstream)));
  co_return co_await work.commit();
}

Task<Result<std::vector<std::string>>> ResetStore::heard() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_all));
  std::vector<std::string> out;
  for (const auto row : rows) {
    auto& known = numbers_[row.get<std::string>(0)];
    const auto number = row.get<std::int64_t>(1);
    if (number > known && !is_first_) out.push_back(row.get<std::string>(0));
    known = number;
  }
  is_first_ = false;
  co_return out;
}

}  // namespace emporion::gateway
