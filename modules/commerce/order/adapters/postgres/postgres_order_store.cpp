#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"

#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/messaging/outbox.hpp"
#include "modules/commerce/order/adapters/postgres/order_rows.hpp"

namespace emporion::order {
namespace {

using postgres::Bound;
using postgres::Effect;
using postgres::Statement;
using Text = std::optional<std::string>;

constexpr Statement select_by_saga{"order.find_by_saga", "SELECT id FROM order_header WHERE saga_id = $1", Effect::reads};
constexpr Statement select_by_number{"order.find_by_number", "SELECT id FROM order_header WHERE order_number = $1", Effect::reads};
constexpr Statement select_list{
    "order.list",
    "SELECT id, order_number, customer_id, status, payment_status, line_count, unit_count, grand_total, currency, placed_at FROM order_header h "
    "WHERE ($1::text IS NULL OR status = $1) AND ($2::uuid IS NULL OR customer_id = $2) "
    "AND ($3::text IS NULL OR EXISTS (SELECT FROM order_line l WHERE l.order_id = h.id AND l.sku = $3)) "
    "AND ($4::timestamptz IS NULL OR placed_at >= $4) AND ($5::timestamptz IS NULL OR placed_at < $5) "
    "AND ($6::timestamptz IS NULL OR (placed_at, id) < ($6, $7::uuid)) AND ($9::text IS NULL OR lower(contact_email COLLATE \"C\") = $9) "
    "AND ($10::bool IS NULL OR $10 = (late_flagged_at IS NOT NULL AND status = 'confirmed')) ORDER BY placed_at DESC, id DESC LIMIT $8",
    Effect::reads};
constexpr Statement select_history{"order.history",
                                   "SELECT seq, from_status, to_status, actor_type, actor_id::text, reason, source_event_id::text, at FROM "
                                   "order_status_history WHERE order_id = $1 ORDER BY seq",
                                   Effect::reads};
constexpr Statement select_edits{
    "order.edits", "SELECT seq, kind, before::text, after::text, actor_type, actor_id::text, at FROM order_edit_history WHERE order_id = $1 ORDER BY seq",
    Effect::reads};
constexpr Statement select_notes{"order.notes", "SELECT id, note, author_id, at FROM order_note WHERE order_id = $1 ORDER BY at, id", Effect::reads};
constexpr Statement take_try{"order.take_track_try", "SELECT take_track_try($1, $2, $3, make_interval(secs => $4::int8::float8))", Effect::writes};
constexpr Statement delete_track_tries{"order.forget_track_tries", "DELETE FROM order_track_try WHERE at < $1 - interval '1 hour'", Effect::writes};
constexpr Statement move_one{"order.move", "SELECT move_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", Effect::writes};
constexpr Statement note_one{"order.note_event", "SELECT note_order_event($1, $2, $3, $4, $5, $6)", Effect::writes};
constexpr Statement update_lines{
    "order.update_lines",
    "UPDATE order_line l SET cancelled_qty = u.cancelled, shipped_qty = u.shipped, delivered_qty = u.delivered, undelivered_qty = u.undelivered, returned_qty "
    "= u.returned, "
    "allocations = u.allocations::jsonb FROM unnest($2::int4[], $3::int4[], $4::int4[], $5::int4[], $6::int4[], $7::int4[], $8::text[]) "
    "AS u (line_no, cancelled, shipped, delivered, undelivered, returned, allocations) WHERE l.order_id = $1 AND l.line_no = u.line_no",
    Effect::writes};
constexpr Statement insert_edit{"order.add_edit",
                                "WITH gone AS (DELETE FROM order_birth WHERE order_id = $1), "  // The text of the order's events no longer holds.
                                "seq AS (UPDATE order_header SET edit_seq = edit_seq + 1, version = version + 1 WHERE id = $1 RETURNING edit_seq) "
                                "INSERT INTO order_edit_history (order_id, seq, kind, before, after, actor_type, actor_id, at) SELECT $1, seq.edit_seq, $2, "
                                "$3::text::jsonb, $4::text::jsonb, $5, $6, $7 FROM seq RETURNING seq",
                                Effect::writes};
constexpr Statement update_review{"order.set_review", "UPDATE order_header SET review_decision = $2, version = version + 1 WHERE id = $1", Effect::writes};
constexpr Statement update_address{"order.set_address", "UPDATE order_header SET shipping_address = $2::text::jsonb WHERE id = $1", Effect::writes};
constexpr Statement insert_note{"order.add_note", "INSERT INTO order_note (id, order_id, note, author_id, at) VALUES ($1, $2, $3, $4, $5)", Effect::writes};
constexpr Statement insert_tombstone{"order.leave_tombstone", "INSERT INTO order_tombstone (order_id, saga_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                                     Effect::writes};
constexpr Statement select_shipment{"order.shipment_status", "SELECT status FROM order_shipment WHERE shipment_id = $1", Effect::reads};
constexpr Statement upsert_shipment{
    "order.save_shipment",
    "INSERT INTO order_shipment (shipment_id, order_id, status) VALUES ($1, $2, $3) ON CONFLICT (shipment_id) DO UPDATE SET status = excluded.status",
    Effect::writes};
constexpr Statement update_group{
    "order.update_group",
    "UPDATE order_shipment_group SET status = CASE WHEN $3 = 'dispatched' AND status <> 'pending' THEN status ELSE $3 END, "
    "tracking_numbers = CASE WHEN $4::text IS NULL OR $4 = ANY (tracking_numbers) THEN tracking_numbers ELSE tracking_numbers || $4 END "
    "WHERE order_id = $1 AND warehouse_id = $2",
    Effect::writes};
constexpr Statement reopen_undelivered{"order.reopen_groups",
                                       "UPDATE order_shipment_group SET status = 'pending' WHERE order_id = $1 AND status = 'undelivered'", Effect::writes};
constexpr Statement update_payment{"order.set_payment", "SELECT set_order_payment($1, $2, $3, $4, $5, $6, $7, $8)", Effect::writes};
constexpr Statement update_dispute{"order.set_dispute_open",
                                   "UPDATE order_header SET dispute_open = $2, version = version + 1 WHERE id = $1 AND dispute_open <> $2", Effect::writes};
constexpr Statement update_refunded{"order.set_refunded", "SELECT set_order_refunded($1, $2, $3)", Effect::writes};
constexpr Statement update_credit_returned{"order.set_credit_returned", "SELECT set_order_credit_returned($1, $2)", Effect::writes};
std::unexpected<Error> no_order() { return fail(ErrorKind::not_found, "ORDER_NOT_FOUND", "no such order"); }

template <typename Enum>
Enum enum_of(std::string_view text) {
  Enum out{};
  const bool known = from_string(text, out);
  EMP_ASSERT(known);
  return out;
}

std::optional<Uuid> first_id(const postgres::Rows& rows) { return rows.empty() ? std::nullopt : std::optional(rows[0].get<Uuid>(0)); }

}  // namespace

Task<Result<v1::Order>> PostgresOrderStore::load(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.run_together(order_statements(id)));
  if (rows[0].empty()) co_return no_order();
  co_return read_order(rows[0], rows[1], rows[2]);
}

Task<Result<v1::Order>> PostgresOrderStore::load_in(postgres::UnitOfWork& work, Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.run_together(order_statements(id)));
  if (rows[0].empty()) co_return no_order();
  co_return read_order(rows[0], rows[1], rows[2]);
}

