#include "modules/platform/gateway/adapters/postgres/waiting_store.hpp"

#include "kernel/json/writer.hpp"
#include "modules/platform/gateway/adapters/postgres/changes.hpp"

namespace emporion::gateway {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement select_rooms{"gateway.waiting_rooms",
                                 "SELECT s.id, s.name, s.skus, s.starts_at, s.ends_at, s.admitted_per_s_min, s.joined, s.admitted, "
                                 "coalesce((SELECT array_agg(a.up_to ORDER BY a.up_to) FROM waiting_admission a WHERE a.sale_id = s.id), '{}'), "
                                 "coalesce((SELECT array_agg(a.at ORDER BY a.up_to) FROM waiting_admission a WHERE a.sale_id = s.id), '{}') "
                                 "FROM flagged_sale s WHERE s.ends_at > now() ORDER BY s.starts_at, s.id"};
constexpr Statement lock_sales{"gateway.lock_sales", "LOCK TABLE flagged_sale IN SHARE ROW EXCLUSIVE MODE", Effect::writes};
constexpr Statement select_overlap{
    "gateway.sale_overlap",
    "SELECT sku FROM flagged_sale s, unnest(s.skus) AS sku WHERE s.id <> $1 AND sku = ANY ($2) AND s.starts_at < $4 AND s.ends_at > $3 "
    "AND s.ends_at > now() ORDER BY sku LIMIT 1"};
constexpr Statement upsert_sale{
    "gateway.put_sale",
    "INSERT INTO flagged_sale AS s (id, name, skus, starts_at, ends_at, admitted_per_s_min) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET "
    "name = excluded.name, skus = excluded.skus, starts_at = excluded.starts_at, ends_at = excluded.ends_at, admitted_per_s_min = excluded.admitted_per_s_min, "
    "version = s.version + 1 WHERE (s.name, s.skus, s.starts_at, s.ends_at, s.admitted_per_s_min) IS DISTINCT FROM "
    "(excluded.name, excluded.skus, excluded.starts_at, excluded.ends_at, excluded.admitted_per_s_min)",
    Effect::writes};
constexpr Statement select_sale{
    "gateway.sale",
    "SELECT id, name, skus, starts_at, ends_at, admitted_per_s_min, joined, admitted, ends_at > now() FROM flagged_sale WHERE id = $1 FOR UPDATE",
    Effect::writes};
constexpr Statement end_sale{
    "gateway.end_sale",
    "UPDATE flagged_sale SET ends_at = greatest(now(), starts_at + interval '1 microsecond'), version = version + 1 WHERE id = $1 RETURNING ends_at",
    Effect::writes};
constexpr Statement join_many{"gateway.join", "SELECT number FROM waiting_join($1, $2)", Effect::writes};
constexpr Statement admit_some{"gateway.admit", "SELECT waiting_admit($1, $2, $3)", Effect::writes};
constexpr Statement tell_pace{
    "gateway.tell_pace",
    "INSERT INTO checkout_pace VALUES ($1, $2, clock_timestamp()) ON CONFLICT (replica) DO UPDATE SET per_min = excluded.per_min, at = excluded.at",
    Effect::writes};
constexpr Statement sum_pace{"gateway.sum_pace",
                             "SELECT coalesce(sum(per_min), 0)::int8 FROM checkout_pace WHERE at > statement_timestamp() - interval '10 seconds'"};

std::string described(const WaitingRoom& sale) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  writer.key("name").string(sale.name);
  writer.key("from").string(sale.starts_at.to_string());
  writer.key("until").string(sale.ends_at.to_string());
  writer.end_object();
  return out;
}

WaitingRoom room_of(const postgres::Row& row) {
  return {.id = row.get<Uuid>(0),
          .name = row.get<std::string>(1),
          .skus = row.get<std::vector<std::string>>(2),
          .starts_at = row.get<UtcTime>(3),
          .ends_at = row.get<UtcTime>(4),
          .admitted_per_s_min = row.get<std::int32_t>(5),
          .joined = row.get<std::int64_t>(6),
          .admitted = row.get<std::int64_t>(7),
          .admissions = {}};
}

