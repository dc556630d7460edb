#pragma once

#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/testing/eventually.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_bank_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_credit_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_dispute_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_escrow_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_reconciliation_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_upkeep_store.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"
#include "modules/commerce/payment/api/audit.hpp"
#include "modules/commerce/payment/api/module.hpp"
#include "modules/commerce/payment/app/bank_operations.hpp"
#include "modules/commerce/payment/app/credit_service.hpp"
#include "modules/commerce/payment/app/dispute_operations.hpp"
#include "modules/commerce/payment/app/event_handlers.hpp"
#include "modules/commerce/payment/app/reconciliation_operations.hpp"
#include "modules/commerce/payment/app/service.hpp"
#include "modules/commerce/payment/app/upkeep.hpp"
#include "modules/commerce/payment/app/worker.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"

namespace emporion::payment {

/// The machine's time, moved by hand.
class MovableClock final : public Clock {
 public:
  UtcTime now() const override { return system_.now() + offset_; }
  void move(microseconds span) { offset_ += span; }

 private:
  SystemClock system_;
  microseconds offset_{0};
};

/// The module's parts over a database and a simulated provider.
struct PaymentTest : testing::PostgresTest {
  PaymentTest() : PostgresTest("payment", migrations()) { EXPECT_TRUE(provider.listen()); }
  ~PaymentTest() override {
    if (parts) run(parts->service.close());
    run(provider.close());
  }

  struct Parts {
    Parts(PaymentTest& test, std::vector<std::unique_ptr<ProviderGateway>> all)
        : store(test.database(), test.clock),
          dispute_store(test.database()),
          escrow_store(test.database()),
          gateways(std::move(all)),
          providers(pointers(gateways)),
          book(store, test.clock, test.random),
          driver(test.runtime(), store, book, providers, test.clock, test.driver_options),
          refunds(store, providers, test.clock, test.random),
          credits(store, book, test.clock, test.random),
          disputes(store, dispute_store, providers, test.clock, test.random),
          escrow(store, escrow_store, test.clock, test.commission),
          dispute_operations(dispute_store, disputes),
          webhooks(store, book, driver, refunds, credits, disputes, providers, test.clock, test.random),
          credit_store(test.database()),
          order_refunds(store, credit_store, book, test.clock, test.random),
          handlers(store, book, escrow, order_refunds, test.clock, test.random),
          budget(test.rates),
          worker(store, driver, refunds, webhooks, providers, budget, test.clock),
          bank_store(test.database()),
          bank_operations(store, bank_store, credits, refunds, providers, test.clock, test.random),
          reconciliation_store(test.database()),
          reconciler(store, reconciliation_store, providers, test.clock, test.random, ReconcilerOptions{}),
          reconciliation(reconciliation_store, reconciler, test.clock),
          upkeep_store(test.database()),
          upkeep(store, upkeep_store, driver, providers, budget, test.clock, test.random),
          service(test.runtime(), store, book, driver, webhooks, credits, order_refunds, providers, test.clock, test.random, test.service_options),
          credit(credit_store, order_refunds, test.clock, test.random) {}
    static std::vector<ProviderGateway*> pointers(const std::vector<std::unique_ptr<ProviderGateway>>& all) {
      std::vector<ProviderGateway*> out;
      for (const auto& one : all) out.push_back(one.get());
      return out;
    }
    PostgresPaymentStore store;
    PostgresDisputeStore dispute_store;
    PostgresEscrowStore escrow_store;
    std::vector<std::unique_ptr<ProviderGateway>> gateways;
    Providers providers;
    Book book;
    Driver driver;
    RefundWorker refunds;
    BankCredits credits;
    Disputes disputes;
    Escrow escrow;
    DisputeOperations dispute_operations;
    Webhooks webhooks;
    PostgresCreditStore credit_store;
    OrderRefunds order_refunds;
    EventHandlers handlers;
    ProviderBudget budget;
    Worker worker;
    PostgresBankStore bank_store;
    BankOperations bank_operations;
    PostgresReconciliationStore reconciliation_store;
    Reconciler reconciler;
    ReconciliationOperations reconciliation;
    PostgresUpkeepStore upkeep_store;
    Upkeep upkeep;
    PaymentService service;
    CreditService credit;
  };

  Parts& module() {
    if (!parts) restart();
    return *parts;
  }
  /// As after a crash: nothing is left but the database and the provider.
  void restart() {
    if (parts) run(parts->service.close());
    parts = std::make_unique<Parts>(*this, gateways());
  }
  /// The providers of the shop.
  virtual std::vector<std::unique_ptr<ProviderGateway>> gateways() {
    stripe::StripeOptions options;
    options.enabled = true;
    options.base_url = provider.url();
    options.secret_key = simulators::StripeSimulatorOptions{}.secret_key;
    options.webhook_secret = simulators::StripeSimulatorOptions{}.webhook_secret;
    options.timeout = seconds(1);
    std::vector<std::unique_ptr<ProviderGateway>> out;
    out.push_back(std::make_unique<stripe::StripeGateway>(runtime(), clock, std::move(options)));
    return out;
  }