Task<Result<std::optional<Uuid>>> PostgresOrderStore::find_by_saga(Uuid saga_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_by_saga, saga_id));
  co_return first_id(rows);
}

Task<Result<std::optional<Uuid>>> PostgresOrderStore::find_by_number(std::string order_number) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_by_number, order_number));
  co_return first_id(rows);
}

Task<Result<std::vector<v1::OrderSummary>>> PostgresOrderStore::list(OrderFilter filter) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_list, filter.status, filter.customer_id, filter.sku, filter.placed_from, filter.placed_to,
                                                          filter.before_at, filter.before_id, filter.count, filter.email, filter.late_dispatch));
  std::vector<v1::OrderSummary> out;
  for (const auto row : rows) {
    v1::OrderSummary item;
    item.id = row.get<Uuid>(0);
    item.order_number = row.get<std::string>(1);
    item.customer_id = row.get<std::optional<Uuid>>(2);
    item.status = enum_of<v1::OrderStatus>(row.get<std::string>(3));
    item.payment_status = enum_of<v1::PaymentFacet>(row.get<std::string>(4));
    item.line_count = row.get<std::int32_t>(5);
    item.unit_count = row.get<std::int64_t>(6);
    item.grand_total = Money(row.get<std::int64_t>(7), Currency::of(row.get<std::string>(8)));
    item.placed_at = row.get<UtcTime>(9);
    out.push_back(std::move(item));
  }
  co_return out;
}

