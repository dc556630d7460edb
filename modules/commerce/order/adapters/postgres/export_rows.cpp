#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"
#include "modules/commerce/order/app/exporting.hpp"

namespace emporion::order {
namespace {

using postgres::Bound;
using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;

constexpr Statement insert_export{
    "order.begin_export", "INSERT INTO order_export (id, actor_id, address, filters, started_at) VALUES ($1, $2, $3, $4::text::json, $5)", Effect::writes};
constexpr Statement select_export{"order.find_export", "SELECT id, actor_id, address, filters::text, started_at FROM order_export WHERE id = $1",
                                  Effect::reads};
// The cells are made here: what leaves is text. Amounts stay in minor units beside their currency.
constexpr Statement select_exported{
    "order.export_page",
    "WITH page AS (SELECT id, placed_at, ARRAY[order_number, to_char(placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), status, return_state, "
    "payment_method, payment_status, "
    "customer_id::text, contact_email, shipping_address ->> 'country', currency, subtotal::text, discount::text, shipping::text, shipping_discount::text, "
    "tax::text, payment_fee::text, "
    "points_value::text, grand_total::text, refunded_amount::text, line_count::text, unit_count::text, "
    "to_char(confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), to_char(delivered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
    "to_char(cancelled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), cancel_reason, channel] AS cells FROM order_header h "
    "WHERE ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR customer_id = $3) "
    "AND ($4::text IS NULL OR EXISTS (SELECT FROM order_line l WHERE l.order_id = h.id AND l.sku = $4)) "
    "AND ($5::timestamptz IS NULL OR placed_at >= $5) AND placed_at < $6 AND placed_at <= $7 AND (placed_at, id) < ($7, $8::uuid) "
    "AND ($10::text IS NULL OR lower(contact_email COLLATE \"C\") = $10) ORDER BY placed_at DESC, id DESC LIMIT $9), "
    "counted AS (UPDATE order_export e SET order_count = e.order_count + (SELECT count(*) FROM page), finished_at = CASE WHEN (SELECT count(*) FROM page) < $9 "
    "THEN $11::timestamptz END WHERE e.id = $1) "
    "SELECT id, placed_at, cells FROM page ORDER BY placed_at DESC, id DESC",
    Effect::writes};
constexpr Statement select_exports{"order.list_exports",
                                   "SELECT id, actor_id, address, filters::text, started_at, order_count, finished_at FROM order_export "
                                   "WHERE ($1::timestamptz IS NULL OR (started_at, id) < ($1, $2::uuid)) ORDER BY started_at DESC, id DESC LIMIT $3",
                                   Effect::reads};

}  // namespace

Task<Result<>> PostgresOrderStore::begin_export(ExportRecord record) {
  EMP_CO_TRY(co_await database_.query(insert_export, record.id, record.actor_id, record.address, record.filters, record.started_at));
  co_return Result<>();
}

Task<Result<std::optional<ExportRecord>>> PostgresOrderStore::find_export(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_export, id));
  if (rows.empty()) co_return std::optional<ExportRecord>();
  const auto row = rows[0];
  co_return std::optional(ExportRecord{row.get<Uuid>(0), row.get<Uuid>(1), row.get<std::string>(2), row.get<std::string>(3), row.get<UtcTime>(4)});
}

Task<Result<std::vector<ExportedOrder>>> PostgresOrderStore::export_page(Uuid export_id, OrderFilter filter) {
  EMP_ASSERT(filter.placed_to && filter.before_at && filter.before_id);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_exported, export_id, filter.status, filter.customer_id, filter.sku, filter.placed_from,
                                                          *filter.placed_to, *filter.before_at, *filter.before_id, filter.count, filter.email, clock_.now()));
  std::vector<ExportedOrder> out;
  for (const auto row : rows) out.push_back({row.get<Uuid>(0), row.get<UtcTime>(1), row.get<std::vector<Text>>(2)});
  co_return out;
}

Task<Result<std::vector<v1::OrderExport>>> PostgresOrderStore::list_exports(std::optional<JobCursor> before, std::int32_t count) {
  const auto at = before ? std::optional(before->at) : std::nullopt;
  const auto id = before ? std::optional(before->id) : std::nullopt;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_exports, at, id, count));
  std::vector<v1::OrderExport> out;
  for (const auto row : rows) {
    v1::OrderExport item;
    item.id = row.get<Uuid>(0);
    item.actor_id = row.get<Uuid>(1);
    item.address = row.get<std::string>(2);
    item.filters.json = row.get<std::string>(3);
    item.started_at = row.get<UtcTime>(4);
    item.order_count = row.get<std::int64_t>(5);
    item.finished_at = row.get<std::optional<UtcTime>>(6);
    out.push_back(std::move(item));
  }
  co_return out;
}

}  // namespace emporion::order
