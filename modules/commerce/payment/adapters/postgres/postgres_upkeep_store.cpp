#include "modules/commerce/payment/adapters/postgres/postgres_upkeep_store.hpp"

#include "modules/commerce/payment/adapters/postgres/payment_rows.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement take_held{
    "payment.claim_held",
    "WITH due AS (SELECT d.id FROM unnest($3::text[], $4::int4[]) AS q (provider, n) CROSS JOIN LATERAL (SELECT o.id FROM payment o WHERE o.provider = "
    "q.provider "
    "    AND o.status = 'authorized' AND o.provider_ref IS NOT NULL AND o.void_requested_at IS NULL AND COALESCE(o.synced_at, o.updated_at) < $2 "
    "    ORDER BY COALESCE(o.synced_at, o.updated_at) LIMIT q.n FOR NO KEY UPDATE SKIP LOCKED) d) "
    "UPDATE payment p SET synced_at = $1 FROM due WHERE p.id = due.id RETURNING " EMP_PAYMENT_COLUMNS,
    Effect::writes};
constexpr Statement take_left_over{"payment.claim_left_over",
                                   "WITH due AS (SELECT d.id FROM unnest($3::text[], $4::int4[]) AS q (provider, n) CROSS JOIN LATERAL (SELECT o.id FROM "
                                   "payment o WHERE o.provider = q.provider "
                                   "    AND o.status = 'failed' AND o.provider_ref IS NOT NULL AND COALESCE(o.object_end_at, '-infinity') <= $1 ORDER BY "
                                   "COALESCE(o.object_end_at, '-infinity') LIMIT q.n "
                                   "    FOR NO KEY UPDATE SKIP LOCKED) d) "
                                   "UPDATE payment p SET object_end_at = $2 FROM due WHERE p.id = due.id RETURNING " EMP_PAYMENT_COLUMNS,
                                   Effect::writes};
constexpr Statement end_left_over{"payment.mark_ended", "UPDATE payment SET object_end_at = 'infinity' WHERE id = $1", Effect::writes};
constexpr Statement select_ending{
    "payment.ending_holds",
    "SELECT " EMP_PAYMENT_COLUMNS
    " FROM payment p WHERE p.status = 'authorized' AND p.void_requested_at IS NULL AND p.auth_expires_at < $1 "
    "AND NOT EXISTS (SELECT FROM payment_case c WHERE c.dedup_key = 'authorization_ends:' || p.id) ORDER BY p.auth_expires_at LIMIT $2",
    Effect::reads};

std::vector<Payment> payments_of(const postgres::Rows& rows) {
  std::vector<Payment> out;
  for (const auto row : rows) out.push_back(read_payment(row));
  return out;
}

}  // namespace

Task<Result<std::vector<Payment>>> PostgresUpkeepStore::claim(postgres::Statement statement, UtcTime first, UtcTime second, std::vector<ProviderQuota> quotas) {
  std::vector<std::string> providers;
  std::vector<std::int32_t> counts;
  for (ProviderQuota& quota : quotas) {
    providers.push_back(std::move(quota.provider));
    counts.push_back(quota.count);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(statement, first, second, providers, counts));
  co_return payments_of(rows);
}

Task<Result<std::vector<Payment>>> PostgresUpkeepStore::claim_held(UtcTime now, UtcTime before, std::vector<ProviderQuota> quotas) {
  co_return co_await claim(take_held, now, before, std::move(quotas));
}

Task<Result<std::vector<Payment>>> PostgresUpkeepStore::claim_left_over(UtcTime now, UtcTime next, std::vector<ProviderQuota> quotas) {
  co_return co_await claim(take_left_over, now, next, std::move(quotas));
}

Task<Result<>> PostgresUpkeepStore::mark_ended(Uuid payment_id) {
  EMP_CO_TRY(co_await database_.query(end_left_over, payment_id));
  co_return Result<>();
}

Task<Result<std::vector<Payment>>> PostgresUpkeepStore::ending(UtcTime until, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_ending, until, count));
  co_return payments_of(rows);
}

}  // namespace emporion::payment
