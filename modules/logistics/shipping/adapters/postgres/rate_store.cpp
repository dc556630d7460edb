#include "modules/logistics/shipping/adapters/postgres/rate_store.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::shipping {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement read_revision{"shipping.rate_revision", "SELECT revision FROM rate_revision"};
// Both kinds in one statement, so that they are of one snapshot; the first row is the revision alone.
constexpr Statement read_book{
    "shipping.rate_book",
    "SELECT 0 AS kind, NULL::uuid, NULL::text, revision FROM rate_revision"
    " UNION ALL SELECT 1, id, body::text, version FROM rate_table UNION ALL SELECT 2, id, body::text, version FROM shipping_method ORDER BY 1, 2"};
constexpr Statement insert_quotes{
    "shipping.store_quotes",
    "INSERT INTO rate_quote (id, body, expires_at) SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING", Effect::writes};
constexpr Statement read_quote{"shipping.find_quote", "SELECT body, expires_at FROM rate_quote WHERE id = $1"};
constexpr Statement read_methods{"shipping.list_methods",
                                 "SELECT id, body::text, version FROM shipping_method WHERE $1::bool IS NULL OR is_enabled = $1 ORDER BY display_order, code "
                                 "OFFSET $2::int4 LIMIT $3::int4"};
constexpr Statement read_method{"shipping.find_method", "SELECT id, body::text, version FROM shipping_method WHERE id = $1"};
constexpr Statement add_method{
    "shipping.insert_method",
    "INSERT INTO shipping_method (id, code, body, rate_table_id, display_order, is_enabled) VALUES ($1, $2, $3::text::jsonb, $4, $5, $6)", Effect::writes};
constexpr Statement change_method{
    "shipping.update_method",
    "UPDATE shipping_method SET code = $3, body = $4::text::jsonb, rate_table_id = $5, display_order = $6, is_enabled = $7, version = version + 1"
    " WHERE id = $1 AND version = $2 RETURNING id, body::text, version",
    Effect::writes};
constexpr Statement drop_method{"shipping.delete_method", "DELETE FROM shipping_method WHERE id = $1 AND version = $2", Effect::writes};
constexpr Statement write_table{"shipping.put_rate_table",
                                "INSERT INTO rate_table (id, body) VALUES ($1, $2::text::jsonb) ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body,"
                                " version = rate_table.version + (rate_table.body <> EXCLUDED.body)::int RETURNING version",
                                Effect::writes};
constexpr Statement read_table{"shipping.find_rate_table", "SELECT body::text, version FROM rate_table WHERE id = $1"};

StoredMethod method_of_row(const postgres::Row& row) {
  auto method = parse_json<v1::MethodInput>(row.get<std::string>(1));
  EMP_ASSERT(method.has_value());
  return {row.get<Uuid>(0), std::move(*method), row.get<std::int64_t>(2)};
}

// A stored table is a contract RateTable; id and version are columns.
v1::RateTable table_of_row(const Uuid& id, const std::string& body, std::int64_t version) {
  auto stored = parse_json<v1::PutRateTableRequest>(text("{\"id\":\"", id, "\",", std::string_view(body).substr(1)));
  EMP_ASSERT(stored.has_value());
  return {.id = id, .name = std::move(stored->name), .rows = std::move(stored->rows), .version = version};
}

std::string body_of(const v1::RateTable& table) {
  std::string out = "{\"name\":";
  json::append_string(out, table.name);
  out += ",\"rows\":[";
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json(out, table.rows[i]);
  }
  return out + "]}";
}

Error named(const Error& error) {
  if (error.reason() == "UNIQUE_VIOLATION") return Error(ErrorKind::conflict, "CODE_TAKEN", "another method has this code");
  if (error.reason() == "FOREIGN_KEY_VIOLATION") return Error(ErrorKind::rule_violated, "RATE_TABLE_NOT_FOUND", "no such rate table");
  return error;
}

}  // namespace

Task<Result<std::int64_t>> PostgresRateStore::revision() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_revision));
  co_return rows[0].get<std::int64_t>(0);
}

