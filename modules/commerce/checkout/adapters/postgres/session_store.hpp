#pragma once

#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/saga/engine.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

class PostgresSessionStore final : public SessionStore {
 public:
  PostgresSessionStore(postgres::Database& database, const Clock& clock, Random& random) : database_(database), clock_(clock), random_(random) {}
  /// The engine whose sagas `accept` begins; set once, before the first call.
  void attach(const saga::Engine& engine) noexcept { engine_ = &engine; }

  Task<Result<Started>> start(Owner owner, KeyedRequest keyed) override;
  Task<Result<SessionView>> view(Uuid session, Owner owner) override;
  Task<Result<SessionView>> view_without_lines(Uuid session, Owner owner) override;
  Task<Result<v1::CheckoutSession>> change(Uuid session, Owner owner, std::optional<std::int64_t> if_match, SessionChange change) override;
  Task<Result<v1::CheckoutSession>> set_credits(Uuid session, Owner owner, std::optional<std::int64_t> if_match,
                                                std::vector<v1::SessionCredit> credits) override;
  Task<Result<v1::CheckoutSession>> keep_quote(QuoteToKeep quote) override;
  Task<Result<v1::QuoteTotals>> totals(Uuid quote) override;
  Task<Result<v1::Quote>> quote(Uuid quote) override;
  Task<Result<Accepted>> accept(Acceptance acceptance) override;
  Task<Result<Placed>> placed(Uuid session, Owner owner, std::string key) override;
  Task<Result<Abandoned>> abandon(Uuid session) override;
  Task<Result<std::optional<std::string>>> review_decision(Uuid saga) override;
  Task<Result<std::optional<Uuid>>> saga_of_order(Uuid order) override;

 private:
  Task<Result<SessionView>> read(Uuid session, Owner owner, bool with_lines);

  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  const saga::Engine* engine_ = nullptr;
};

}  // namespace emporion::checkout
