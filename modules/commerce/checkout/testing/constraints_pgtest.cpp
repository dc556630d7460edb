#include "kernel/base/text.hpp"
#include "kernel/testing/rival.hpp"
#include "modules/commerce/checkout/testing/checkout_fixture.hpp"

// What tables and functions refuse by themselves, whatever the code above them does.
namespace emporion::checkout {
namespace {

struct CheckoutConstraints : CheckoutFixture {
  CheckoutConstraints() { EXPECT_TRUE(run(add("first", "TEA", 2)).has_value()); }
  /// A session with a quote that could be confirmed.
  void a_session() {
    const auto started = run(api().start_checkout(customer("start"), {}));
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    session = started->checkout.id;
    sql(text("INSERT INTO quote (id, session_id, cart_version, body, plan, currency, grand_total, expires_at) SELECT '", quote,
             "', id, cart_version, '{}', '[]', 'VND', 1, now() + interval '10 minutes' FROM checkout_session"));
    sql(text("UPDATE checkout_session SET quote_id = '", quote, "'"));
  }
  std::string accept(std::string_view key, const Uuid& by) {
    return text("SELECT outcome FROM confirm_accept('", session, "', '", by, "', NULL, '", key, "', '\\x00'::bytea, '", quote,
                "', gen_random_uuid(), json_build_object('order', gen_random_uuid())::text, 'book', now() + interval '1 hour', 'me', 60)");
  }
  const Uuid me = Uuid::from_name("linh");
  const Uuid quote = Uuid::from_name("quote");
  Uuid session;
};

TEST_F(CheckoutConstraints, AnOwnerHasOneLiveCartAndASkuOneLine) {
  expect_refused("INSERT INTO cart (id, customer_id, currency) SELECT gen_random_uuid(), customer_id, currency FROM cart", "cart_live_customer");
  expect_refused("INSERT INTO cart (id, guest_token_sha256, currency) VALUES (gen_random_uuid(), '\\xaa', 'VND'), (gen_random_uuid(), '\\xaa', 'VND')",
                 "cart_live_guest");
  expect_refused(
      "INSERT INTO cart_line SELECT (r.x).* FROM (SELECT jsonb_populate_record(l, jsonb_build_object('line_id', gen_random_uuid())) AS x FROM cart_line l) r",
      "cart_line_cart_id_sku_key");
}

TEST_F(CheckoutConstraints, ACartThatIsBeingBoughtTakesNothing) {
  sql("UPDATE cart SET status = 'locked'");
  EXPECT_EQ(run(add("late", "TEA", 1)).error().reason(), "CART_LOCKED");
  EXPECT_EQ(value("SELECT qty FROM cart_line"), "2");
}

TEST_F(CheckoutConstraints, AnAddThatMeetsAConfirmWaitsAndIsRefused) {
  testing::Rival other(superuser_dsn());
  other.run("UPDATE cart SET status = 'locked', saga_id = gen_random_uuid()");
  const auto added = other.beside(runtime(), add("late", "TEA", 1));
  EXPECT_TRUE(other.was_waited_for());
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().reason(), "CART_LOCKED");
  EXPECT_EQ(value("SELECT qty FROM cart_line"), "2");
}

TEST_F(CheckoutConstraints, OfTwoAddsAtOnceThatPassTheLimitOneIsRefused) {
  ASSERT_TRUE(run(add("more", "TEA", 47)).has_value());
  std::vector<Task<Result<v1::CartResponse>>> both;
  both.push_back(add("a", "TEA", 1));
  both.push_back(add("b", "TEA", 1));
  int added = 0;
  for (const auto& done : run(when_all(std::move(both)))) {
    added += done.has_value();
    if (!done) EXPECT_EQ(done.error().reason(), "QTY_LIMIT");
  }
  EXPECT_EQ(added, 1);
  EXPECT_EQ(value("SELECT qty FROM cart_line"), "50");
}

TEST_F(CheckoutConstraints, AVersionThatIsNotTheCartsIsRefused) { expect_refused("SELECT cart_touch(c, c.version + 1) FROM cart c", "VERSION_CONFLICT"); }

TEST_F(CheckoutConstraints, ACartHasOneLiveSession) {
  a_session();
  expect_refused(
      "INSERT INTO checkout_session SELECT (r.x).* FROM (SELECT jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid())) AS x FROM "
      "checkout_session s) r",
      "checkout_session_live");
}

TEST_F(CheckoutConstraints, AConfirmOfAChangedCartAnOldQuoteOrAStrangerIsRefused) {
  a_session();
  expect_refused(accept("k", Uuid::from_name("stranger")), "CHECKOUT_NOT_FOUND");
  expect_refused(text("SELECT session_lock('", session, "', '", Uuid::from_name("stranger"), "', NULL)"), "CHECKOUT_NOT_FOUND");
  sql("UPDATE cart SET version = version + 1");
  expect_refused(accept("k", me), "CART_CHANGED");
  sql("UPDATE cart SET version = version - 1");
  sql("UPDATE quote SET expires_at = now() - interval '1 second'");
  expect_refused(accept("k", me), "QUOTE_EXPIRED");
  EXPECT_EQ(count("saga"), "0");
  sql("UPDATE quote SET expires_at = now() + interval '1 minute'");
  EXPECT_EQ(value(accept("k", me)), "started");
  EXPECT_EQ(value(accept("k", me)), "replayed");
  expect_refused(accept("another", me), "CHECKOUT_IN_PROGRESS");
}

}  // namespace
}  // namespace emporion::checkout
