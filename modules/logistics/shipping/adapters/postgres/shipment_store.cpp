#include "modules/logistics/shipping/adapters/postgres/shipment_store.hpp"

#include <utility>

#include "kernel/json/codec.hpp"
#include "modules/logistics/shipping/adapters/postgres/shipment_row.hpp"

namespace emporion::shipping {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement find_shipment{"shipping.find", "SELECT " EMP_SHIPMENT_COLUMNS " FROM shipment WHERE id = $1"};
constexpr Statement find_of_package{
    "shipping.find_of_package", "SELECT " EMP_SHIPMENT_COLUMNS " FROM shipment WHERE package_id = $1 ORDER BY status = 'cancelled', created_at DESC LIMIT 1"};
constexpr Statement list_shipments{
    "shipping.list", "SELECT " EMP_SHIPMENT_COLUMNS
                     " FROM shipment WHERE ($1::uuid IS NULL OR order_id = $1) AND ($2::uuid IS NULL OR fulfillment_id = $2)"
                     " AND ($3::uuid IS NULL OR customer_id = $3) AND ($4::text IS NULL OR status = $4) AND ($5::text IS NULL OR tracking_number = $5)"
                     " AND ($6::uuid IS NULL OR id < $6) ORDER BY id DESC LIMIT $7::int4"};
constexpr Statement read_timeline{
    "shipping.timeline",
    "SELECT carrier, dedupe_key, raw_status, status, at, received_at, place, reason, is_applied FROM tracking_event WHERE shipment_id = $1 ORDER BY at, seq"};
constexpr Statement insert_shipment{
    "shipping.insert",
    "INSERT INTO shipment (id, direction, order_id, order_number, fulfillment_id, package_id, warehouse_id, customer_id, payment_id, carrier, service_level,"
    " quote_id, weight_g, length_mm, width_mm, height_mm, billed_weight_g, items, currency, cod_minor, trace, address, status, version, due_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18::text::jsonb, $19, $20, $21, $22::text::jsonb, $23, $24, now())"
    " ON CONFLICT DO NOTHING",
    Effect::writes};
constexpr Statement lock_ids{"shipping.lock", "SELECT " EMP_SHIPMENT_COLUMNS " FROM shipment WHERE id = ANY($1) ORDER BY id FOR UPDATE"};
constexpr Statement lock_order{"shipping.lock_order", "SELECT " EMP_SHIPMENT_COLUMNS " FROM shipment WHERE order_id = $1 ORDER BY id FOR UPDATE"};
constexpr Statement lock_package{"shipping.lock_package", "SELECT " EMP_SHIPMENT_COLUMNS " FROM shipment WHERE package_id = $1 ORDER BY id FOR UPDATE"};
constexpr Statement lock_numbers{"shipping.lock_tracked",
                                 "SELECT " EMP_SHIPMENT_COLUMNS " FROM shipment WHERE carrier = $1 AND tracking_number = ANY($2) ORDER BY id FOR UPDATE"};
constexpr Statement save_shipments{
    "shipping.save",
    "UPDATE shipment s SET address = n.address::jsonb, tracking_number = n.tracking_number, status = n.status, status_at = n.status_at, attempts = n.attempts,"
    " dispatched_at = n.dispatched_at, delivered_at = n.delivered_at, cod_collected_minor = n.cod_collected_minor, version = n.version, due_at = n.due_at, "
    "cancel_wanted = n.cancel_wanted"
    " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int4[], $7::timestamptz[], $8::timestamptz[], $9::int8[], "
    "$10::int8[], $11::timestamptz[], $12::bool[])"
    " AS n(id, address, tracking_number, status, status_at, attempts, dispatched_at, delivered_at, cod_collected_minor, version, due_at, cancel_wanted) WHERE "
    "s.id = n.id",
    Effect::writes};
constexpr Statement hand_over{
    "shipping.hand_over",
    "UPDATE shipment SET handed_over_at = now() WHERE fulfillment_id = $1 AND direction = 'outbound' AND handed_over_at IS NULL AND status <> 'cancelled'",
    Effect::writes};
constexpr Statement insert_timeline{
    "shipping.add_to_timeline",
    "INSERT INTO tracking_event (shipment_id, carrier, dedupe_key, raw_status, status, at, received_at, place, reason, is_applied)"
    " SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::text[], "
    "$10::bool[]) ON CONFLICT DO NOTHING",
    Effect::writes};
constexpr Statement read_known{"shipping.known_keys", "SELECT dedupe_key FROM tracking_event WHERE carrier = $1 AND dedupe_key = ANY($2)"};
// The next try is due after the call's budget and the wait of logistics.md §3.6, 2 s, 8 s, 30 s, ± 20 %.
constexpr Statement claim{
    "shipping.claim_bookings",
    "UPDATE shipment SET status = 'booking', tries = CASE status WHEN 'booking_failed' THEN 1 ELSE tries + 1 END,"
    " due_at = now() + interval '5 seconds' + (CASE tries WHEN 0 THEN 2 WHEN 1 THEN 8 ELSE 30 END) * (0.8 + 0.4 * random()) * interval '1 second'"
    " WHERE id IN (SELECT id FROM shipment WHERE status IN ('booking', 'booking_failed') AND due_at <= now() AND carrier <> ALL($2::text[])"
    " ORDER BY due_at LIMIT $1::int4 FOR UPDATE SKIP LOCKED)"
    " RETURNING " EMP_SHIPMENT_COLUMNS,
    Effect::writes};
constexpr Statement read_to_tell{"shipping.to_tell",
                                 "SELECT " EMP_SHIPMENT_COLUMNS
                                 " FROM shipment WHERE ((handed_over_at IS NOT NULL AND NOT told_handover) OR cancel_wanted) AND tracking_number IS NOT NULL"
                                 " ORDER BY id LIMIT $1::int4"};
constexpr Statement mark_handed{"shipping.told_handover", "UPDATE shipment SET told_handover = true WHERE id = ANY($1)", Effect::writes};
constexpr Statement mark_cancelled{"shipping.told_cancel", "UPDATE shipment SET cancel_wanted = false, told_handover = true WHERE id = ANY($1)",
                                   Effect::writes};
constexpr Statement insert_receipts{"shipping.store_receipts",
                                    "INSERT INTO webhook_receipt (carrier, dedupe_key, tracking_number, body, signature)"
                                    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[]) ON CONFLICT DO NOTHING",
                                    Effect::writes};
