#include "modules/logistics/fulfillment/adapters/postgres/fulfillment_store.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "kernel/json/codec.hpp"

namespace emporion::fulfillment {
namespace {

using postgres::Effect;
using postgres::Statement;

#define EMP_FULFILLMENT_COLUMNS "id, number, facts::text, state::text, picklist::text, held_status, scans_open, trace, created_at, updated_at"
// In the words of the index fulfillment_in_house.
#define EMP_IS_IN_HOUSE "status NOT IN ('shipped', 'completed', 'cancelled', 'compensated')"

constexpr Statement find_one{"fulfillment.find", "SELECT " EMP_FULFILLMENT_COLUMNS " FROM fulfillment WHERE id = $1"};
constexpr Statement find_order{"fulfillment.of_order", "SELECT " EMP_FULFILLMENT_COLUMNS " FROM fulfillment WHERE order_id = $1 ORDER BY id"};
constexpr Statement list_all{
    "fulfillment.list",
    "SELECT " EMP_FULFILLMENT_COLUMNS
    " FROM fulfillment WHERE ($1::text IS NULL OR status = $1) AND ($2::uuid IS NULL OR warehouse_id = $2)"
    " AND ($3::uuid IS NULL OR (created_at, id) < (SELECT created_at, id FROM fulfillment WHERE id = $3)) ORDER BY created_at DESC, id DESC LIMIT $4::int4"};
constexpr Statement find_picklist{"fulfillment.find_picklist", "SELECT " EMP_FULFILLMENT_COLUMNS " FROM fulfillment WHERE picklist_id = $1"};
constexpr Statement list_lists{"fulfillment.list_picklists",
                               "SELECT " EMP_FULFILLMENT_COLUMNS " FROM fulfillment WHERE picklist IS NOT NULL AND " EMP_IS_IN_HOUSE
                               " AND ($1::text IS NULL OR picklist ->> 'status' = $1)"
                               " AND ($2::uuid IS NULL OR warehouse_id = $2) AND ($3::uuid IS NULL OR picklist ->> 'assignee_id' = $3::text)"
                               " ORDER BY picklist -> 'priority' DESC, picklist ->> 'ship_by', id OFFSET $4::int4 LIMIT $5::int4"};
constexpr Statement open_orders{"fulfillment.open_orders", "INSERT INTO order_book (order_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING",
                                Effect::writes};
constexpr Statement lock_books{"fulfillment.lock_orders",
                               "SELECT order_id, is_cancelled, is_started, causes, (SELECT coalesce(array_agg(key::int4), '{}') FROM jsonb_each(credits)),"
                               " (SELECT coalesce(array_agg(value::int4), '{}') FROM jsonb_each(credits)), has_news, reservation_id, reservation_version FROM "
                               "order_book WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"};
constexpr Statement save_book{"fulfillment.save_order",
                              "UPDATE order_book SET is_cancelled = $2, is_started = $3, causes = $4,"
                              " credits = (SELECT coalesce(jsonb_object_agg(line::text, qty), '{}') FROM unnest($5::int4[], $6::int4[]) AS c(line, qty)),"
                              " has_news = $7, reservation_id = $8, reservation_version = $9 WHERE order_id = $1",
                              Effect::writes};
constexpr Statement insert_news{"fulfillment.keep_news",
                                "INSERT INTO early_news (event_id, order_id, reservation_id, version, topic, data, trace) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                                " ON CONFLICT DO NOTHING",
                                Effect::writes};
constexpr Statement delete_news{
    "fulfillment.take_news",
    "WITH taken AS (DELETE FROM early_news WHERE order_id = $1 RETURNING event_id, order_id, reservation_id, version, topic, data, trace)"
    " SELECT * FROM taken ORDER BY reservation_id, version, event_id",
    Effect::writes};
constexpr Statement lock_ids{"fulfillment.lock", "SELECT " EMP_FULFILLMENT_COLUMNS " FROM fulfillment WHERE id = ANY($1) ORDER BY id FOR UPDATE"};
constexpr Statement lock_order{"fulfillment.lock_of_order", "SELECT " EMP_FULFILLMENT_COLUMNS " FROM fulfillment WHERE order_id = $1 ORDER BY id FOR UPDATE"};
constexpr Statement insert_all{"fulfillment.insert",
                               "WITH asked AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int4[], $5::text[], $6::text[], $7::text[], "
                               "$8::int8[], $9::uuid[], $10::text[])"
                               " WITH ORDINALITY AS a(id, order_id, warehouse_id, generation, status, facts, state, version, trace, event, n)),"
                               " made AS (INSERT INTO fulfillment (id, order_id, warehouse_id, generation, status, facts, state, version, trace)"
                               " SELECT id, order_id, warehouse_id, generation, status, facts::jsonb, state::jsonb, version, trace FROM asked ORDER BY n ON "
                               "CONFLICT DO NOTHING RETURNING id)"
                               " INSERT INTO outbox (topic, aggregate_id, aggregate_version, data, trace)"
                               " SELECT $11, a.id::text, a.version, a.event, a.trace FROM made JOIN asked a USING (id) ORDER BY a.n",
                               Effect::writes};
constexpr Statement save_all{
    "fulfillment.save",
    "UPDATE fulfillment f SET status = n.status, held_status = n.held_status, facts = n.facts::jsonb, state = n.state::jsonb, picklist_id = n.picklist_id, "
    "picklist = n.picklist::jsonb,"
    " scans_open = n.scans_open, labels_missing = n.labels_missing, version = n.version, updated_at = now()"
    " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::int4[], $9::int4[], $10::int8[])"
    " AS n(id, status, held_status, facts, state, picklist_id, picklist, scans_open, labels_missing, version) WHERE f.id = n.id",
    Effect::writes};
constexpr Statement read_scan{
    "fulfillment.find_scan",
    "SELECT fulfillment_id, line_no, scan_id, order_line, qty, short_qty, is_done FROM pick_scan WHERE fulfillment_id = $1 AND line_no = $2 AND scan_id = $3"};
constexpr Statement add_scans{"fulfillment.insert_scans",
                              "INSERT INTO pick_scan (fulfillment_id, line_no, scan_id, order_line, qty, short_qty)"
                              " SELECT * FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::int4[], $5::int4[], $6::int4[])",
                              Effect::writes};
constexpr Statement end_scans{"fulfillment.finish_scans",
                              "UPDATE pick_scan s SET is_done = true FROM unnest($1::uuid[], $2::int4[], $3::text[]) AS n(fulfillment_id, line_no, scan_id)"
                              " WHERE s.fulfillment_id = n.fulfillment_id AND s.line_no = n.line_no AND s.scan_id = n.scan_id",
                              Effect::writes};
constexpr Statement delete_scan{"fulfillment.drop_scan", "DELETE FROM pick_scan WHERE fulfillment_id = $1 AND line_no = $2 AND scan_id = $3", Effect::writes};
constexpr Statement read_stale{"fulfillment.stale_scans",
                               "SELECT fulfillment_id, line_no, scan_id, order_line, qty, short_qty, is_done FROM pick_scan WHERE NOT is_done AND created_at < "
                               "now() - interval '10 seconds'"
                               " ORDER BY created_at LIMIT $1::int4"};
constexpr Statement read_waiting{"fulfillment.waiting",
                                 // That it is in house the index has to hear in these words: it knows nothing of what the parameter will be.
                                 "SELECT id, order_id FROM fulfillment WHERE status = ANY($1) AND " EMP_IS_IN_HOUSE
                                 " AND scans_open = 0"
                                 " AND (picklist IS NULL OR picklist ->> 'assignee_id' IS NULL) ORDER BY created_at, id LIMIT $2::int4"};
constexpr Statement read_ready{"fulfillment.waiting_for_handover",
                               "SELECT id, order_id FROM fulfillment WHERE status = 'ready' AND labels_missing = 0 ORDER BY created_at, id LIMIT $1::int4"};

Fulfillment fulfillment_of(const postgres::Row& row) {
  Fulfillment out;
  auto view = parse_json<v1::Fulfillment>(row.get<std::string>(3));
  EMP_ASSERT(view.has_value());
  out.view = std::move(*view);
  out.view.number = row.get<std::string>(1);
  out.facts = order_facts_of(row.get<std::string>(2));
  if (const auto picklist = row.get<std::optional<std::string>>(4)) {
    auto list = parse_json<v1::Picklist>(*picklist);
    EMP_ASSERT(list.has_value());
    out.picklist = std::move(*list);
  }
  if (const auto held = row.get<std::optional<std::string>>(5)) {
    v1::FulfillmentStatus status{};
    EMP_ASSERT(v1::from_string(*held, status));
    out.held = static_cast<Status>(static_cast<int>(status) - 1);
  }
  out.scans_open = row.get<std::int32_t>(6);
  out.trace = row.get<std::optional<Uuid>>(7).value_or(Uuid());
  out.view.created_at = row.get<UtcTime>(8);
  out.view.updated_at = row.get<UtcTime>(9);
  return out;
}

std::vector<Fulfillment> fulfillments_of(const postgres::Rows& rows) {
  std::vector<Fulfillment> out;
  out.reserve(rows.size());
  for (const auto row : rows) out.push_back(fulfillment_of(row));
  return out;
}

Scan scan_of(const postgres::Row& row) {
  return {row.get<Uuid>(0),         row.get<std::int32_t>(1), row.get<std::string>(2), row.get<std::int32_t>(3),
          row.get<std::int32_t>(4), row.get<std::int32_t>(5), row.get<bool>(6)};
}

std::vector<FulfillmentStore::Waiting> waiting_of(const postgres::Rows& rows) {
  std::vector<FulfillmentStore::Waiting> out;
  for (const auto row : rows) out.push_back({row.get<Uuid>(0), row.get<Uuid>(1)});
  return out;
}

}  // namespace

Task<Result<std::optional<Fulfillment>>> PostgresFulfillmentStore::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_one, id));
  co_return rows.empty() ? std::nullopt : std::optional(fulfillment_of(rows[0]));
}

