#include "modules/platform/gateway/adapters/postgres/override_store.hpp"

#include "contracts/platform/gateway/v1/gateway_api.hpp"
#include "contracts/platform/gateway/v1/gateway_events.hpp"
#include "kernel/messaging/outbox.hpp"
#include "modules/platform/gateway/adapters/postgres/changes.hpp"

namespace emporion::gateway {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement select_all{"gateway.overrides", "SELECT route_id, reason, until, is_disabled FROM route_override"};
constexpr Statement upsert{
    "gateway.put_override",
    "INSERT INTO route_override AS o (route_id, reason, until, actor_id, is_disabled) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (route_id) DO UPDATE SET "
    "reason = excluded.reason, "
    "until = excluded.until, actor_id = excluded.actor_id, is_disabled = excluded.is_disabled, version = o.version + 1 RETURNING version",
    Effect::writes};
constexpr Statement remove_one{"gateway.remove_override", "DELETE FROM route_override WHERE route_id = $1 RETURNING version", Effect::writes};

postgres::Bound event_row(const CallContext& context, const std::string& route, bool disabled, const std::string& reason, std::int64_t version) {
  std::string data;
  append_json(data, v1::RouteOverridden{.route_id = route, .disabled = disabled, .reason = reason, .actor_id = context.principal.id});
  return messaging::outbox_row(v1::RouteOverridden::topic, route, version, std::move(data), context.trace);
}

}  // namespace

Task<Result<OverrideStore::Overrides>> OverrideStore::all() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_all));
  Overrides out;
  for (const auto row : rows)
    out.emplace(row.get<std::string>(0), RouteOverride{row.get<std::string>(1), row.get<std::optional<UtcTime>>(2), row.get<bool>(3)});
  co_return out;
}

Task<Result<>> OverrideStore::put(CallContext context, std::string route, RouteOverride override) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(upsert, route, override.reason, override.until, context.principal.id, override.is_disabled));
  EMP_CO_TRY(co_await work.run(event_row(context, route, true, override.reason, rows[0].get<std::int64_t>(0))));
  EMP_CO_TRY(
      co_await work.run(change_row(context, "route.override", route,
                                   to_json(v1::PutRouteOverrideRequest{route, override.reason, override.until,
                                                                       override.is_disabled ? v1::OverrideMode::disabled : v1::OverrideMode::maintenance}))));
  co_return co_await work.commit();
}

Task<Result<>> OverrideStore::remove(CallContext context, std::string route) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(remove_one, route));
  if (rows.empty()) co_return Result<>();
  EMP_CO_TRY(co_await work.run(event_row(context, route, false, "open again", rows[0].get<std::int64_t>(0) + 1)));
  EMP_CO_TRY(co_await work.run(change_row(context, "route.open", route)));
  co_return co_await work.commit();
}

}  // namespace emporion::gateway