constexpr Statement lock_due_receipts{
    "shipping.lock_receipts",
    "SELECT id, carrier, dedupe_key, tracking_number, body, signature, received_at FROM webhook_receipt WHERE state = 'new' AND due_at <= now()"
    " ORDER BY due_at, id LIMIT $1::int4 FOR UPDATE SKIP LOCKED"};
constexpr Statement end_receipts{
    "shipping.finish_receipts",
    "UPDATE webhook_receipt SET state = CASE WHEN id = ANY($1) THEN 'done' WHEN received_at < now() - interval '24 hours' THEN 'orphan' ELSE 'new' END,"
    " due_at = now() + interval '5 seconds' WHERE id = ANY($1) OR id = ANY($2)",
    Effect::writes};
constexpr Statement drop_receipts{"shipping.drop_receipts", "DELETE FROM webhook_receipt WHERE received_at < now() - interval '90 days'", Effect::writes};
constexpr Statement drop_quotes{"shipping.drop_quotes", "DELETE FROM rate_quote WHERE expires_at < now() - interval '1 day'", Effect::writes};

std::optional<std::string> text_of(const std::optional<Status>& status) { return status ? std::optional(std::string(to_string(*status))) : std::nullopt; }

}  // namespace

Task<Result<std::optional<Shipment>>> PostgresShipmentStore::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_shipment, id));
  co_return rows.empty() ? std::nullopt : std::optional(shipment_of(rows[0]));
}

Task<Result<std::optional<Shipment>>> PostgresShipmentStore::find_by_package(Uuid package_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_of_package, package_id));
  co_return rows.empty() ? std::nullopt : std::optional(shipment_of(rows[0]));
}