Task<Result<std::vector<Fulfillment>>> PostgresFulfillmentStore::of_order(Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_order, order_id));
  co_return fulfillments_of(rows);
}

Task<Result<std::vector<Fulfillment>>> PostgresFulfillmentStore::list(std::optional<Status> status, std::optional<Uuid> warehouse_id,
                                                                      std::optional<Uuid> before, std::int32_t limit) {
  const auto name = status ? std::optional(std::string(to_string(*status))) : std::nullopt;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_all, name, warehouse_id, before, limit));
  co_return fulfillments_of(rows);
}

Task<Result<std::optional<Fulfillment>>> PostgresFulfillmentStore::find_by_picklist(Uuid picklist_id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_picklist, picklist_id));
  co_return rows.empty() ? std::nullopt : std::optional(fulfillment_of(rows[0]));
}

Task<Result<std::vector<Fulfillment>>> PostgresFulfillmentStore::list_picklists(std::optional<std::string> status, std::optional<Uuid> warehouse_id,
                                                                                std::optional<Uuid> assignee_id, std::int32_t offset, std::int32_t limit) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_lists, status, warehouse_id, assignee_id, offset, limit));
  co_return fulfillments_of(rows);
}

Task<Result<std::vector<OrderBook>>> PostgresFulfillmentStore::lock_orders(postgres::UnitOfWork& work, std::vector<Uuid> order_ids) {
  // Sorted, so that two who make the same new rows wait for each other in one order.
  std::sort(order_ids.begin(), order_ids.end());
  order_ids.erase(std::unique(order_ids.begin(), order_ids.end()), order_ids.end());
  std::vector<postgres::Bound> both;
  both.push_back(postgres::bind(open_orders, order_ids));
  both.push_back(postgres::bind(lock_books, order_ids));
  EMP_CO_ASSIGN(const auto answers, co_await work.run_together(std::move(both)));
  std::vector<OrderBook> out;
  for (const auto row : answers[1]) {
    OrderBook book{row.get<Uuid>(0), row.get<bool>(1), row.get<bool>(2), row.get<std::vector<std::string>>(3), {}};
    book.has_news = row.get<bool>(6);
    book.reservation_id = row.get<std::optional<Uuid>>(7);
    book.reservation_version = row.get<std::optional<std::int64_t>>(8);
    const auto lines = row.get<std::vector<std::int32_t>>(4);
    const auto quantities = row.get<std::vector<std::int32_t>>(5);
    for (std::size_t i = 0; i < lines.size(); ++i) book.credits[lines[i]] = quantities[i];
    out.push_back(std::move(book));
  }
  co_return out;
}

