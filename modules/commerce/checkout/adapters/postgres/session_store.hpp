#pragma once

#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/lanes/shared_write.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/saga/engine.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

class PostgresSessionStore final : public SessionStore {
 public:
  PostgresSessionStore(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random);
  /// Waits for what is under way.
  Task<void> close();
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
  struct View {
    Uuid session;
    Owner owner;
    bool with_lines;
  };
  using Viewing = Lane<View, SessionView>;
  struct Start {
    Uuid new_session;
    Owner owner;
    KeyedRequest keyed;
  };
  struct Change {
    Uuid session;
    Owner owner;
    std::optional<std::int64_t> if_match;
    SessionChange to;
  };
  template <typename Answer>
  using Shared = Task<Result<std::vector<std::optional<Answer>>>>;

  Task<Result<Viewing::Answers>> view_together(std::vector<View> batch);
  Shared<Started> start_together(std::vector<Start> batch);
  Task<Result<Started>> start_alone(Start start);
  Shared<v1::CheckoutSession> change_together(std::vector<Change> batch);
  Task<Result<v1::CheckoutSession>> change_alone(Change change);
  Shared<v1::CheckoutSession> keep_together(std::vector<QuoteToKeep> batch);
  Task<Result<v1::CheckoutSession>> keep_alone(QuoteToKeep keep);
  Shared<Accepted> accept_together(std::vector<Acceptance> batch);
  Task<Result<Accepted>> accept_alone(Acceptance acceptance);

  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  Viewing viewing_;
  SharedWrite<Start, Started> starting_;
  SharedWrite<Change, v1::CheckoutSession> changing_;
  SharedWrite<QuoteToKeep, v1::CheckoutSession> keeping_;
  SharedWrite<Acceptance, Accepted> accepting_;
  const saga::Engine* engine_ = nullptr;
};

}  // namespace emporion::checkout
