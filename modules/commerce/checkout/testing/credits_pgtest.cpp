#include "kernel/base/text.hpp"
#include "modules/commerce/checkout/testing/checkout_fixture.hpp"

namespace emporion::checkout {
namespace {

Money dong(std::int64_t amount) { return Money(amount, Currency::of("VND")); }

struct CreditsTest : CheckoutFixture {
  CreditsTest() {
    credit().cards = {{"AAAA-BBBB-CCCC-1111", 100}, {"AAAA-BBBB-CCCC-2222", 50}};
    EXPECT_TRUE(run(add("filled", "TEA", 2)).has_value());
    session = run(api().start_checkout(customer("start"), {}))->checkout.id;
  }
  Result<v1::CheckoutResponse> set(v1::SetCreditsRequest request) {
    request.id = session;
    request.client_address = "10.0.0.1";
    return run(api().set_credits(customer(), std::move(request)));
  }
  v1::CheckoutSession stored() { return run(api().get_checkout(customer(), {.id = session}))->checkout; }
  Uuid session;
};

TEST_F(CreditsTest, CodesBecomeAccountsAndAreForgotten) {
  const auto answer = set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-2222", .max_amount = dong(20)}, {.code = "AAAA-BBBB-CCCC-1111"}}, .use_store_credit = true});
  ASSERT_TRUE(answer) << answer.error().to_string();
  const auto& credits = answer->checkout.credits;
  ASSERT_EQ(credits.size(), 3u);
  EXPECT_EQ(credits[0].account_id, FakeCredit::account_of("AAAA-BBBB-CCCC-2222"));
  EXPECT_EQ(credits[0].max_amount, dong(20));
  EXPECT_EQ(credits[0].last4, "2222");
  EXPECT_EQ(credits[1].last4, "1111");
  EXPECT_FALSE(credits[1].max_amount.has_value());
  EXPECT_EQ(credits[2].kind, "store_credit");
  EXPECT_EQ(stored(), answer->checkout);
  EXPECT_EQ(credit().asked_by, text("customer:", Uuid::from_name("linh"), " 10.0.0.1")) << "whoever tries codes here is known to Payment";
  for (const auto& table : sql("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")) {
    EXPECT_EQ(value(text("SELECT count(*) FROM ", *table.front(), " t WHERE t::text LIKE '%BBBB%'")), "0") << *table.front();
  }
}

TEST_F(CreditsTest, WhatIsSetReplacesWhatWasSet) {
  ASSERT_TRUE(set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-1111"}}}));
  const auto version = stored().version;
  ASSERT_TRUE(set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-2222"}}}));
  ASSERT_EQ(stored().credits.size(), 1u);
  EXPECT_EQ(stored().credits[0].last4, "2222");
  EXPECT_EQ(stored().version, version + 1);
  EXPECT_EQ(set({.if_match = text('"', version, '"')}).error().reason(), "VERSION_CONFLICT");
  ASSERT_TRUE(set({}));
  EXPECT_TRUE(stored().credits.empty());
}

TEST_F(CreditsTest, ARefusalNamesTheCodeAndChangesNothing) {
  ASSERT_TRUE(set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-1111"}}}));
  const auto before = stored();
  const auto wrong = set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-2222"}, {.code = "AAAA-BBBB-CCCC-9999"}}});
  EXPECT_EQ(wrong.error().reason(), "GIFT_CARD_INVALID");
  EXPECT_EQ(wrong.error().metadata_json("index"), "1");
  EXPECT_EQ(set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-2222", .max_amount = dong(0)}}}).error().reason(), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-2222", .max_amount = Money(1, Currency::of("USD"))}}}).error().reason(), "CURRENCY_MISMATCH");
  credit().refusal = Error(ErrorKind::resource_exhausted, "RATE_LIMITED", "wait");
  EXPECT_EQ(set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-2222"}}}).error().reason(), "RATE_LIMITED");
  credit().refusal = Error(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", "down");
  EXPECT_EQ(set({.gift_cards = {{.code = "AAAA-BBBB-CCCC-2222"}}}).error().reason(), "DEPENDENCY_UNAVAILABLE");
  EXPECT_EQ(stored(), before);
  sql("UPDATE checkout_session SET status = 'confirming'");
  EXPECT_EQ(set({}).error().reason(), "CHECKOUT_IN_PROGRESS");
}

TEST_F(CreditsTest, AStrangersSessionIsNotThereAndAGuestHasNoStoreCredit) {
  CallContext stranger = customer();
  stranger.principal.id = Uuid::from_name("mai");
  EXPECT_EQ(run(api().set_credits(stranger, {.id = session})).error().reason(), "CHECKOUT_NOT_FOUND");
  EXPECT_TRUE(stored().credits.empty());
  CallContext guest = customer("guest-add");
  guest.principal = Principal::guest();
  v1::AddCartItemsRequest items;
  items.items.push_back({.sku = "TEA", .qty = 1});
  const auto cart = run(api().add_cart_items(guest, std::move(items)));
  ASSERT_TRUE(cart) << cart.error().to_string();
  guest.idempotency_key = "guest-start";
  const auto started = run(api().start_checkout(guest, {.cart_token = cart->set_cart_token}));
  ASSERT_TRUE(started) << started.error().to_string();
  v1::SetCreditsRequest request{.id = started->checkout.id, .use_store_credit = true, .client_address = "10.0.0.1", .cart_token = cart->set_cart_token};
  EXPECT_EQ(run(api().set_credits(guest, request)).error().reason(), "CREDIT_LOGIN_REQUIRED");
  request.use_store_credit.reset();
  request.gift_cards = {{.code = "AAAA-BBBB-CCCC-1111"}};
  EXPECT_TRUE(run(api().set_credits(guest, request)));
  EXPECT_EQ(credit().asked_by, "guest 10.0.0.1");
}

}  // namespace
}  // namespace emporion::checkout