Task<Result<>> PostgresFulfillmentStore::save_order(postgres::UnitOfWork& work, OrderBook book) {
  std::vector<std::int32_t> lines;
  std::vector<std::int32_t> quantities;
  for (const auto& [line, qty] : book.credits) {
    if (qty <= 0) continue;
    lines.push_back(line);
    quantities.push_back(qty);
  }
  EMP_CO_TRY(co_await work.query(save_book, book.order_id, book.is_cancelled, book.is_started, book.causes, lines, quantities, book.has_news,
                                 book.reservation_id, book.reservation_version));
  co_return Result<>();
}

Task<Result<>> PostgresFulfillmentStore::keep_news(postgres::UnitOfWork& work, EarlyNews news) {
  EMP_CO_TRY(co_await work.query(insert_news, news.event_id, news.order_id, news.reservation_id, news.version, news.topic, news.data, news.trace));
  co_return Result<>();
}

Task<Result<std::vector<EarlyNews>>> PostgresFulfillmentStore::take_news(postgres::UnitOfWork& work, Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(delete_news, order_id));
  std::vector<EarlyNews> out;
  for (const auto row : rows) {
    out.push_back({row.get<Uuid>(0), row.get<Uuid>(1), row.get<Uuid>(2), row.get<std::int64_t>(3), row.get<std::string>(4), row.get<std::string>(5),
                   row.get<std::optional<Uuid>>(6).value_or(Uuid())});
  }
  co_return out;
}