Task<Result<RateBook>> PostgresRateStore::load() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_book));
  RateBook book;
  for (const auto row : rows) {
    const auto kind = row.get<std::int32_t>(0);
    if (kind == 0) {
      book.revision = row.get<std::int64_t>(3);
    } else if (kind == 1) {
      book.tables.push_back(table_of(table_of_row(row.get<Uuid>(1), row.get<std::string>(2), row.get<std::int64_t>(3))));
    } else {
      auto method = parse_json<v1::MethodInput>(row.get<std::string>(2));
      EMP_ASSERT(method.has_value());
      book.methods.push_back(method_of({row.get<Uuid>(1), std::move(*method), row.get<std::int64_t>(3)}));
    }
  }
  co_return book;
}

Task<Result<>> PostgresRateStore::store_quotes(std::vector<StoredQuote> quotes) {
  std::vector<Uuid> ids;
  std::vector<std::string> bodies;
  std::vector<UtcTime> ends;
  for (StoredQuote& quote : quotes) {
    ids.push_back(quote.id);
    bodies.push_back(std::move(quote.body));
    ends.push_back(quote.expires_at);
  }
  EMP_CO_TRY(co_await database_.query(insert_quotes, ids, bodies, ends));
  co_return Result<>();
}

Task<Result<std::optional<StoredQuote>>> PostgresRateStore::find_quote(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_quote, id));
  if (rows.empty()) co_return std::nullopt;
  co_return StoredQuote{id, rows[0].get<std::string>(0), rows[0].get<UtcTime>(1)};
}

Task<Result<std::vector<StoredMethod>>> PostgresRateStore::list_methods(std::optional<bool> enabled, std::int32_t offset, std::int32_t limit) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_methods, enabled, offset, limit));
  std::vector<StoredMethod> out;
  for (const auto row : rows) out.push_back(method_of_row(row));
  co_return out;
}

Task<Result<std::optional<StoredMethod>>> PostgresRateStore::find_method(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_method, id));
  co_return rows.empty() ? std::nullopt : std::optional(method_of_row(rows[0]));
}

Task<Result<>> PostgresRateStore::insert_method(postgres::UnitOfWork& work, StoredMethod stored) {
  const v1::MethodInput& m = stored.method;
  const auto inserted = co_await work.query(add_method, stored.id, m.code, to_json(m), m.rate_table_id, m.display_order.value_or(0), m.enabled.value_or(true));
  if (!inserted) co_return fail(named(inserted.error()));
  co_return Result<>();
}

Task<Error> PostgresRateStore::why_not(Uuid id) {
  const auto found = co_await find_method(id);
  if (!found) co_return found.error();
  if (!*found) co_return Error(ErrorKind::not_found, "METHOD_NOT_FOUND", text("no shipping method ", id));
  co_return Error(ErrorKind::conflict, "VERSION_CONFLICT", "somebody changed it meanwhile").with("version", (*found)->version);
}

Task<Result<StoredMethod>> PostgresRateStore::update_method(StoredMethod stored) {
  const v1::MethodInput& m = stored.method;
  const auto rows = co_await database_.query(change_method, stored.id, stored.version, m.code, to_json(m), m.rate_table_id, m.display_order.value_or(0),
                                             m.enabled.value_or(true));
  if (!rows) co_return fail(named(rows.error()));
  if (rows->empty()) co_return fail(co_await why_not(stored.id));
  co_return method_of_row((*rows)[0]);
}

Task<Result<>> PostgresRateStore::delete_method(Uuid id, std::int64_t version) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(drop_method, id, version));
  if (rows.affected() == 0) co_return fail(co_await why_not(id));
  co_return Result<>();
}

Task<Result<v1::RateTable>> PostgresRateStore::put_table(v1::RateTable table) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(write_table, table.id, body_of(table)));
  table.version = rows[0].get<std::int64_t>(0);
  co_return table;
}

Task<Result<std::optional<v1::RateTable>>> PostgresRateStore::find_table(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(read_table, id));
  if (rows.empty()) co_return std::nullopt;
  co_return table_of_row(id, rows[0].get<std::string>(0), rows[0].get<std::int64_t>(1));
}

}  // namespace emporion::shipping