Task<Result<std::vector<v1::StatusChange>>> PostgresOrderStore::history(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_history, id));
  std::vector<v1::StatusChange> out;
  for (const auto row : rows) {
    v1::StatusChange item;
    item.seq = row.get<std::int32_t>(0);
    if (const auto from = row.get<Text>(1)) item.from = enum_of<v1::OrderStatus>(*from);
    item.to = enum_of<v1::OrderStatus>(row.get<std::string>(2));
    item.actor_type = row.get<std::string>(3);
    item.actor_id = row.get<Text>(4);
    item.reason = row.get<Text>(5);
    item.source_event_id = row.get<Text>(6);
    item.at = row.get<UtcTime>(7);
    out.push_back(std::move(item));
  }
  co_return out;
}

Task<Result<std::vector<v1::Edit>>> PostgresOrderStore::edits(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_edits, id));
  std::vector<v1::Edit> out;
  for (const auto row : rows) {
    v1::Edit item;
    item.seq = row.get<std::int32_t>(0);
    item.kind = row.get<std::string>(1);
    item.before.json = row.get<std::string>(2);
    item.after.json = row.get<std::string>(3);
    item.actor_type = row.get<std::string>(4);
    item.actor_id = row.get<Text>(5);
    item.at = row.get<UtcTime>(6);
    out.push_back(std::move(item));
  }
  co_return out;
}

Task<Result<std::vector<v1::Note>>> PostgresOrderStore::notes(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_notes, id));
  std::vector<v1::Note> out;
  for (const auto row : rows) {
    v1::Note item;
    item.id = row.get<Uuid>(0);
    item.text = row.get<std::string>(1);
    item.author_id = row.get<Uuid>(2);
    item.at = row.get<UtcTime>(3);
    out.push_back(std::move(item));
  }
  co_return out;
}

Task<Result<std::int32_t>> PostgresOrderStore::take_track_try(std::string address, std::int32_t max, seconds window) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(take_try, address, clock_.now(), max, static_cast<std::int64_t>(window.count())));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<>> PostgresOrderStore::forget_track_tries() {
  EMP_CO_TRY(co_await database_.query(delete_track_tries, clock_.now()));
  co_return Result<>();
}

Task<Result<postgres::UnitOfWork>> PostgresOrderStore::begin(CallContext context) { co_return co_await database_.begin(std::move(context)); }

Task<Result<OrderState>> PostgresOrderStore::lock(postgres::UnitOfWork& work, Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.run_together(lock_statements(id)));
  if (rows[0].empty()) co_return no_order();
  co_return read_state(rows[0], rows[1]);
}

Task<Result<>> PostgresOrderStore::move(postgres::UnitOfWork& work, Move move) {
  EMP_CO_TRY(co_await work.query(move_one, move.order_id, to_string(move.to), move.actor, move.actor_id, move.reason, move.event_id, clock_.now(), move.trace,
                                 move.assessment_id, move.cancel_by));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::note_event(postgres::UnitOfWork& work, Uuid order_id, std::string actor, std::optional<Uuid> actor_id, std::string reason,
                                              std::optional<Uuid> event_id) {
  EMP_CO_TRY(co_await work.query(note_one, order_id, actor, actor_id, reason, event_id, clock_.now()));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::save_lines(postgres::UnitOfWork& work, OrderState order) {
  std::vector<std::int32_t> numbers;
  std::vector<std::int32_t> cancelled;
  std::vector<std::int32_t> shipped;
  std::vector<std::int32_t> delivered;
  std::vector<std::int32_t> undelivered;
  std::vector<std::int32_t> returned;
  std::vector<std::string> allocations;
  for (const LineState& line : order.lines) {
    numbers.push_back(line.line_no);
    cancelled.push_back(line.counters.cancelled);
    shipped.push_back(line.counters.shipped);
    delivered.push_back(line.counters.delivered);
    undelivered.push_back(line.counters.undelivered);
    returned.push_back(line.counters.returned);
    allocations.push_back(allocations_json(line.allocations));
  }
  EMP_CO_TRY(co_await work.query(update_lines, order.id, numbers, cancelled, shipped, delivered, undelivered, returned, allocations));
  co_return Result<>();
}

Task<Result<std::int32_t>> PostgresOrderStore::add_edit(postgres::UnitOfWork& work, Uuid order_id, Edit edit) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(insert_edit, order_id, edit.kind, edit.before, edit.after, edit.actor, edit.actor_id, clock_.now()));
  co_return rows[0].get<std::int32_t>(0);
}