Task<Result<std::vector<Shipment>>> PostgresShipmentStore::list(Filter filter) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_shipments, filter.order_id, filter.fulfillment_id, filter.customer_id, text_of(filter.status),
                                                          filter.tracking_number, filter.before, filter.limit));
  co_return shipments_of(rows);
}

Task<Result<std::vector<TimelineRow>>> PostgresShipmentStore::timeline(Uuid shipment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_timeline, shipment_id));
  std::vector<TimelineRow> out;
  for (const auto row : rows) {
    const auto status = row.get<std::optional<std::string>>(3);
    out.push_back({shipment_id, row.get<std::string>(0), row.get<std::string>(1), row.get<std::string>(2), status ? status_from(*status) : std::nullopt,
                   row.get<UtcTime>(4), row.get<UtcTime>(5), row.get<std::optional<std::string>>(6), row.get<std::optional<std::string>>(7), row.get<bool>(8)});
  }
  co_return out;
}

Task<Result<bool>> PostgresShipmentStore::insert(postgres::UnitOfWork& work, Shipment s) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(insert_shipment, s.id, to_string(s.direction), s.order_id, s.order_number, s.fulfillment_id, s.package_id,
                                                     s.warehouse_id, s.customer_id, s.payment_id, s.carrier, to_string(s.service_level), s.quote_id, s.weight_g,
                                                     s.length_mm, s.width_mm, s.height_mm, s.billed_weight_g, items_json(s.items), s.currency.code(),
                                                     s.cod_minor, s.trace, to_json(s.to), to_string(s.progress.status), s.version));
  co_return rows.affected() == 1;
}

Task<Result<std::vector<Shipment>>> PostgresShipmentStore::lock(postgres::UnitOfWork& work, std::vector<Uuid> ids) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_ids, ids));
  co_return shipments_of(rows);
}

Task<Result<std::vector<Shipment>>> PostgresShipmentStore::lock_of_order(postgres::UnitOfWork& work, Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_order, order_id));
  co_return shipments_of(rows);
}

Task<Result<std::vector<Shipment>>> PostgresShipmentStore::lock_of_package(postgres::UnitOfWork& work, Uuid package_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_package, package_id));
  co_return shipments_of(rows);
}

Task<Result<std::vector<Shipment>>> PostgresShipmentStore::lock_tracked(postgres::UnitOfWork& work, std::string carrier,
                                                                        std::vector<std::string> tracking_numbers) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_numbers, carrier, tracking_numbers));
  co_return shipments_of(rows);
}

Task<Result<>> PostgresShipmentStore::save(postgres::UnitOfWork& work, std::vector<Shipment> shipments) {
  std::vector<Uuid> ids;
  std::vector<std::string> addresses, statuses;
  std::vector<std::optional<std::string>> numbers;
  std::vector<UtcTime> status_at;
  std::vector<std::int32_t> attempts;
  std::vector<std::optional<UtcTime>> dispatched_at, delivered_at, due_at;
  std::vector<std::optional<std::int64_t>> collected;
  std::vector<std::int64_t> versions;
  std::vector<bool> cancel_wanted;
  for (const Shipment& s : shipments) {
    ids.push_back(s.id);
    addresses.push_back(to_json(s.to));
    numbers.push_back(s.tracking_number);
    statuses.emplace_back(to_string(s.progress.status));
    status_at.push_back(s.progress.status_at);
    attempts.push_back(s.progress.attempts);
    dispatched_at.push_back(s.progress.dispatched_at);
    delivered_at.push_back(s.progress.delivered_at);
    collected.push_back(s.cod_collected_minor);
    versions.push_back(s.version);
    due_at.push_back(s.due_at);
    cancel_wanted.push_back(s.cancel_wanted);
  }
  EMP_CO_TRY(co_await work.query(save_shipments, ids, addresses, numbers, statuses, status_at, attempts, dispatched_at, delivered_at, collected, versions,
                                 due_at, cancel_wanted));
  co_return Result<>();
}

