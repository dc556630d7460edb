#include "kernel/json/codec.hpp"
#include "kernel/testing/saga_trials.hpp"
#include "modules/commerce/checkout/adapters/postgres/session_store.hpp"
#include "modules/commerce/checkout/app/place_order/place_order.hpp"
#include "modules/commerce/checkout/app/placement.hpp"
#include "modules/commerce/checkout/testing/placement_fixture.hpp"

namespace emporion::checkout {
namespace {

using testing::Mishap;
using testing::Trial;

/// The saga "checkout.place_order", every step and every undo under every mishap of kernel/testing/saga_trials.hpp. The module prepares the sessions, the test
/// drives the sagas.
struct PlaceOrderTrials : PlacementTest {
  PlaceOrderTrials() { drives_sagas = false; }

  struct Driven {
    explicit Driven(PlaceOrderTrials& test)
        : neighbours(test.calls()),
          sessions(test.runtime(), test.database(), test.clock, test.random),
          quoting(neighbours, test.checkout_settings, test.clock, test.random),
          place_order(neighbours, sessions, quoting, test.checkout_settings),
          engine(test.runtime(), test.database(), test.clock, test.random, "checkout", testing::under_trial(place_order.definition(), test.trial),
                 {.retry_first = milliseconds(1), .scan_period = milliseconds(20)}),
          placement(neighbours, sessions, engine, test.checkout_settings, test.clock, test.random) {
      sessions.attach(engine);
      engine.start();
    }
    Neighbours neighbours;
    PostgresSessionStore sessions;
    Quoting quoting;
    PlaceOrder place_order;
    saga::Engine engine;
    Placement placement;
  };
  /// As after the death of a process: nothing is left but the database.
  void restart() {
    if (driven) run(driven->engine.stop());
    driven = std::make_unique<Driven>(*this);
  }
  ~PlaceOrderTrials() override {
    if (driven) run(driven->engine.stop());
  }

  /// What a trial that ended leaves of all the trials so far.
  void expect_books_agree() {
    using Order = order::v1::OrderStatus;
    const int stand = orders->count(Order::confirmed);
    EXPECT_EQ(std::to_string(stand), count("saga WHERE state = 'completed'"));
    EXPECT_EQ(orders->count(Order::pending_payment) + orders->count(Order::fraud_review), 0);
    EXPECT_EQ(stock->held("TEA", ShopWarehouse::State::active), 0);
    EXPECT_EQ(stock->held("TEA", ShopWarehouse::State::confirmed), 2 * stand);
    EXPECT_EQ(payments->live(), stand);
    EXPECT_EQ(payments->balance(), stand * (total - by_card));
    EXPECT_EQ(credit->sum_of(ShopCredit::Status::redeemed), stand * by_card);
    EXPECT_EQ(credit->sum_of(ShopCredit::Status::held), 0);
    EXPECT_EQ(promotion->in_use(ShopPromotion::State::committed), stand);
    EXPECT_EQ(promotion->in_use(ShopPromotion::State::reserved), 0);
    EXPECT_EQ(count("cart WHERE status = 'locked'"), "0");
    for (const auto& [id, payment] : payments->payments) EXPECT_LE(payment.captures, 1);
    for (const auto& [id, order] : orders->orders) EXPECT_LE(order.cancellations, 1);
    for (const auto& [id, hold] : stock->holds) EXPECT_LE(hold.releases, 1);
  }

  CheckoutSettings settings_of_test() {
    CheckoutSettings out;
    out.confirm_wait = seconds(0);
    out.amounts = [](Currency currency) {
      return AmountLimits{.order_min = Money::zero(currency),
                          .order_max = Money(100'000'000, currency),
                          .cod_max = Money(5'000'000, currency),
                          .cod_fee = Money::zero(currency)};
    };
    return out;
  }

  CheckoutSettings checkout_settings = settings_of_test();
  std::shared_ptr<Trial> trial = std::make_shared<Trial>();
  std::unique_ptr<Driven> driven;
  std::int64_t total = 0;
  static constexpr std::int64_t by_card = 1'000;  ///< What a gift card pays of each order.
};

TEST_F(PlaceOrderTrials, EveryMishapOfEveryStepAndUndoEndsInAnOrderOrInNothing) {
  credit->cards["GIFT"] = 1'000'000;
  restart();
  const auto definition = driven->place_order.definition();
  const auto all = testing::trials_of(definition);
  ASSERT_GT(all.size(), 80u);
  int tried = 0;
  for (const Trial& next : all) {
    SCOPED_TRACE(next.name());
    *trial = Trial{};
    auto buyer = a_buyer(next.name(), card("pm_ok"), 2, "TEN");
    expect_ok(pay_with_card(buyer, "GIFT", by_card));
    total = buyer.total.amount();
    *trial = next;
    bool has_died = false;
    trial->die = [&](Uuid saga) {
      sql(text("UPDATE saga SET version = version + 1, lease_owner = 'the dead one', lease_until = now() + interval '0.3 seconds' WHERE id = '", saga, "'"));
      has_died = true;
    };
    // An undo is seen only by a saga that is undone: its authorization has lapsed when it is to be captured.
    if (next.is_undo) faults.refuse("payment.capture_payment", Error(ErrorKind::gone, "AUTHORIZATION_EXPIRED", ""));
    (void)run(driven->placement.confirm(keyed(buyer.call, "confirm"), confirmation_of(buyer), {.customer = buyer.call.principal.id}));
    int steps = 0;
    const auto is_over = [&] { return saga_state() == "completed" || saga_state() == "failed"; };
    EXPECT_TRUE(testing::eventually(
        runtime(),
        [&] {
          if (is_over()) return true;
          if (std::exchange(has_died, false)) restart();
          if (++steps > 4) pass(seconds(30));
          return false;
        },
        [&] { return saga_state(); }, seconds(20)));
    faults.clear();
    if (next.mishap == Mishap::crash_before || next.mishap == Mishap::crash_after || (next.times == 1 && next.mishap != Mishap::refused)) {
      EXPECT_EQ(saga_state(), next.is_undo ? "failed" : "completed") << "a single mishap costs nobody the order";
    }
    EXPECT_LT(trial->times, next.times) << "the trial was not reached";
    expect_books_agree();
    ++tried;
    if (HasFailure()) break;
  }
  std::printf("%d trials of %zu steps\n", tried, definition.steps.size());
}

}  // namespace
}  // namespace emporion::checkout
