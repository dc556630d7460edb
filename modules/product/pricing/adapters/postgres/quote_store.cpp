#include "modules/product/pricing/adapters/postgres/quote_store.hpp"

#include <memory>

namespace emporion::pricing {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement store_quotes{
    "pricing.store_quotes",
    "SELECT is_same, body FROM quote_store_batch($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::bigint[])",
    Effect::writes};
constexpr Statement find_quote{"pricing.find_quote", "SELECT request_hash, body, tax_pins, expires_at FROM quote WHERE id = $1::uuid"};
constexpr Statement find_quote_by_key{"pricing.find_quote_by_key",
                                      "SELECT request_hash, body, tax_pins, expires_at FROM quote WHERE caller = $1::text AND key = $2::text"};
constexpr Statement purge_quotes{"pricing.purge_quotes",
                                 "DELETE FROM quote WHERE id IN (SELECT id FROM quote WHERE expires_at < $1::timestamptz ORDER BY expires_at LIMIT 2000)",
                                 Effect::writes};

std::optional<StoredQuote> read_stored(const postgres::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const auto row = rows[0];
  return StoredQuote{row.get<Uuid>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<UtcTime>(3)};
}

}  // namespace

PostgresQuoteStore::PostgresQuoteStore(Runtime& runtime, postgres::Database& database)
    : database_(database),
      lane_(runtime, {.name = "pricing.store_quote", .batch_max = 128}, [this](StoreLane::Batch batch) { return store_batch(std::move(batch)); }) {}

Task<Result<StoreOutcome>> PostgresQuoteStore::store(NewQuote quote) { return lane_.submit(std::move(quote)); }

Task<Result<PostgresQuoteStore::StoreLane::Answers>> PostgresQuoteStore::store_batch(StoreLane::Batch batch) {
  std::vector<Uuid> ids;
  std::vector<std::string> callers;
  std::vector<std::string> keys;
  std::vector<Uuid> hashes;
  std::vector<std::string> bodies;
  std::vector<std::string> pins;
  std::vector<UtcTime> expiries;
  std::vector<std::optional<std::int64_t>> revisions;
  for (auto& quote : batch) {
    ids.push_back(quote.id);
    callers.push_back(std::move(quote.caller));
    keys.push_back(std::move(quote.key));
    hashes.push_back(quote.request_hash);
    bodies.push_back(std::move(quote.body));
    pins.push_back(std::move(quote.tax_pins));
    expiries.push_back(quote.expires_at);
    revisions.push_back(quote.revision);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(store_quotes, ids, callers, keys, hashes, bodies, pins, expiries, revisions));
  StoreLane::Answers answers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    if (row.is_null(0)) {
      answers.push_back(StoreOutcome{.is_outdated = true});
    } else if (!row.get<bool>(0)) {
      answers.push_back(fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "the key was used for another request"));
    } else {
      answers.push_back(StoreOutcome{.standing = row.get<std::optional<std::string>>(1)});
    }
  }
  co_return answers;
}

Task<Result<std::optional<StoredQuote>>> PostgresQuoteStore::find(Uuid id) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_quote, id));
  co_return read_stored(rows);
}

Task<Result<std::optional<StoredQuote>>> PostgresQuoteStore::find_by_key(std::string caller, std::string key) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_quote_by_key, caller, key));
  co_return read_stored(rows);
}

Task<Result<std::size_t>> PostgresQuoteStore::purge(UtcTime before) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(purge_quotes, before));
  co_return rows.affected();
}

Task<void> PostgresQuoteStore::close() { return lane_.close(); }

}  // namespace emporion::pricing