Task<Result<>> PostgresShipmentStore::mark_handed_over(postgres::UnitOfWork& work, Uuid fulfillment_id) {
  EMP_CO_TRY(co_await work.query(hand_over, fulfillment_id));
  co_return Result<>();
}

Task<Result<>> PostgresShipmentStore::add_to_timeline(postgres::UnitOfWork& work, std::vector<TimelineRow> rows) {
  std::vector<Uuid> ids;
  std::vector<std::string> carriers, keys, raw;
  std::vector<std::optional<std::string>> statuses, places, reasons;
  std::vector<UtcTime> at, received_at;
  std::vector<bool> applied;
  for (const TimelineRow& row : rows) {
    ids.push_back(row.shipment_id);
    carriers.push_back(row.carrier);
    keys.push_back(row.dedupe_key);
    raw.push_back(row.raw_status);
    statuses.push_back(text_of(row.status));
    at.push_back(row.at);
    received_at.push_back(row.received_at);
    places.push_back(row.place);
    reasons.push_back(row.reason);
    applied.push_back(row.is_applied);
  }
  EMP_CO_TRY(co_await work.query(insert_timeline, ids, carriers, keys, raw, statuses, at, received_at, places, reasons, applied));
  co_return Result<>();
}

Task<Result<std::vector<std::string>>> PostgresShipmentStore::known_keys(postgres::UnitOfWork& work, std::string carrier, std::vector<std::string> keys) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(read_known, carrier, keys));
  std::vector<std::string> out;
  for (const auto row : rows) out.push_back(row.get<std::string>(0));
  co_return out;
}

Task<Result<std::vector<Shipment>>> PostgresShipmentStore::claim_bookings(std::int32_t limit, std::vector<std::string> but_of) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim, limit, but_of));
  co_return shipments_of(rows);
}

Task<Result<std::vector<Shipment>>> PostgresShipmentStore::to_tell(std::int32_t limit) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_to_tell, limit));
  co_return shipments_of(rows);
}

Task<Result<>> PostgresShipmentStore::told(std::vector<Uuid> handed_over, std::vector<Uuid> cancelled) {
  std::vector<postgres::Bound> both;
  both.push_back(postgres::bind(mark_handed, handed_over));
  both.push_back(postgres::bind(mark_cancelled, cancelled));
  EMP_CO_TRY(co_await database_.run_together(std::move(both)));
  co_return Result<>();
}

Task<Result<>> PostgresShipmentStore::store_receipts(std::vector<Receipt> receipts) {
  std::vector<std::string> carriers, keys, numbers, signatures;
  std::vector<postgres::Bytes> bodies;
  for (Receipt& receipt : receipts) {
    carriers.push_back(std::move(receipt.carrier));
    keys.push_back(std::move(receipt.dedupe_key));
    numbers.push_back(std::move(receipt.tracking_number));
    bodies.push_back({std::move(receipt.body)});
    signatures.push_back(std::move(receipt.signature));
  }
  EMP_CO_TRY(co_await database_.query(insert_receipts, carriers, keys, numbers, bodies, signatures));
  co_return Result<>();
}

Task<Result<std::vector<Receipt>>> PostgresShipmentStore::lock_receipts(postgres::UnitOfWork& work, std::int32_t limit) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_due_receipts, limit));
  std::vector<Receipt> out;
  for (const auto row : rows) {
    out.push_back({row.get<std::int64_t>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<std::string>(3), row.get<postgres::Bytes>(4).value,
                   row.get<std::string>(5), row.get<UtcTime>(6)});
  }
  co_return out;
}

Task<Result<>> PostgresShipmentStore::finish_receipts(postgres::UnitOfWork& work, std::vector<std::int64_t> done, std::vector<std::int64_t> without_parcel) {
  EMP_CO_TRY(co_await work.query(end_receipts, done, without_parcel));
  co_return Result<>();
}

Task<Result<>> PostgresShipmentStore::clean_up() {
  EMP_CO_TRY(co_await database_.query(drop_receipts));
  EMP_CO_TRY(co_await database_.query(drop_quotes));
  co_return Result<>();
}

}  // namespace emporion::shipping