std::unexpected<Error> not_found() { return fail(ErrorKind::not_found, "SALE_NOT_FOUND", "there is no such sale, or it is not on"); }

}  // namespace

WaitingStore::WaitingStore(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random)
    : database_(database),
      replica_(Uuid::v7(clock.now(), random)),
      join_lane_(runtime, LaneOptions{.name = "gateway.join", .queue_max = 50'000}, [this](std::vector<Join> batch) { return join_all(std::move(batch)); }) {}

Task<Result<std::vector<WaitingRoom>>> WaitingStore::rooms() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_rooms));
  std::vector<WaitingRoom> out;
  for (const auto row : rows) {
    WaitingRoom room = room_of(row);
    const auto numbers = row.get<std::vector<std::int64_t>>(8);
    const auto times = row.get<std::vector<UtcTime>>(9);
    for (std::size_t i = 0; i < numbers.size(); ++i) room.admissions.push_back({numbers[i], times[i]});
    out.push_back(std::move(room));
  }
  co_return out;
}

Task<Result<>> WaitingStore::put(CallContext context, WaitingRoom sale) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_TRY(co_await work.query(lock_sales));  // Two that overlap and are put at once do not see each other otherwise.
  EMP_CO_ASSIGN(const auto overlap, co_await work.query(select_overlap, sale.id, sale.skus, sale.starts_at, sale.ends_at));
  if (!overlap.empty()) {
    co_return fail(Error(ErrorKind::conflict, "SALE_OVERLAPS", "another sale has one of these SKUs at that time").with("sku", overlap[0].get<std::string>(0)));
  }
  EMP_CO_ASSIGN(const auto put, co_await work.query(upsert_sale, sale.id, sale.name, sale.skus, sale.starts_at, sale.ends_at,
                                                    static_cast<std::int32_t>(sale.admitted_per_s_min)));
  if (put.affected() > 0) EMP_CO_TRY(co_await work.run(change_row(context, "sale.put", sale.id.to_string(), described(sale))));
  co_return co_await work.commit();
}

Task<Result<WaitingRoom>> WaitingStore::end(CallContext context, Uuid sale) {
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(select_sale, sale));
  if (rows.empty()) co_return not_found();
  auto room = room_of(rows[0]);
  if (!rows[0].get<bool>(8)) co_return room;
  EMP_CO_ASSIGN(const auto ended, co_await work.query(end_sale, sale));
  room.ends_at = ended[0].get<UtcTime>(0);
  EMP_CO_TRY(co_await work.run(change_row(context, "sale.end", sale.to_string())));
  EMP_CO_TRY(co_await work.commit());
  co_return room;
}

Task<Result<std::int64_t>> WaitingStore::join(Uuid sale, std::string subject) { return join_lane_.submit({sale, std::move(subject)}); }

Task<Result<std::vector<Result<std::int64_t>>>> WaitingStore::join_all(std::vector<Join> batch) {
  std::vector<Uuid> sales;
  std::vector<std::string> subjects;
  for (auto& one : batch) {
    sales.push_back(one.sale);
    subjects.push_back(std::move(one.subject));
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(join_many, sales, subjects));
  std::vector<Result<std::int64_t>> out;
  for (const auto row : rows) {
    if (const auto number = row.get<std::optional<std::int64_t>>(0)) {
      out.push_back(*number);
    } else {
      out.push_back(not_found());
    }
  }
  co_return out;
}

Task<Result<std::int64_t>> WaitingStore::admit(Uuid sale, std::int64_t most, std::int64_t units_left) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(admit_some, sale, most, units_left));
  co_return rows[0].get<std::int64_t>(0);
}

Task<Result<std::int64_t>> WaitingStore::confirmed_per_minute(std::int64_t here) {
  EMP_CO_TRY(co_await database_.query(tell_pace, replica_, here));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(sum_pace));
  co_return rows[0].get<std::int64_t>(0);
}

}  // namespace emporion::gateway
