#include "kernel/postgres/blocking.hpp"
#include "modules/commerce/checkout/testing/placement_fixture.hpp"

// Buyers who come at the same time share a statement, and each is answered as if he had come alone (migrations/0031_together.sql, ADR 0048).
namespace emporion::checkout {
namespace {

struct Together : PlacementTest {
  Together() {
    drives_sagas = false;
    auto opened = postgres::BlockingConnection::open(superuser_dsn());
    EXPECT_TRUE(opened.has_value());
    aside = std::make_unique<postgres::BlockingConnection>(std::move(*opened));
  }

  Task<Result<v1::CartResponse>> add(const CallContext& call, const std::string& key, const std::string& sku = "TEA", std::int32_t qty = 1,
                                     std::optional<std::string> token = {}) {
    v1::AddCartItemRequest request;
    request.sku = sku;
    request.qty = qty;
    request.cart_token = std::move(token);
    return api().add_cart_item(keyed(call, key), std::move(request));
  }
  Task<Result<v1::CheckoutResponse>> set_contact(const BuyerAtCheckout& buyer, const std::string& email, std::optional<std::string> if_match = {}) {
    v1::SetContactRequest request{.id = buyer.session, .contact = {.email = email}};
    request.if_match = std::move(if_match);
    return api().set_contact(buyer.call, std::move(request));
  }
  Task<Result<v1::CartResponse>> add_and_tell(CallContext call, bool& is_added) {
    auto answer = co_await add(call, "free");
    is_added = true;
    co_return answer;
  }
  Task<Result<v1::CartResponse>> let_go_once(const bool& is_added) {
    while (!is_added) co_await runtime().yield();
    let_go();
    co_return v1::CartResponse();
  }
  template <typename T>
  static std::vector<std::string> said(const std::vector<Result<T>>& answers) {
    std::vector<std::string> out;
    for (const auto& answer : answers) out.push_back(answer ? "ok" : answer.error().reason());
    return out;
  }
  /// In how many transactions the rows of `of` were written.
  std::string transactions(const std::string& of) { return value("SELECT count(DISTINCT xmin::text) FROM " + of); }
  void hold(const std::string& rows) {
    EXPECT_TRUE(aside->run("BEGIN").has_value());
    EXPECT_TRUE(aside->run(rows + " FOR UPDATE").has_value());
  }
  void let_go() { EXPECT_TRUE(aside->run("COMMIT").has_value()); }

  static std::string array_of(const std::vector<Uuid>& ids) {
    std::string out;
    for (const auto& id : ids) out += text(out.empty() ? "" : ", ", "'", id, "'");
    return "ARRAY[" + out + "]::uuid[]";
  }
  /// How many of these a call of confirms_accept takes, each under a key of its own.
  std::string accepted(const std::vector<BuyerAtCheckout>& buyers) {
    std::vector<Uuid> sessions, customers, quotes;
    for (const auto& buyer : buyers) {
      sessions.push_back(buyer.session);
      customers.push_back(buyer.call.principal.id);
      quotes.push_back(buyer.quote);
    }
    return value(
        text("SELECT coalesce(cardinality(confirms_accept(", array_of(sessions), ", ", array_of(customers),
             ", array_fill(NULL::bytea, ARRAY[n]), "
             "array_agg(gen_random_uuid()::text), array_fill('\\x00'::bytea, ARRAY[n]), ",
             array_of(quotes),
             ", array_agg(gen_random_uuid()), "
             "array_agg(json_build_object('order', gen_random_uuid())::text), 'book', array_fill(now() + interval '1 hour', ARRAY[n]), 'me', 60)), 0) FROM "
             "(SELECT ",
             buyers.size(), " AS n FROM generate_series(1, ", buyers.size(), ")) i GROUP BY n"));
  }

