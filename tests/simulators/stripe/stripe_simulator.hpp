#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/http/client.hpp"
#include "kernel/http/server.hpp"
#include "tests/simulators/common/misbehaviour.hpp"
#include "tests/simulators/stripe/stripe_balance.hpp"
#include "tests/simulators/stripe/stripe_cards.hpp"
#include "tests/simulators/stripe/stripe_disputes.hpp"
#include "tests/simulators/stripe/stripe_ledger.hpp"

namespace emporion::simulators {

struct StripeSimulatorOptions {
  std::string secret_key = "sk_test_simulated_0001";
  std::string webhook_secret = "whsec_simulated_0001";
  std::string webhook_url;   ///< Empty: events are kept and can be sent by hand.
  milliseconds hang{3'000};  ///< How long a lost answer keeps its connection open.
};

/// Stripe's side over real HTTP: checks key, version, idempotency keys and parameters strictly, keeps the books, sends signed webhooks, and misbehaves when
/// told to. Over HTTP it is told by POST /_simulator/fault?operation=confirm&fault=lose_answer&times=1, /_simulator/delivery?mode=never,
/// /_simulator/settle?intent=pi_…&approved=true, /_simulator/lapse?intent=pi_…, /_simulator/flush; GET /_simulator/stats.
class StripeSimulator final : public http::Application {
 public:
  StripeSimulator(Runtime& runtime, const Clock& clock, StripeSimulatorOptions options);

  Result<> listen(std::uint16_t port = 0) { return server_.listen("127.0.0.1", port); }
  std::string url() const;
  Task<void> close();

  /// The next `times` calls of that operation (create, confirm, capture, cancel, get, refund, get_refund) go wrong so.
  void misbehave(const std::string& operation, Fault fault, int times = 1) { orders_.add(operation, fault, times); }
  void deliver(Delivery delivery) { delivery_ = delivery; }
  void set_webhook_url(std::string url) { options_.webhook_url = std::move(url); }
  /// Sends events that were held back; with `reversed`, newest first.
  Task<void> flush();

  /// What the buyer's bank decides, with its webhook.
  bool settle(const std::string& intent, bool approved);
  bool lapse(const std::string& intent);

  /// The buyer's bank opens a dispute of what was taken; empty if nothing is left. Then it decides.
  std::string open_dispute(const std::string& intent, std::int64_t amount, const std::string& reason = "fraudulent");
  bool decide_dispute(const std::string& id, bool won);
  /// A lost one is given back, as after an arbitration.
  bool reverse_dispute(const std::string& id);

  StripeLedger& ledger() noexcept { return ledger_; }
  const StripeDisputes& disputes() const noexcept { return disputes_; }
  /// What it says that it moved; tests falsify it.
  StripeBalance& balance() noexcept { return balance_; }
  StripeCards& cards() noexcept { return cards_; }
  int calls(const std::string& operation) const { return orders_.calls(operation); }
  /// Those that named this object.
  int calls(const std::string& operation, const std::string& id) const;
  /// The most calls of that operation that came within one second of the clock.
  int busiest_second(const std::string& operation) const;
  /// Signs a body as the webhooks are signed.
  std::string sign(std::string_view body, std::string_view secret) const;
  /// All event bodies so far, oldest first.
  const std::vector<std::string>& events() const noexcept { return events_; }

  std::size_t body_limit(const http::Request&) const override { return 1 << 20; }
  Task<http::Response> handle(http::Request request) override;
  http::Response refuse(const Error& error) override;

 private:
  struct Stored {
    std::string parameters;
    bool done = false;
    Answer answer;
    std::int64_t since = 0;  ///< Seconds since 1970.
  };
  Task<Answer> call(std::string operation, std::string key, std::string parameters, std::string id, Fields fields);
  Answer work(const std::string& operation, const std::string& id, const Fields& fields);
  Task<http::Response> control(http::Request request);
  std::optional<Answer> check_head(const http::Request& request) const;
  void note_balance(const std::string& operation, const std::string& id, const Answer& answer);
  void emit(std::string_view type, std::string_view object_json);
  void emit_intent(const std::string& id, const std::string& status_before);
  Task<void> send(std::string body);
  std::int64_t now_unix() const { return clock_.now().micros_since_epoch() / 1'000'000; }

  Runtime& runtime_;
  const Clock& clock_;
  StripeSimulatorOptions options_;
  StripeLedger ledger_;
  StripeDisputes disputes_{ledger_};
  StripeBalance balance_;
  StripeCards cards_;
  http::Client client_;
  std::map<std::string, Stored> keys_;
  Orders orders_;
  Delivery delivery_ = Delivery::at_once;
  std::vector<std::string> events_;
  std::map<std::string, std::map<std::int64_t, int>> calls_by_second_;
  std::map<std::pair<std::string, std::string>, int> calls_by_object_;
  std::vector<std::string> held_;
  Scope scope_;
  http::Server server_;
};

}  // namespace emporion::simulators