Task<Result<>> PostgresOrderStore::set_review(postgres::UnitOfWork& work, OrderState order, std::string decision, Uuid staff_id, std::string reason,
                                              Uuid trace) {
  v1::OrderReviewDecided event;
  event.order_id = order.id;
  event.saga_id = order.saga_id;
  event.decision = decision;
  std::vector<Bound> bounds;
  bounds.push_back(postgres::bind(update_review, order.id, decision));
  bounds.push_back(messaging::outbox_row(event, order.id, order.version + 1, trace));
  EMP_CO_TRY(co_await work.run_together(std::move(bounds)));
  co_return co_await note_event(work, order.id, "staff", staff_id, decision + ": " + reason, std::nullopt);
}

Task<Result<>> PostgresOrderStore::set_address(postgres::UnitOfWork& work, Uuid order_id, std::string address_json) {
  EMP_CO_TRY(co_await work.query(update_address, order_id, address_json));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::add_note(postgres::UnitOfWork& work, Uuid order_id, v1::Note note) {
  EMP_CO_TRY(co_await work.query(insert_note, note.id, order_id, note.text, note.author_id, note.at));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::leave_tombstone(Uuid order_id, std::optional<Uuid> saga_id) {
  EMP_CO_TRY(co_await database_.query(insert_tombstone, order_id, saga_id, clock_.now()));
  co_return Result<>();
}

Task<Result<std::optional<std::string>>> PostgresOrderStore::shipment_status(postgres::UnitOfWork& work, Uuid shipment_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(select_shipment, shipment_id));
  co_return rows.empty() ? Text() : Text(rows[0].get<std::string>(0));
}

Task<Result<>> PostgresOrderStore::save_shipment(postgres::UnitOfWork& work, Uuid order_id, Uuid shipment_id, Uuid warehouse_id, std::string status,
                                                 std::optional<std::string> tracking) {
  std::vector<Bound> bounds;
  bounds.push_back(postgres::bind(upsert_shipment, shipment_id, order_id, status));
  bounds.push_back(postgres::bind(update_group, order_id, warehouse_id, status, tracking));
  EMP_CO_TRY(co_await work.run_together(std::move(bounds)));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::reopen_groups(postgres::UnitOfWork& work, Uuid order_id) {
  EMP_CO_TRY(co_await work.query(reopen_undelivered, order_id));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::set_payment(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int32_t attempt, std::int64_t version,
                                               std::string provider, std::string status, Uuid trace) {
  EMP_CO_TRY(co_await work.query(update_payment, order_id, payment_id, attempt, version, provider, status, clock_.now(), trace));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::set_dispute_open(postgres::UnitOfWork& work, Uuid order_id, bool open) {
  EMP_CO_TRY(co_await work.query(update_dispute, order_id, open));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::set_refunded(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int64_t total_refunded) {
  EMP_CO_TRY(co_await work.query(update_refunded, order_id, payment_id, total_refunded));
  co_return Result<>();
}

Task<Result<>> PostgresOrderStore::set_credit_returned(postgres::UnitOfWork& work, Uuid order_id, std::int64_t total_returned) {
  EMP_CO_TRY(co_await work.query(update_credit_returned, order_id, total_returned));
  co_return Result<>();
}

}  // namespace emporion::order
