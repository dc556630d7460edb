#include "modules/commerce/checkout/adapters/jobs/housekeeping.hpp"
#include "modules/commerce/checkout/testing/placement_fixture.hpp"

namespace emporion::checkout {
namespace {

/// Carts as commerce.md §1.2 and §1.7 want them. Guests are known by their cookie.
struct CartRules : PlacementTest {
  CartRules() { drives_sagas = false; }

  Task<Result<v1::CartResponse>> add(CallContext call, std::string key, std::string sku, std::int32_t qty, std::optional<std::string> token = {}) {
    v1::AddCartItemRequest request;
    request.sku = std::move(sku);
    request.qty = qty;
    request.cart_token = std::move(token);
    return api().add_cart_item(keyed(std::move(call), std::move(key)), std::move(request));
  }
  std::string fill_guest_cart(std::vector<std::pair<std::string, int>> lines, const std::string& key = "guest") {
    std::optional<std::string> token;
    for (const auto& [sku, qty] : lines) {
      const auto added = run(add(guest(), key + sku, sku, qty, token));
      expect_ok(added);
      if (!token) token = added->set_cart_token;
    }
    return token.value_or("");
  }
  Result<v1::MergeCartResponse> merge(const CallContext& call, const std::string& token, const std::string& key = "merge") {
    v1::MergeCartRequest request;
    request.cart_token = token;
    return run(api().merge_cart(keyed(call, key), request));
  }
  static std::map<std::string, int> lines_of(const v1::Cart& cart) {
    std::map<std::string, int> out;
    for (const auto& line : cart.lines) out[line.sku] = line.qty;
    return out;
  }
};

TEST_F(CartRules, acceptance_commerce_1_7_1_TwentyAddsOfOneSkuAtOnceAreOneLineOfTwenty) {
  const auto linh = customer("linh");
  ASSERT_TRUE(run(add(linh, "first", "OTHER", 1)).has_value());
  const std::int64_t version = run(api().get_cart(linh, {}))->cart.version;
  std::vector<Task<Result<v1::CartResponse>>> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(add(linh, text("add ", i), "TEA", 1));
  for (const auto& answer : run(when_all(std::move(calls)))) expect_ok(answer);
  const auto cart = run(api().get_cart(linh, {}))->cart;
  EXPECT_EQ(lines_of(cart), (std::map<std::string, int>{{"OTHER", 1}, {"TEA", 20}}));
  EXPECT_EQ(cart.version, version + 20);
  EXPECT_EQ(count("outbox WHERE topic = 'checkout.cart.item_added' AND data::json ->> 'sku' = 'TEA'"), "20");
}

TEST_F(CartRules, acceptance_commerce_1_7_2_OfTwoThatAddTheFiftiethUnitOneIsRefused) {
  const auto linh = customer("linh");
  ASSERT_TRUE(run(add(linh, "most", "TEA", 49)).has_value());
  std::vector<Task<Result<v1::CartResponse>>> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(add(linh, text("add ", i), "TEA", 1));
  int refused = 0;
  for (const auto& answer : run(when_all(std::move(calls)))) {
    if (answer) continue;
    ++refused;
    EXPECT_EQ(answer.error().kind(), ErrorKind::rule_violated);
    EXPECT_EQ(answer.error().reason(), "QTY_LIMIT");
    EXPECT_EQ(answer.error().metadata_json("max"), "50");
  }
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(value("SELECT qty FROM cart_line"), "50");
}

TEST_F(CartRules, acceptance_commerce_1_7_3_AMergeTwiceIsOneMergeAndTheGuestsTokenIsDead) {
  const auto linh = customer("linh");
  const std::string token = fill_guest_cart({{"A", 2}, {"B", 1}});
  ASSERT_TRUE(run(add(linh, "own", "A", 3)).has_value());
  const std::map<std::string, int> merged{{"A", 3}, {"B", 1}};
  const auto first = merge(linh, token);
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  EXPECT_EQ(lines_of(first->cart), merged);
  EXPECT_EQ(first->merged_lines, 2);
  EXPECT_FALSE(first->idempotent_replayed.has_value());
  // With the same key, and with another.
  const auto repeated = merge(linh, token);
  EXPECT_EQ(repeated->cart, first->cart);
  EXPECT_EQ(repeated->merged_lines, 2);
  EXPECT_EQ(repeated->idempotent_replayed, "true");
  EXPECT_EQ(merge(linh, token, "another")->cart, first->cart);
  EXPECT_EQ(merge(linh, "another token").error().reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(count("outbox WHERE topic = 'checkout.cart.merged'"), "1");
  // The token is dead: it shows no cart, and what is added under it goes into a new cart under a new token.
  v1::GetCartRequest look;
  look.cart_token = token;
  EXPECT_FALSE(run(api().get_cart(guest(), look))->cart.id.has_value());
  const auto after = run(add(guest(), "after", "A", 1, token));
  ASSERT_TRUE(after.has_value()) << after.error().to_string();
  ASSERT_TRUE(after->set_cart_token.has_value());
  EXPECT_NE(*after->set_cart_token, token);
  EXPECT_FALSE(run(api().get_cart(guest(), look))->cart.id.has_value());
  EXPECT_EQ(lines_of(run(api().get_cart(linh, {}))->cart), merged);
}

TEST_F(CartRules, AMergeSentTwiceAtOnceIsOneMerge) {
  const auto linh = customer("linh");
  const std::string token = fill_guest_cart({{"A", 2}});
  std::vector<Task<Result<v1::MergeCartResponse>>> calls;
  for (int i = 0; i < 4; ++i) {
    v1::MergeCartRequest request;
    request.cart_token = token;
    calls.push_back(api().merge_cart(keyed(linh, i < 2 ? "one key" : text("key ", i)), request));
  }
  for (const auto& answer : run(when_all(std::move(calls)))) {
    expect_ok(answer);
    EXPECT_EQ(lines_of(answer->cart), (std::map<std::string, int>{{"A", 2}}));
  }
  EXPECT_EQ(count("outbox WHERE topic = 'checkout.cart.merged'"), "1");
}

TEST_F(CartRules, AGuestsCouponsGoAlongAsFarAsThereIsRoom) {
  const auto linh = customer("linh");
  const std::string token = fill_guest_cart({{"A", 2}});
  ASSERT_TRUE(run(add(linh, "own", "B", 1)).has_value());
  sql("UPDATE cart SET coupons = CASE WHEN customer_id IS NULL THEN ARRAY['TEN', 'NEW', 'SECOND'] ELSE ARRAY['TEN', 'X1', 'X2', 'X3'] END");
  EXPECT_EQ(merge(linh, token)->cart.coupons, (std::vector<std::string>{"TEN", "X1", "X2", "X3", "NEW"}));
}

TEST_F(CartRules, acceptance_commerce_1_7_4_SomebodyElsesCartOrSessionIsNotThere) {
  drives_sagas = true;
  auto owner = a_buyer("linh", card("pm_ok"));
  const std::string line = value("SELECT line_id FROM cart_line");
  const std::string before = value("SELECT md5(string_agg(c::text || l::text || s::text, '')) FROM cart c, cart_line l, checkout_session s");
  const std::string token = fill_guest_cart({{"OWN", 1}});
  ASSERT_TRUE(run(add(customer("minh"), "own", "OWN", 1)).has_value());
  for (const bool is_guest : {false, true}) {
    SCOPED_TRACE(is_guest ? "a guest" : "another customer");
    const auto stranger = is_guest ? guest() : customer("minh");
    std::optional<std::string> cookie;
    if (is_guest) cookie = token;
    const auto refused = [&](auto answer, const std::string& reason) {
      ASSERT_FALSE(answer.has_value());
      EXPECT_EQ(answer.error().kind(), ErrorKind::not_found) << answer.error().to_string();
      EXPECT_EQ(answer.error().reason(), reason);
    };
    const Uuid id = owner.session;
    v1::UpdateCartItemRequest update;
    update.line_id = Uuid::parse(line).value();
    update.qty = 9;
    update.cart_token = cookie;
    refused(run(api().update_cart_item(stranger, update)), "LINE_NOT_FOUND");
    v1::SaveForLaterRequest aside;
    aside.line_id = update.line_id;
    aside.cart_token = cookie;
    refused(run(api().save_for_later(stranger, aside)), "LINE_NOT_FOUND");
    const std::string gone = "CHECKOUT_NOT_FOUND";
    refused(run(api().get_checkout(stranger, {.id = id, .cart_token = cookie})), gone);
    refused(run(api().list_shipping_methods(stranger, {.id = id, .cart_token = cookie})), gone);
    refused(run(api().list_payment_methods(stranger, {.id = id, .cart_token = cookie})), gone);
    refused(run(api().preview_checkout(stranger, {.id = id, .cart_token = cookie})), gone);
    refused(run(api().set_contact(stranger, {.id = id, .contact = {.email = "thief@example.com"}, .cart_token = cookie})), gone);
    v1::SetAddressRequest address{.id = id, .address = an_address(), .cart_token = cookie};
    refused(run(api().set_shipping_address(stranger, address)), gone);
    refused(run(api().set_billing_address(stranger, address)), gone);
    v1::SelectShippingMethodRequest method{.id = id, .cart_token = cookie};
    method.selections.push_back({.group_key = the_warehouse.to_string(), .method_id = "standard"});
    refused(run(api().select_shipping_method(stranger, method)), gone);
    refused(run(api().select_payment_method(stranger, {.id = id, .payment = card("pm_ok"), .cart_token = cookie})), gone);
    auto request = confirmation_of(owner);
    request.cart_token = cookie;
    refused(run(api().confirm_checkout(keyed(stranger, "steal"), request)), gone);
    refused(run(api().get_confirmation(stranger, {.id = id, .cart_token = cookie})), gone);
    v1::RetryPaymentRequest retry{.id = id, .payment = card("pm_ok"), .cart_token = cookie};
    refused(run(api().retry_payment(keyed(stranger, "steal"), retry)), gone);
    refused(run(api().abandon_checkout(stranger, {.id = id, .cart_token = cookie})), gone);
    if (!is_guest) refused(run(api().set_points(stranger, {.id = id, .points = 0})), gone);
  }
  EXPECT_EQ(value(text("SELECT md5(string_agg(c::text || l::text || s::text, '')) FROM cart c JOIN cart_line l ON l.cart_id = c.id JOIN checkout_session s ON "
                       "s.cart_id = c.id WHERE s.id = '",
                       owner.session, "'")),
            before);
  EXPECT_EQ(count("saga"), "0");
}

TEST_F(CartRules, acceptance_commerce_1_7_5_OneTotalInCartQuoteOrderAndPayment) {
  drives_sagas = true;
  pricing->prices["TEA"] = 110'000;
  pricing->tax_bp = 1'500;
  shipping->fee = 0;
  auto buyer = a_buyer("linh", card("pm_ok"));
  const auto seen = preview(buyer);
  ASSERT_TRUE(seen.has_value()) << seen.error().to_string();
  const auto& totals = seen->quote.totals;
  EXPECT_EQ(run(api().get_cart(buyer.call, {}))->cart.subtotal.amount(), 220'000);
  EXPECT_EQ(totals.subtotal.amount(), 220'000);
  EXPECT_EQ(totals.tax_total.amount(), 33'000);
  EXPECT_EQ(totals.grand_total.amount(), 253'000);
  ASSERT_EQ(confirm(buyer)->status, v1::PlacementStatus::confirmed);
  const auto& order = orders->orders.begin()->second.request.totals;
  EXPECT_EQ(order.subtotal, totals.subtotal);
  EXPECT_EQ(order.tax, totals.tax_total);
  EXPECT_EQ(order.grand_total, totals.grand_total);
  EXPECT_EQ(payments->only().shown.captured, totals.grand_total);
}

TEST_F(CartRules, acceptance_commerce_1_7_6_WithoutTheTaxThereIsNoQuote) {
  auto buyer = a_buyer("linh", card("pm_ok"));
  const std::string quotes = count("quote");
  faults.lose("pricing.create_quote");
  const auto seen = preview(buyer);
  ASSERT_FALSE(seen.has_value());
  EXPECT_EQ(seen.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(seen.error().reason(), "DEPENDENCY_UNAVAILABLE");
  EXPECT_EQ(count("quote"), quotes);
}

TEST_F(CartRules, acceptance_commerce_1_7_8_ACartThatWasEditedInAnotherTabIsNotConfirmed) {
  drives_sagas = true;
  const auto buyer = a_buyer("linh", card("pm_ok"));
  ASSERT_TRUE(run(add(buyer.call, "another tab", "TEA", 1)).has_value());
  const auto placed = confirm(buyer);
  ASSERT_FALSE(placed.has_value());
  EXPECT_EQ(placed.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(placed.error().reason(), "CART_CHANGED");
  EXPECT_EQ(count("saga"), "0");
  expect_nothing_left();
}

TEST_F(CartRules, acceptance_commerce_1_7_9_CashOnDeliveryIsLimitedByTheGrandTotal) {
  pricing->prices["TEA"] = 2'450'000;
  pricing->tax_bp = 200;  // 4,900,000 of goods, 98,000 of tax and 30,000 of shipping.
  auto buyer = a_buyer("linh", card("pm_ok"));
  EXPECT_EQ(buyer.total.amount(), 5'028'000);
  const v1::SelectPaymentMethodRequest cash{.id = buyer.session, .payment = {.method = v1::PaymentMethod::cod}};
  const auto refused = run(api().select_payment_method(buyer.call, cash));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(refused.error().reason(), "PAYMENT_METHOD_NOT_ELIGIBLE");
  EXPECT_EQ(refused.error().metadata_json("why"), R"("AMOUNT_TOO_HIGH")");
  EXPECT_EQ(value("SELECT payment::json ->> 'method' FROM checkout_session"), "card");
}

TEST_F(CartRules, acceptance_commerce_1_7_12_AnExpiredSessionGivesWayToANewOneWithTheCartIntact) {
  const auto old = a_buyer("linh", card("pm_ok"));
  sql("UPDATE checkout_session SET expires_at = now() - interval '1 second'");
  EXPECT_EQ(run(api().get_checkout(old.call, {.id = old.session})).error().reason(), "CHECKOUT_EXPIRED");
  EXPECT_EQ(confirm(old).error().reason(), "CHECKOUT_EXPIRED");
  const auto again = run(api().start_checkout(keyed(old.call, "again"), {}));
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(again->status_code, 201);
  EXPECT_NE(again->checkout.id, old.session);
  EXPECT_EQ(lines_of(run(api().get_cart(old.call, {}))->cart), (std::map<std::string, int>{{"TEA", 2}}));
}

TEST_F(CartRules, ASessionLivesHalfAnHourIdleAndTwoHoursAtMost) {
  const auto buyer = a_buyer("linh", card("pm_ok"));
  const std::string left = "SELECT round(extract(epoch FROM expires_at - now()) / 60) FROM checkout_session";
  EXPECT_EQ(value(left), "30");
  const v1::SetContactRequest contact{.id = buyer.session, .contact = {.email = "linh@example.com"}};
  sql("UPDATE checkout_session SET created_at = created_at - interval '80 minutes', expires_at = now() + interval '5 minutes'");
  ASSERT_TRUE(run(api().set_contact(buyer.call, contact)).has_value());
  EXPECT_EQ(value(left), "30");
  sql("UPDATE checkout_session SET created_at = created_at - interval '30 minutes', expires_at = now() + interval '5 minutes'");
  ASSERT_TRUE(run(api().set_contact(buyer.call, contact)).has_value());
  EXPECT_EQ(value(left), "10");
}

TEST_F(CartRules, AWaitForAKeyThatIsBeingUsedIsToldAsSuch) {
  const auto linh = customer("linh");
  ASSERT_TRUE(run(add(linh, "k", "TEA", 1)).has_value());
  auto open = postgres::BlockingConnection::open(superuser_dsn());
  ASSERT_TRUE(open.has_value());
  const std::string wait = "SELECT idempotency_first(caller, operation, 'k2', request_sha256) FROM idempotency WHERE key = 'k'";
  const std::string write =
      "INSERT INTO idempotency (caller, operation, key, request_sha256) SELECT caller, operation, 'k2', request_sha256 FROM idempotency WHERE key = 'k'";
  for (const auto& use : {wait, write}) {
    ASSERT_TRUE(open->run("BEGIN").has_value());
    ASSERT_TRUE(open->run(use).has_value());
    const auto waited = run(add(linh, "k2", "TEA", 1));
    ASSERT_FALSE(waited.has_value());
    EXPECT_EQ(waited.error().kind(), ErrorKind::conflict);
    EXPECT_EQ(waited.error().reason(), "REQUEST_IN_PROGRESS");
    ASSERT_TRUE(open->run("ROLLBACK").has_value());
  }
  EXPECT_TRUE(run(add(linh, "k2", "TEA", 1)).has_value());
}

TEST_F(CartRules, ACheckoutWarnsOfWhatChangedSinceTheBuyerSawIt) {
  auto buyer = a_buyer("linh", card("pm_ok"));
  EXPECT_TRUE(run(api().get_checkout(buyer.call, {.id = buyer.session}))->price_warnings.empty());
  sql("UPDATE cart_line SET unit_price = 70000");  // As pricing.price.updated does.
  const auto seen = run(api().get_checkout(buyer.call, {.id = buyer.session}));
  ASSERT_EQ(seen->price_warnings.size(), 1u);
  EXPECT_EQ(seen->price_warnings[0].field, "unit_price");
  EXPECT_EQ(seen->price_warnings[0].old, "65000");
  EXPECT_EQ(seen->price_warnings[0].new_value, "70000");
  EXPECT_EQ(seen->quote->totals.grand_total, buyer.total) << "a quote is not rewritten";
}

TEST_F(CartRules, ACartThatIsLeftIsToldOfOnceAndEndsAfterAMonthUnlessAnOrderIsBeingPlaced) {
  Housekeeping jobs(database());
  const auto buyer = a_buyer("linh", card("pm_ok"));
  const std::string locked = fill_guest_cart({{"TEA", 1}});
  sql("UPDATE cart SET last_activity_at = now() - interval '25 hours'");
  sql("UPDATE cart SET status = 'locked' WHERE customer_id IS NULL");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(jobs.mark_abandoned_carts(context())).has_value());
  EXPECT_EQ(count("outbox WHERE topic = 'checkout.cart.abandoned'"), "1");
  EXPECT_EQ(value("SELECT data::json -> 'contact' ->> 'email' FROM outbox WHERE topic = 'checkout.cart.abandoned'"), "linh@example.com");
  EXPECT_EQ(value("SELECT data::json -> 'total' ->> 'amount' FROM outbox WHERE topic = 'checkout.cart.abandoned'"), "130000");
  sql("UPDATE cart SET last_activity_at = now() - interval '31 days'");
  ASSERT_TRUE(run(jobs.expire_idle_carts(context())).has_value());
  EXPECT_EQ(value("SELECT status FROM cart WHERE customer_id IS NOT NULL"), "expired");
  EXPECT_EQ(value("SELECT status FROM cart WHERE customer_id IS NULL"), "locked");
}

TEST_F(CartRules, EachChangeOfALineIsTold) {
  const auto linh = customer("linh");
  ASSERT_TRUE(run(add(linh, "a", "TEA", 2)).has_value());
  v1::UpdateCartItemRequest update;
  update.line_id = Uuid::parse(value("SELECT line_id FROM cart_line")).value();
  update.qty = 5;
  ASSERT_TRUE(run(api().update_cart_item(linh, update)).has_value());
  v1::RemoveCartItemRequest remove;
  remove.line_id = update.line_id;
  ASSERT_TRUE(run(api().remove_cart_item(linh, remove)).has_value());
  EXPECT_EQ(value("SELECT string_agg(topic || ' ' || (data::json ->> 'qty'), ', ' ORDER BY aggregate_version) FROM outbox"),
            "checkout.cart.item_added 2, checkout.cart.item_updated 5, checkout.cart.item_removed 5");
  EXPECT_EQ(
      count("outbox WHERE data::json ->> 'cart_id' IS NULL OR data::json ->> 'customer_id' IS NULL OR data::json -> 'unit_price' ->> 'amount' <> '65000'"),
      "0");
}

}  // namespace
}  // namespace emporion::checkout