  CallContext by(std::string_view service, std::string key = "key") {
    CallContext out = context(service);
    out.deadline = clock.now() + seconds(30);
    out.idempotency_key = std::move(key);
    return out;
  }

  v1::CreatePaymentRequest a_payment(std::string token, std::int64_t amount = 253'000) {
    v1::CreatePaymentRequest request;
    request.payment_id = Uuid::v7(clock.now(), random);
    request.order_id = Uuid::v7(clock.now(), random);
    request.attempt_no = 1;
    request.amount = Money(amount, Currency::of("VND"));
    request.method = token == "cod" ? v1::PaymentMethod::cod : v1::PaymentMethod::card;
    if (token != "cod") request.provider_token = token;
    request.assessment_id = Uuid::v7(clock.now(), random);
    request.return_url = "https://shop.test/checkout";
    request.window_ends_at = clock.now() + minutes(15);
    return request;
  }
  Result<v1::CreatePaymentResponse> create(const v1::CreatePaymentRequest& request) { return run(module().service.create_payment(by("checkout"), request)); }
  Result<v1::Payment> capture(Uuid id) {
    v1::CapturePaymentRequest request;
    request.id = id;
    return run(module().service.capture_payment(by("checkout"), request));
  }
  Result<v1::VoidPaymentResponse> give_up(Uuid id) {
    v1::VoidPaymentRequest request;
    request.id = id;
    request.reason = "checkout aborted";
    return run(module().service.void_payment(by("checkout"), request));
  }
  v1::Payment stored(Uuid id) {
    v1::GetPaymentRequest request;
    request.id = id;
    return run(module().service.get_payment(by("checkout"), request)).value();
  }
  /// A captured card payment.
  v1::CreatePaymentRequest a_captured_payment(std::int64_t amount = 253'000) {
    auto request = a_payment("pm_card_visa", amount);
    EXPECT_TRUE(create(request));
    EXPECT_EQ(capture(request.payment_id)->status, v1::PaymentStatus::captured);
    return request;
  }
  /// One round of the worker; `after` is how much later.
  void work(microseconds after = microseconds(0)) {
    clock.move(after);
    // A refused command answers before its rollback has ended, and the worker passes by what is locked.
    const std::string open =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start IS NOT NULL "
        "AND pid <> pg_backend_pid()";
    ASSERT_TRUE(testing::eventually(runtime(), [&] { return value(open) == "0"; }, [&] { return value(open) + " transactions open"; }));
    const auto done = run(module().worker.run_due(by("payment")));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  /// Delivers an event of the provider, signed, and lets it take effect.
  Result<v1::StripeWebhookResponse> deliver(const std::string& body) {
    v1::StripeWebhookRequest request;
    request.body = body;
    request.headers["stripe-signature"] = provider.sign(body, simulators::StripeSimulatorOptions{}.webhook_secret);
    auto answer = run(module().service.stripe_webhook(by("guest"), request));
    EXPECT_TRUE(run(module().worker.run_webhooks(by("payment"))));
    return answer;
  }
  /// Applies an event of another module, as its consumer would.
  template <typename Event>
  Result<> hear(Task<Result<>> (EventHandlers::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    return run(apply(*this, member, std::move(event)));
  }
  template <typename Event>
  static Task<Result<>> apply(PaymentTest& test, Task<Result<>> (EventHandlers::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    messaging::Envelope envelope;
    envelope.event_id = Uuid::v7(test.clock.now(), test.random);
    envelope.topic = std::string(Event::topic);
    EMP_CO_ASSIGN(auto work, co_await test.database().begin(test.by("payment")));
    EMP_CO_TRY(co_await (test.module().handlers.*member)(work, envelope, std::move(event)));
    co_return co_await work.commit();
  }
  order::v1::OrderCancelled a_cancellation(Uuid order_id) {
    order::v1::OrderCancelled event;
    event.order_id = order_id;
    event.reason = "changed my mind";
    return event;
  }
  void expect_clean_audit() {
    for (const AuditCheck& check : audit_checks()) EXPECT_EQ(sql(std::string(check.sql)).size(), 0u) << check.invariant;
    for (const AuditFact& fact : audit_facts()) (void)sql(std::string(fact.sql));
  }
  std::string count(const std::string& of) { return value("SELECT count(*)::text FROM " + of); }

  DriverOptions driver_options;
  Commission commission;
  ServiceOptions service_options;
  std::map<std::string, int, std::less<>> rates;  ///< Calls per second of the worker.
  MovableClock clock;
  SystemRandom random;
  simulators::StripeSimulator provider{runtime(), clock, simulators::StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(1'400)}};
  std::unique_ptr<Parts> parts;
};

}  // namespace emporion::payment