  std::unique_ptr<postgres::BlockingConnection> aside;
};

using Said = std::vector<std::string>;

// --- Adding to carts ---

TEST_F(Together, WhoAddsAtTheSameTimeSharesAStatement) {
  const auto linh = customer("linh");
  expect_ok(run(add(linh, "before", "OTHER", 3)));
  std::vector<Task<Result<v1::CartResponse>>> calls;
  calls.push_back(add(linh, "now"));
  calls.push_back(add(customer("minh"), "now", "TEA", 2));
  calls.push_back(add(guest(), "now", "TEA", 3));
  const auto answers = run(when_all(std::move(calls)));
  for (const auto& answer : answers) expect_ok(answer);
  EXPECT_EQ(transactions("cart_line WHERE sku = 'TEA'"), "1");
  EXPECT_EQ(transactions("cart"), "1");
  // Each has his own cart, told as it is, and once.
  EXPECT_EQ(answers[0]->cart, run(api().get_cart(linh, {}))->cart);
  EXPECT_EQ(answers[0]->cart.version, 2);
  EXPECT_EQ(answers[0]->cart.unit_count, 4);
  EXPECT_EQ(answers[1]->cart, run(api().get_cart(customer("minh"), {}))->cart);
  EXPECT_EQ(answers[1]->cart.version, 1);
  EXPECT_EQ(answers[2]->cart, run(api().get_cart(guest(), {.cart_token = answers[2]->set_cart_token}))->cart);
  EXPECT_EQ(answers[2]->cart.unit_count, 3);
  EXPECT_EQ(value("SELECT string_agg((data::json ->> 'qty') || ' v' || aggregate_version || CASE WHEN data::json ->> 'customer_id' IS NULL THEN ' guest' ELSE "
                  "'' END, ', ' "
                  "ORDER BY data::json ->> 'qty') FROM outbox WHERE data::json ->> 'sku' = 'TEA'"),
            "1 v2, 2 v1, 3 v1 guest");
}

TEST_F(Together, WhatOneMayNotAddKeepsTheOthersFromNothing) {
  settings().set("checkout.units_max", "5");
  const auto linh = customer("linh"), minh = customer("minh"), binh = customer("binh");
  expect_ok(run(add(linh, "before", "TEA", 4)));
  expect_ok(run(add(minh, "before")));
  expect_ok(run(add(binh, "before", "TEA", 2)));
  const auto merged = run(add(guest(), "before"));
  expect_ok(merged);
  sql("UPDATE cart SET status = 'locked' WHERE customer_id = '" + minh.principal.id.to_string() + "'");
  sql("UPDATE cart SET status = 'merged' WHERE customer_id IS NULL");
  std::vector<Task<Result<v1::CartResponse>>> calls;
  calls.push_back(add(linh, "too many", "TEA", 2));
  calls.push_back(add(minh, "locked"));
  calls.push_back(add(binh, "before", "TEA", 2));
  calls.push_back(add(binh, "before", "TEA", 3));
  calls.push_back(add(guest(), "dead", "TEA", 1, merged->set_cart_token));
  calls.push_back(add(customer("hoa"), "fine"));
  const auto answers = run(when_all(std::move(calls)));
  EXPECT_EQ(said(answers), (Said{"QTY_LIMIT", "CART_LOCKED", "ok", "IDEMPOTENCY_KEY_REUSED", "ok", "ok"}));
  EXPECT_EQ(answers[2]->idempotent_replayed, "true");
  EXPECT_NE(answers[4]->set_cart_token, merged->set_cart_token) << "a new token for one that is dead";
  EXPECT_EQ(value("SELECT string_agg(qty::text, ' ' ORDER BY added_at, qty) FROM cart_line"), "4 1 2 1 1 1");
}

TEST_F(Together, OneOwnersAdditionsAddUpThoughTheyComeAtOnce) {
  const auto linh = customer("linh");
  std::vector<Task<Result<v1::CartResponse>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(add(linh, text("key ", i)));
  for (int i = 0; i < 3; ++i) calls.push_back(add(customer("minh"), "one key"));
  for (const auto& answer : run(when_all(std::move(calls)))) expect_ok(answer);
  EXPECT_EQ(run(api().get_cart(linh, {}))->cart.unit_count, 4);
  EXPECT_EQ(run(api().get_cart(customer("minh"), {}))->cart.unit_count, 1);
}

TEST_F(Together, AVersionThatIsPastRefusesOnlyItsOwnAddition) {
  const auto linh = customer("linh");
  expect_ok(run(add(linh, "before")));
  expect_ok(run(add(linh, "before that")));
  std::vector<Task<Result<v1::CartResponse>>> calls;
  calls.push_back(api().add_cart_item(keyed(linh, "past"), {.sku = "TEA", .qty = 1, .if_match = "\"1\""}));
  calls.push_back(api().add_cart_item(keyed(customer("minh"), "of none"), {.sku = "TEA", .qty = 1, .if_match = "\"7\""}));
  calls.push_back(add(customer("hoa"), "fine"));
  EXPECT_EQ(said(run(when_all(std::move(calls)))), (Said{"VERSION_CONFLICT", "VERSION_CONFLICT", "ok"}));
  EXPECT_EQ(count("cart"), "2");
  calls.clear();
  calls.push_back(api().add_cart_item(keyed(linh, "present"), {.sku = "TEA", .qty = 1, .if_match = "\"2\""}));
  EXPECT_EQ(said(run(when_all(std::move(calls)))), (Said{"ok"}));
}

TEST_F(Together, ACartInAnotherCurrencyIsAddedToInIts) {
  const auto linh = customer("linh");
  expect_ok(run(add(linh, "before")));
  sql("UPDATE cart SET currency = 'USD'");
  std::vector<Task<Result<v1::CartResponse>>> calls;
  calls.push_back(api().add_cart_item(keyed(linh, "other"), {.sku = "TEA", .qty = 1, .currency = "VND"}));
  calls.push_back(add(customer("minh"), "fine"));
  EXPECT_EQ(said(run(when_all(std::move(calls)))), (Said{"CURRENCY_MISMATCH", "ok"}));
}

TEST_F(Together, ACartThatSomebodyHoldsKeepsOnlyItsOwnerWaiting) {
  const auto linh = customer("linh");
  expect_ok(run(add(linh, "before")));
  hold("SELECT FROM cart");
  std::vector<Task<Result<v1::CartResponse>>> calls;
  bool is_added = false;
  calls.push_back(add(linh, "held"));
  calls.push_back(add_and_tell(customer("minh"), is_added));
  calls.push_back(let_go_once(is_added));
  EXPECT_EQ(said(run(when_all(std::move(calls)))), (Said{"ok", "ok", "ok"}));
  EXPECT_EQ(run(api().get_cart(linh, {}))->cart.unit_count, 2);
}

// --- Sessions ---

TEST_F(Together, WhoBeginsCheckoutAtTheSameTimeSharesAStatement) {
  const auto linh = customer("linh"), minh = customer("minh"), binh = customer("binh"), hoa = customer("hoa"), lan = customer("lan");
  for (const auto& one : {linh, minh, binh, hoa, lan}) expect_ok(run(add(one, "before", "TEA", 2)));
  const auto open = run(api().start_checkout(keyed(binh, "before"), {}));
  expect_ok(open);
  sql("UPDATE cart SET status = 'locked' WHERE customer_id = '" + hoa.principal.id.to_string() + "'");
  std::vector<Task<Result<v1::CheckoutResponse>>> calls;
  calls.push_back(api().start_checkout(keyed(linh, "now"), {}));
  calls.push_back(api().start_checkout(keyed(minh, "now"), {}));
  calls.push_back(api().start_checkout(keyed(binh, "now"), {}));
  calls.push_back(api().start_checkout(keyed(hoa, "now"), {}));
  calls.push_back(api().start_checkout(keyed(customer("without a cart"), "now"), {}));
  calls.push_back(api().start_checkout(keyed(lan, "now"), {}));
  sql("UPDATE cart_line l SET saved_for_later = true FROM cart c WHERE c.id = l.cart_id AND c.customer_id = '" + lan.principal.id.to_string() + "'");
  const auto answers = run(when_all(std::move(calls)));
  EXPECT_EQ(said(answers), (Said{"ok", "ok", "ok", "CART_LOCKED", "CART_EMPTY", "CART_EMPTY"}));
  EXPECT_EQ(answers[0]->status_code, 201);
  EXPECT_EQ(answers[0]->checkout, run(api().get_checkout(linh, {.id = answers[0]->checkout.id}))->checkout);
  EXPECT_EQ(answers[2]->status_code, 200);
  EXPECT_EQ(answers[2]->checkout.id, open->checkout.id);
  EXPECT_EQ(transactions("checkout_session WHERE id <> '" + open->checkout.id.to_string() + "'"), "1");
  EXPECT_EQ(
      value("SELECT string_agg(DISTINCT data::json -> 'total' ->> 'amount', ' ') || ' ' || count(*) FROM outbox WHERE topic = 'checkout.session.started'"),
      "130000 3");
  const auto again = run(api().start_checkout(keyed(linh, "now"), {}));
  EXPECT_EQ(again->idempotent_replayed, "true");
  EXPECT_EQ(again->status_code, 201);
  EXPECT_EQ(again->checkout, answers[0]->checkout);
}

TEST_F(Together, WhoChangesASessionAtTheSameTimeSharesAStatement) {
  auto linh = a_buyer("linh", card("pm_ok")), minh = a_buyer("minh", card("pm_ok")), late = a_buyer("late", card("pm_ok")),
       done = a_buyer("done", card("pm_ok"));
  sql("UPDATE checkout_session SET expires_at = now() - interval '1 second' WHERE id = '" + late.session.to_string() + "'");
  sql("UPDATE checkout_session SET status = 'completed' WHERE id = '" + done.session.to_string() + "'");
  BuyerAtCheckout thief = linh;
  thief.call = customer("thief");
  std::vector<Task<Result<v1::CheckoutResponse>>> calls;
  calls.push_back(set_contact(linh, "one@example.com"));
  calls.push_back(set_contact(minh, "two@example.com"));
  calls.push_back(set_contact(late, "three@example.com"));
  calls.push_back(set_contact(done, "four@example.com"));
  const auto answers = run(when_all(std::move(calls)));
  EXPECT_EQ(said(answers), (Said{"ok", "ok", "CHECKOUT_EXPIRED", "CHECKOUT_COMPLETED"}));
  EXPECT_EQ(answers[0]->checkout, run(api().get_checkout(linh.call, {.id = linh.session}))->checkout);
  EXPECT_EQ(answers[0]->checkout.contact->email, "one@example.com");
  EXPECT_TRUE(answers[0]->checkout.payment.has_value());
  EXPECT_EQ(transactions("checkout_session WHERE contact LIKE '%\"one@%' OR contact LIKE '%\"two@%'"), "1");
  calls.clear();
  calls.push_back(set_contact(thief, "thief@example.com"));
  calls.push_back(set_contact(minh, "past@example.com", "\"1\""));
  calls.push_back(set_contact(linh, "three@example.com", answers[0]->etag));
  EXPECT_EQ(said(run(when_all(std::move(calls)))), (Said{"CHECKOUT_NOT_FOUND", "VERSION_CONFLICT", "ok"}));
  EXPECT_EQ(count("checkout_session WHERE contact LIKE '%thief@%' OR contact LIKE '%past@%'"), "0");
}

TEST_F(Together, WhoLooksAtTheSameTimeSeesHisOwnSession) {
  const auto linh = a_buyer("linh", card("pm_ok"), 1), minh = a_buyer("minh", card("pm_ok"), 2), late = a_buyer("late", card("pm_ok"));
  sql(text("UPDATE checkout_session SET expires_at = now() - interval '1 second' WHERE id = '", late.session, "'"));
  std::vector<Task<Result<v1::CheckoutResponse>>> calls;
  for (const auto* buyer : {&linh, &late, &minh, &minh}) calls.push_back(api().get_checkout(buyer->call, {.id = buyer->session}));
  calls.push_back(api().get_checkout(linh.call, {.id = minh.session}));
  calls.push_back(api().get_checkout(linh.call, {.id = Uuid::from_name("no session")}));
  const auto answers = run(when_all(std::move(calls)));
  EXPECT_EQ(said(answers), (Said{"ok", "CHECKOUT_EXPIRED", "ok", "ok", "CHECKOUT_NOT_FOUND", "CHECKOUT_NOT_FOUND"}));
  EXPECT_EQ(answers[0]->checkout.id, linh.session);
  EXPECT_EQ(answers[0]->quote->totals.grand_total, linh.total);
  for (const std::size_t i : {2, 3}) {
    EXPECT_EQ(answers[i]->checkout.id, minh.session);
    EXPECT_EQ(answers[i]->quote->totals.grand_total, minh.total);
  }
}

TEST_F(Together, ASessionChangedTwiceAtOnceHasBothChanges) {
  auto linh = a_buyer("linh", card("pm_ok"));
  const auto before = run(api().get_checkout(linh.call, {.id = linh.session}))->checkout.version;
  std::vector<Task<Result<v1::CheckoutResponse>>> calls;
  calls.push_back(set_contact(linh, "one@example.com"));
  v1::SetAddressRequest billing{.id = linh.session, .address = an_address()};
  billing.address.line1 = "2 Tràng Tiền";
  calls.push_back(api().set_billing_address(linh.call, billing));
  for (const auto& answer : run(when_all(std::move(calls)))) expect_ok(answer);
  const auto after = run(api().get_checkout(linh.call, {.id = linh.session}))->checkout;
  EXPECT_EQ(after.version, before + 2);
  EXPECT_EQ(after.contact->email, "one@example.com");
  EXPECT_EQ(after.billing_address->line1, "2 Tràng Tiền");
}

TEST_F(Together, WhoPreviewsAtTheSameTimeHasHisOwnQuote) {
  auto linh = a_buyer("linh", card("pm_ok")), minh = a_buyer("minh", card("pm_ok"), 3);
  std::vector<Task<Result<v1::PreviewResponse>>> calls;
  calls.push_back(api().preview_checkout(linh.call, {.id = linh.session}));
  calls.push_back(api().preview_checkout(minh.call, {.id = minh.session}));
  const auto answers = run(when_all(std::move(calls)));
  ASSERT_EQ(said(answers), (Said{"ok", "ok"}));
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& buyer = i == 0 ? linh : minh;
    const auto seen = run(api().get_checkout(buyer.call, {.id = buyer.session}));
    EXPECT_EQ(seen->quote, answers[i]->quote);
    EXPECT_EQ(seen->checkout.quote_id, answers[i]->quote.id);
    EXPECT_EQ(seen->etag, answers[i]->etag);
  }
}

TEST_F(Together, QuotesOfManySessionsAreKeptByOneStatement) {
  const auto linh = a_buyer("linh", card("pm_ok")), minh = a_buyer("minh", card("pm_ok")), other = a_buyer("other", card("pm_ok"));
  const auto done = a_buyer("done", card("pm_ok"));
  sql(text("UPDATE checkout_session SET status = 'completed' WHERE id = '", done.session, "'"));
  EXPECT_EQ(value("SELECT count(*) FROM sessions_keep_quote(" + array_of({linh.session, minh.session, other.session, done.session}) +
                  ", ARRAY[gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid()], ARRAY[1, 1, 2, 1], ARRAY['{}', '{}', '{}', '{}'], "
                  "ARRAY['[]', '[]', '[]', '[]'], ARRAY['VND', 'VND', 'VND', 'VND'], ARRAY[5, 5, 5, 5], array_fill(now() + interval '1 minute', ARRAY[4]))"),
            "2");
  EXPECT_EQ(value("SELECT count(*) FROM quote q JOIN checkout_session s ON s.quote_id = q.id AND s.id = q.session_id WHERE q.grand_total = 5"), "2");
}

TEST_F(Together, AQuoteOfWhatChangedMeanwhileIsKeptForNobodyButTheOthers) {
  auto linh = a_buyer("linh", card("pm_ok")), minh = a_buyer("minh", card("pm_ok"));
  const auto both_preview = [&] {
    std::vector<Task<Result<v1::PreviewResponse>>> calls;
    calls.push_back(api().preview_checkout(linh.call, {.id = linh.session}));
    calls.push_back(api().preview_checkout(minh.call, {.id = minh.session}));
    return said(run(when_all(std::move(calls))));
  };
  const std::string hers = "WHERE customer_id = '" + linh.call.principal.id.to_string() + "'";
  faults.before("pricing.create_quote", [&] { EXPECT_TRUE(aside->run("UPDATE cart SET version = version + 1 " + hers).has_value()); });
  EXPECT_EQ(both_preview(), (Said{"CART_CHANGED", "ok"}));
  faults.before("pricing.create_quote",
                [&] { EXPECT_TRUE(aside->run("UPDATE checkout_session SET status = 'confirming', saga_id = gen_random_uuid() " + hers).has_value()); });
  EXPECT_EQ(both_preview(), (Said{"CHECKOUT_IN_PROGRESS", "ok"}));
}

// --- Confirming ---

TEST_F(Together, ManyConfirmsAreAcceptedByOneStatementAndEachHasItsSaga) {
  const auto linh = a_buyer("linh", card("pm_ok")), minh = a_buyer("minh", card("pm_ok"));
  EXPECT_EQ(accepted({linh, minh}), "2");
  EXPECT_EQ(
      value(
          "SELECT count(*) FROM saga s JOIN checkout_session c ON c.saga_id = s.id AND s.subject = c.id::text JOIN cart b ON b.id = c.cart_id AND b.saga_id = "
          "s.id "
          "JOIN confirm_key k ON k.saga_id = s.id AND k.session_id = c.id JOIN saga_step p ON p.saga_id = s.id AND p.seq = 1 AND p.request_sha256 = "
          "sha256(convert_to(s.context, 'UTF8')) WHERE c.status = 'confirming' AND b.status = 'locked' AND s.context::json ->> 'order' = k.order_id::text AND "
          "s.definition = 'checkout.place_order' AND s.lease_owner = 'me' AND s.lease_until > now() AND s.log_seq = 1 AND p.state = 'started'"),
      "2");
  EXPECT_EQ(accepted({linh, minh}), "0") << "these are under way";
}

TEST_F(Together, WhatMayNotBeConfirmedIsLeftOutOfTheStatement) {
  const auto linh = a_buyer("linh", card("pm_ok"));
  auto other = a_buyer("other", card("pm_ok"));
  const std::string session = text("'", other.session, "'");
  const auto only_the_first_is = [&](const std::string& why) {
    EXPECT_EQ(accepted({linh, other}), "1") << why;
    EXPECT_EQ(value("SELECT subject FROM saga"), linh.session.to_string()) << why;
    sql("DELETE FROM saga_step");
    sql("DELETE FROM saga");
    sql("DELETE FROM confirm_key");
    sql("UPDATE cart SET status = 'active', saga_id = NULL");
    sql(text("UPDATE checkout_session SET status = 'open', saga_id = NULL WHERE id = '", linh.session, "'"));
  };
  const auto while_it_is = [&](const std::string& change, const std::string& back) {
    sql(change);
    only_the_first_is(change);
    sql(back);
  };
  const auto of_session = [&](const std::string& set) { return "UPDATE checkout_session SET " + set + " WHERE id = " + session; };
  while_it_is(of_session("status = 'abandoned'"), of_session("status = 'open'"));
  while_it_is(of_session("expires_at = now() - interval '1 second'"), of_session("expires_at = now() + interval '10 minutes'"));
  while_it_is(of_session("cart_version = 7"), of_session("cart_version = 1"));
  while_it_is(of_session("quote_id = NULL"), of_session(text("quote_id = '", other.quote, "'")));
  const auto of_quote = [&](const std::string& set) { return "UPDATE quote SET " + set + " WHERE session_id = " + session; };
  while_it_is(of_quote("cart_version = 7"), of_quote("cart_version = 1"));
  while_it_is(of_quote("expires_at = now() - interval '1 second'"), of_quote("expires_at = now() + interval '10 minutes'"));
  const auto of_cart = [&](const std::string& set) { return text("UPDATE cart SET ", set, " WHERE customer_id = '", other.call.principal.id, "'"); };
  while_it_is(of_cart("version = 7"), of_cart("version = 1"));
  while_it_is(of_cart("status = 'locked'"), of_cart("status = 'active'"));
  const auto own = std::exchange(other.call, customer("a thief"));
  only_the_first_is("a stranger");
  other.call = own;
  other.quote = linh.quote;
  only_the_first_is("somebody else's quote");
}

TEST_F(Together, OneSessionConfirmedTwiceAtOnceHasOneSaga) {
  drives_sagas = true;
  const auto linh = a_buyer("linh", card("pm_ok"));
  const auto minh = a_buyer("minh", card("pm_ok"));
  std::vector<Task<Result<v1::PlacementResponse>>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(api().confirm_checkout(keyed(linh.call, "one key"), confirmation_of(linh)));
  for (int i = 0; i < 2; ++i) calls.push_back(api().confirm_checkout(keyed(minh.call, text("key ", i)), confirmation_of(minh)));
  const auto answers = run(when_all(std::move(calls)));
  for (int i = 0; i < 3; ++i) {
    expect_ok(answers[static_cast<std::size_t>(i)]);
    EXPECT_EQ(answers[static_cast<std::size_t>(i)]->order_number, answers[0]->order_number);
  }
  EXPECT_EQ(count("saga"), "2");
  EXPECT_EQ(orders->count(order::v1::OrderStatus::confirmed), 2);
}

}  // namespace
}  // namespace emporion::checkout
