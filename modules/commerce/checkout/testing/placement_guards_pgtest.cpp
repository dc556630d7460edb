#include "kernel/base/text.hpp"
#include "kernel/testing/rival.hpp"
#include "modules/commerce/checkout/testing/checkout_fixture.hpp"

// What a placement shows of its saga: only that saga's moves, each once, and never back.
namespace emporion::checkout {
namespace {

constexpr postgres::Statement wait_for_payment{"test.placement_moved",
                                               "SELECT placement_moved($1, $2, 'awaiting_payment', NULL, NULL, NULL, NULL, NULL, NULL, gen_random_uuid())",
                                               postgres::Effect::writes};
constexpr postgres::Statement wait_for_transfer{"test.pending_transfer", "SELECT pending_transfer_add(gen_random_uuid(), NULL, $1, '', 1)",
                                                postgres::Effect::writes};

struct PlacementGuards : CheckoutFixture {
  PlacementGuards() {
    EXPECT_TRUE(run(add("first", "TEA", 2)).has_value());
    const auto started = run(api().start_checkout(customer("start"), {}));
    EXPECT_TRUE(started.has_value());
    session = started->checkout.id;
    sql(text("INSERT INTO quote (id, session_id, cart_version, body, plan, currency, grand_total, expires_at) SELECT '", quote,
             "', id, cart_version, '{}', '[]', 'VND', 1, now() + interval '10 minutes' FROM checkout_session"));
    sql(text("UPDATE checkout_session SET quote_id = '", quote, "'"));
    EXPECT_EQ(value(text("SELECT outcome FROM confirm_accept('", session, "', '", Uuid::from_name("linh"), "', NULL, 'k', '\\x00'::bytea, '", quote, "', '",
                         saga, "', json_build_object('order', gen_random_uuid())::text, 'book', now() + interval '1 hour', 'me', 60)")),
              "started");
  }
  void moved(const Uuid& by, const std::string& state) {
    sql(text("SELECT placement_moved('", by, "', '", session, "', '", state, "', gen_random_uuid(), 1, 'VND', 2, 'pay', 'DECLINED', gen_random_uuid())"));
  }
  std::string shown() { return value("SELECT s.status || ', ' || c.status FROM checkout_session s JOIN cart c ON c.id = s.cart_id"); }
  std::string told(const std::string& topic) { return value("SELECT count(*) FROM outbox WHERE topic = 'checkout." + topic + "'"); }

  const Uuid quote = Uuid::from_name("quote");
  const Uuid saga = Uuid::from_name("saga");
  Uuid session;
};

TEST_F(PlacementGuards, AnotherSagaMovesNothing) {
  ASSERT_EQ(shown(), "confirming, locked");
  for (const char* state : {"failed", "completed", "awaiting_payment"}) moved(Uuid::from_name("another"), state);
  EXPECT_EQ(shown(), "confirming, locked");
  EXPECT_EQ(told("session.failed"), "0");
}

TEST_F(PlacementGuards, WhatIsCompletedStaysSo) {
  moved(saga, "completed");
  moved(saga, "completed");
  moved(saga, "failed");
  moved(saga, "awaiting_payment");
  EXPECT_EQ(shown(), "completed, converted");
  EXPECT_EQ(told("session.completed") + told("cart.converted") + told("session.failed"), "110");
}

TEST_F(PlacementGuards, AFailureOpensTheSessionOnceAndNothingLateClosesIt) {
  moved(saga, "failed");
  EXPECT_EQ(shown(), "open, active");
  moved(saga, "failed");
  moved(saga, "awaiting_payment");
  EXPECT_EQ(shown(), "open, active");
  EXPECT_EQ(told("session.failed"), "1");
}

TEST_F(PlacementGuards, AMoveThatMeetsANewConfirmationIsOfTheOldOne) {
  testing::Rival other(superuser_dsn());
  other.run("UPDATE checkout_session SET saga_id = gen_random_uuid()");
  const auto done = other.beside(runtime(), database().query(wait_for_payment, saga, session));
  ASSERT_TRUE(done.has_value()) << done.error().to_string();
  EXPECT_EQ(shown(), "confirming, locked");
}

TEST_F(PlacementGuards, TheLastTransferThatAnotherOneTakesJustNowIsTaken) {
  testing::Rival other(superuser_dsn());
  other.run("SELECT pending_transfer_add(gen_random_uuid(), NULL, 'linh@example.test', '', 1)");
  const auto refused = other.beside(runtime(), database().query(wait_for_transfer, std::string("Linh@example.test")));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "TOO_MANY_PENDING_ORDERS");
}

}  // namespace
}  // namespace emporion::checkout
