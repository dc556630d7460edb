#pragma once

#include "kernel/lanes/lane.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/product/pricing/app/quote_store.hpp"

namespace emporion::pricing {

/// Quotes through a lane: whatever is waiting is stored by one statement.
class PostgresQuoteStore final : public QuoteStore {
 public:
  PostgresQuoteStore(Runtime& runtime, postgres::Database& database);

  Task<Result<StoreOutcome>> store(NewQuote quote) override;
  Task<Result<std::optional<StoredQuote>>> find(Uuid id) override;
  Task<Result<std::optional<StoredQuote>>> find_by_key(std::string caller, std::string key) override;
  /// Deletes what expired before `before`. Answers how many.
  Task<Result<std::size_t>> purge(UtcTime before);
  Task<void> close();

 private:
  using StoreLane = Lane<NewQuote, StoreOutcome>;
  Task<Result<StoreLane::Answers>> store_batch(StoreLane::Batch batch);

  postgres::Database& database_;
  StoreLane lane_;
};

}  // namespace emporion::pricing