Task<Result<std::vector<Fulfillment>>> PostgresFulfillmentStore::lock(postgres::UnitOfWork& work, std::vector<Uuid> ids) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_ids, ids));
  co_return fulfillments_of(rows);
}

Task<Result<std::vector<Fulfillment>>> PostgresFulfillmentStore::lock_of_order(postgres::UnitOfWork& work, Uuid order_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_order, order_id));
  co_return fulfillments_of(rows);
}

Task<Result<>> PostgresFulfillmentStore::insert(postgres::UnitOfWork& work, std::vector<Fulfillment> fulfillments) {
  std::vector<Uuid> ids, orders, warehouses, traces;
  std::vector<std::int32_t> generations;
  std::vector<std::string> statuses, facts, states, events;
  std::vector<std::int64_t> versions;
  for (Fulfillment& f : fulfillments) {
    v1::Fulfillment& view = f.view;
    if (std::ranges::find(ids, view.id) != ids.end()) continue;
    ++view.version;
    ids.push_back(view.id);
    orders.push_back(view.order_id);
    warehouses.push_back(view.warehouse_id);
    generations.push_back(view.generation);
    statuses.emplace_back(to_string(f.status()));
    facts.push_back(to_json_text(f.facts));
    states.push_back(to_json(view));
    versions.push_back(view.version);
    traces.push_back(f.trace);
    events.push_back(to_json(f.created()));
  }
  if (ids.empty()) co_return Result<>();
  EMP_CO_TRY(
      co_await work.query(insert_all, ids, orders, warehouses, generations, statuses, facts, states, versions, traces, events, v1::FulfillmentCreated::topic));
  co_return Result<>();
}

