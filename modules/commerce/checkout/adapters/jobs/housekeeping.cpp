#include "modules/commerce/checkout/adapters/jobs/housekeeping.hpp"

namespace emporion::checkout {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement expire_open{
    "checkout.expire_sessions",
    "UPDATE checkout_session SET status = 'expired', version = version + 1 WHERE id IN (SELECT id FROM checkout_session WHERE status = 'open' AND "
    "expires_at <= now() ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED)",
    Effect::writes};
constexpr Statement mark_abandoned{
    "checkout.mark_abandoned_carts",
    "WITH idle AS (UPDATE cart SET abandoned_at = now() WHERE id IN (SELECT c.id FROM cart c WHERE c.status = 'active' AND c.abandoned_at IS NULL AND "
    "c.last_activity_at < now() - interval "
    "'24 hours' AND c.last_activity_on <= ((now() - interval '24 hours') AT TIME ZONE 'UTC')::date AND EXISTS "
    "(SELECT FROM cart_line l WHERE l.cart_id = c.id "
    "AND NOT l.saved_for_later) ORDER BY c.last_activity_on, c.last_activity_at LIMIT 200 FOR "
    "UPDATE SKIP "
    "LOCKED) RETURNING *) "
    "SELECT outbox_append('checkout.cart.abandoned', i.id::text, i.version, json_strip_nulls(json_build_object('cart_id', i.id, 'contact', (SELECT "
    "json_build_object('email', "
    "s.contact::json ->> 'email', 'phone', s.contact::json ->> 'phone') FROM checkout_session s WHERE s.cart_id = i.id AND s.contact IS NOT NULL ORDER BY "
    "s.created_at DESC LIMIT 1), 'total', wire_money(l.total, i.currency), 'lines', l.lines))::text, NULL) FROM idle i CROSS JOIN LATERAL (SELECT "
    "sum(qty * unit_price)::bigint AS total, json_agg(json_build_object('sku', sku, 'qty', qty, 'unit_price', wire_money(unit_price, i.currency))) AS lines "
    "FROM cart_line WHERE cart_id = "
    "i.id AND NOT saved_for_later) l",
    Effect::writes};
constexpr Statement expire_idle{"checkout.expire_carts", "SELECT carts_expire(500)", Effect::writes};
constexpr Statement purge_old{
    "checkout.purge",
    "DELETE FROM quote WHERE id IN (SELECT q.id FROM quote q WHERE q.created_at < now() - interval '7 days' AND NOT EXISTS (SELECT FROM "
    "checkout_session s WHERE s.quote_id = q.id AND s.status NOT IN ('expired', 'abandoned')) LIMIT 500)",
    Effect::writes};

}  // namespace

void Housekeeping::schedule(Jobs& jobs) {
  jobs.every("checkout.expire_sessions", seconds(60), this, &Housekeeping::expire_sessions);
  jobs.every("checkout.mark_abandoned_carts", minutes(15), this, &Housekeeping::mark_abandoned_carts);
  jobs.every("checkout.expire_carts", hours(1), this, &Housekeeping::expire_idle_carts);
}

Task<Result<>> Housekeeping::expire_sessions(CallContext) {
  EMP_CO_TRY(co_await database_.query(expire_open));
  co_return Result<>();
}

Task<Result<>> Housekeeping::mark_abandoned_carts(CallContext) {
  EMP_CO_TRY(co_await database_.query(mark_abandoned));
  co_return Result<>();
}

Task<Result<>> Housekeeping::expire_idle_carts(CallContext) {
  EMP_CO_TRY(co_await database_.query(expire_idle));
  EMP_CO_TRY(co_await database_.query(purge_old));
  co_return Result<>();
}

}  // namespace emporion::checkout
