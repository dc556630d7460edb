#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"

namespace emporion::order {
namespace {

using postgres::Effect;
using postgres::Statement;

// Half an hour after the window; without one the hold of the stock ended long ago.
constexpr Statement select_overdue{"order.overdue_pending",
                                   "SELECT due, id, saga_id FROM (SELECT COALESCE(payment_deadline, placed_at + interval '10 minutes') + interval '30 minutes' "
                                   "AS due, id, saga_id FROM order_header WHERE status = 'pending_payment') o "
                                   "WHERE due < $1 AND (due, id) > ($2, $3) ORDER BY due, id LIMIT $4",
                                   Effect::reads};
constexpr Statement select_delivered{"order.due_for_completion",
                                     "SELECT delivered_at, id, saga_id FROM order_header WHERE status = 'delivered' AND delivered_at < $1 AND delivered_at >= "
                                     "$2 AND (delivered_at, id) > ($2, $3) "
                                     "AND return_state <> 'open' AND NOT dispute_open ORDER BY delivered_at, id LIMIT $4",
                                     Effect::reads};
constexpr Statement select_unproven{
    "order.unproven_cancellations",
    "SELECT cancelled_at, id, saga_id, reservation_id, points_value > 0, EXISTS (SELECT FROM order_line l WHERE l.order_id = h.id AND l.shipped_qty > 0), "
    "confirmed_at IS NOT NULL AND credit_value > credit_returned FROM order_header h "
    "WHERE status = 'cancelled' AND undone_at IS NULL AND cancelled_at < $1 AND (cancelled_at, id) > ($2, $3) ORDER BY cancelled_at, id LIMIT $4",
    Effect::reads};
constexpr Statement update_undone{"order.set_undone", "UPDATE order_header SET undone_at = $2 WHERE id = $1 AND status = 'cancelled' AND undone_at IS NULL",
                                  Effect::writes};
constexpr Statement flag_late{"order.flag_late_dispatch",
                              "UPDATE order_header SET late_flagged_at = $2 WHERE id IN (SELECT id FROM order_header WHERE status = 'confirmed' AND "
                              "late_flagged_at IS NULL AND confirmed_at < $1 "
                              "ORDER BY confirmed_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) RETURNING id",
                              Effect::writes};
constexpr Statement select_guests{
    "order.guests_to_mask", "SELECT id FROM order_header WHERE customer_id IS NULL AND masked_at IS NULL AND placed_at < $1 ORDER BY placed_at, id LIMIT $2",
    Effect::reads};
constexpr Statement select_of_customer{"order.orders_of", "SELECT id FROM order_header WHERE customer_id = $1 AND masked_at IS NULL ORDER BY id",
                                       Effect::writes};
constexpr Statement mask_some{"order.mask", "SELECT mask_orders($1, $2, $3)", Effect::writes};

std::vector<JobRow> job_rows(const postgres::Rows& rows) {
  std::vector<JobRow> out;
  for (const auto row : rows) out.push_back({.cursor = {row.get<UtcTime>(0), row.get<Uuid>(1)}, .id = row.get<Uuid>(1), .saga_id = row.get<Uuid>(2)});
  return out;
}

std::vector<Uuid> ids_of(const postgres::Rows& rows) {
  std::vector<Uuid> out;
  for (const auto row : rows) out.push_back(row.get<Uuid>(0));
  return out;
}

}  // namespace

Task<Result<std::vector<JobRow>>> PostgresOrderStore::overdue_pending(UtcTime now, JobCursor after, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_overdue, now, after.at, after.id, count));
  co_return job_rows(rows);
}

Task<Result<std::vector<JobRow>>> PostgresOrderStore::due_for_completion(UtcTime delivered_before, JobCursor after, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_delivered, delivered_before, after.at, after.id, count));
  co_return job_rows(rows);
}

Task<Result<std::vector<CancelledOrder>>> PostgresOrderStore::unproven_cancellations(UtcTime cancelled_before, JobCursor after, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_unproven, cancelled_before, after.at, after.id, count));
  std::vector<CancelledOrder> out;
  for (const auto row : rows) {
    out.push_back({.cursor = {row.get<UtcTime>(0), row.get<Uuid>(1)},
                   .id = row.get<Uuid>(1),
                   .saga_id = row.get<Uuid>(2),
                   .reservation_id = row.get<Uuid>(3),
                   .has_points = row.get<bool>(4),
                   .owes_credit = row.get<bool>(6),
                   .has_shipped = row.get<bool>(5)});
  }
  co_return out;
}

Task<Result<>> PostgresOrderStore::set_undone(Uuid order_id) {
  EMP_CO_TRY(co_await database_.query(update_undone, order_id, clock_.now()));
  co_return Result<>();
}

Task<Result<std::vector<Uuid>>> PostgresOrderStore::flag_late_dispatch(UtcTime confirmed_before, UtcTime now, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(flag_late, confirmed_before, now, count));
  co_return ids_of(rows);
}

Task<Result<std::vector<Uuid>>> PostgresOrderStore::guests_to_mask(UtcTime placed_before, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_guests, placed_before, count));
  co_return ids_of(rows);
}

Task<Result<std::vector<Uuid>>> PostgresOrderStore::orders_of(postgres::UnitOfWork& work, Uuid customer_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(select_of_customer, customer_id));
  co_return ids_of(rows);
}

Task<Result<std::int64_t>> PostgresOrderStore::mask(postgres::UnitOfWork& work, std::vector<Uuid> ids, std::optional<Uuid> pseudonym) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(mask_some, ids, pseudonym, clock_.now()));
  co_return rows[0].get<std::int64_t>(0);
}

}  // namespace emporion::order