Task<Result<>> PostgresFulfillmentStore::save(postgres::UnitOfWork& work, std::vector<Fulfillment> fulfillments) {
  std::vector<Uuid> ids;
  std::vector<std::string> statuses, facts, states;
  std::vector<std::optional<std::string>> held, picklists;
  std::vector<std::optional<Uuid>> picklist_ids;
  std::vector<std::int32_t> scans, labels;
  std::vector<std::int64_t> versions;
  std::vector<postgres::Bound> all;
  for (Fulfillment& f : fulfillments) {
    if (!f.is_dirty()) continue;
    ids.push_back(f.view.id);
    statuses.emplace_back(to_string(f.status()));
    held.push_back(f.held ? std::optional(std::string(to_string(*f.held))) : std::nullopt);
    facts.push_back(to_json_text(f.facts));
    states.push_back(to_json(f.view));
    picklist_ids.push_back(f.view.picklist_id);
    picklists.push_back(f.picklist ? std::optional(to_json(*f.picklist)) : std::nullopt);
    scans.push_back(f.scans_open);
    labels.push_back(f.labels_missing());
    versions.push_back(f.view.version);
    auto events = f.take_events();
    std::move(events.begin(), events.end(), std::back_inserter(all));
  }
  if (ids.empty()) co_return Result<>();
  all.push_back(postgres::bind(save_all, ids, statuses, held, facts, states, picklist_ids, picklists, scans, labels, versions));
  EMP_CO_TRY(co_await work.run_together(std::move(all)));
  co_return Result<>();
}

Task<Result<std::optional<Scan>>> PostgresFulfillmentStore::find_scan(postgres::UnitOfWork& work, Uuid fulfillment_id, std::int32_t line_no,
                                                                      std::string scan_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(read_scan, fulfillment_id, line_no, scan_id));
  co_return rows.empty() ? std::nullopt : std::optional(scan_of(rows[0]));
}

Task<Result<>> PostgresFulfillmentStore::insert_scans(postgres::UnitOfWork& work, std::vector<Scan> all) {
  if (all.empty()) co_return Result<>();
  std::vector<Uuid> ids;
  std::vector<std::string> names;
  std::vector<std::int32_t> lines, order_lines, quantities, missing;
  for (const Scan& scan : all) {
    ids.push_back(scan.fulfillment_id);
    lines.push_back(scan.line_no);
    names.push_back(scan.scan_id);
    order_lines.push_back(scan.order_line);
    quantities.push_back(scan.qty);
    missing.push_back(scan.short_qty);
  }
  EMP_CO_TRY(co_await work.query(add_scans, ids, lines, names, order_lines, quantities, missing));
  co_return Result<>();
}

Task<Result<>> PostgresFulfillmentStore::finish_scans(postgres::UnitOfWork& work, std::vector<Scan> all) {
  if (all.empty()) co_return Result<>();
  std::vector<Uuid> ids;
  std::vector<std::int32_t> lines;
  std::vector<std::string> names;
  for (const Scan& scan : all) {
    ids.push_back(scan.fulfillment_id);
    lines.push_back(scan.line_no);
    names.push_back(scan.scan_id);
  }
  EMP_CO_TRY(co_await work.query(end_scans, ids, lines, names));
  co_return Result<>();
}

Task<Result<>> PostgresFulfillmentStore::drop_scan(postgres::UnitOfWork& work, Scan scan) {
  EMP_CO_TRY(co_await work.query(delete_scan, scan.fulfillment_id, scan.line_no, scan.scan_id));
  co_return Result<>();
}

Task<Result<std::vector<Scan>>> PostgresFulfillmentStore::stale_scans(std::int32_t limit) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_stale, limit));
  std::vector<Scan> out;
  for (const auto row : rows) out.push_back(scan_of(row));
  co_return out;
}

Task<Result<std::vector<FulfillmentStore::Waiting>>> PostgresFulfillmentStore::waiting(std::vector<std::string> statuses, std::int32_t limit) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_waiting, statuses, limit));
  co_return waiting_of(rows);
}

Task<Result<std::vector<FulfillmentStore::Waiting>>> PostgresFulfillmentStore::waiting_for_handover(std::int32_t limit) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_ready, limit));
  co_return waiting_of(rows);
}

}  // namespace emporion::fulfillment
