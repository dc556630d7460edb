#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

struct Claims : OrderTest {
  v1::CreateOrderRequest an_order_of(std::string email) {
    auto request = an_order();
    request.contact.email = std::move(email);
    EXPECT_TRUE(create(request));
    return request;
  }
  Result<std::vector<Uuid>> claim(Uuid customer, std::optional<std::string> token = std::nullopt, std::string key = "claim") {
    v1::ClaimGuestOrdersRequest ask;
    ask.token = std::move(token);
    const auto answer = run(service.claim_guest_orders(as(Realm::customer, customer, std::move(key)), ask));
    if (!answer) return fail(answer.error());
    return answer->order_ids;
  }
  std::string token_of(Uuid id) {
    v1::IssueClaimTokenRequest ask;
    ask.id = id;
    const auto answer = run(records.issue_claim_token(by("notification"), ask));
    EXPECT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->email, "buyer@example.test") << "whoever sends it is told where to";
    return answer->token;
  }
  std::string owner_of(Uuid id) { return value(text("SELECT customer_id::text FROM order_header WHERE id = '", id, "'")); }

  const Uuid ann = Uuid::from_name("ann");
  const Uuid ben = Uuid::from_name("ben");
};

TEST_F(Claims, LinkEveryGuestOrderOfAVerifiedEmailOnceAndNobodyElses) {
  const auto first = an_order_of("Buyer@Example.test");
  const auto second = an_order_of("buyer@example.test");
  const auto other = an_order_of("somebody@else.test");
  auto owned = an_order();
  owned.customer_id = ben;
  ASSERT_TRUE(create(owned));
  neighbours.email = std::nullopt;
  EXPECT_EQ(claim(ann).error().reason(), "EMAIL_NOT_VERIFIED");
  EXPECT_EQ(owner_of(first.order_id), "null");
  neighbours.email = " BUYER@example.test";
  // Twice at once with one key, then again with another.
  std::vector<Task<Result<v1::ClaimGuestOrdersResponse>>> tasks;
  for (int i = 0; i < 2; ++i) tasks.push_back(service.claim_guest_orders(as(Realm::customer, ann, "once"), {}));
  for (const auto& answer : run(when_all(std::move(tasks))))
    EXPECT_TRUE(answer || answer.error().reason() == "REQUEST_IN_PROGRESS") << answer.error().to_string();
  EXPECT_EQ(claim(ann, std::nullopt, "once").value(), (std::vector{first.order_id, second.order_id}));
  EXPECT_EQ(claim(ann, std::nullopt, "twice").value().size(), 0u);
  EXPECT_EQ(owner_of(first.order_id), ann.to_string());
  EXPECT_EQ(owner_of(second.order_id), ann.to_string());
  EXPECT_EQ(owner_of(other.order_id), "null");
  EXPECT_EQ(owner_of(owned.order_id), ben.to_string());
  EXPECT_EQ(value("SELECT count(*) FROM order_edit_history WHERE kind = 'claim'"), "2");
  // From now on the order is the customer's, and its events say so.
  v1::GetOrderRequest get;
  get.id = first.order_id;
  EXPECT_TRUE(run(service.get_order(as(Realm::customer, ann), get)));
  ASSERT_TRUE(confirm(first));
  const auto event = parse_json<v1::OrderConfirmed>(value("SELECT data FROM outbox WHERE topic = 'order.order.confirmed'"));
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_EQ(event->customer_id, ann);
}

TEST_F(Claims, ByTokenLinkTheOrderItWasIssuedForWithoutAVerifiedEmail) {
  const auto request = an_order_of("buyer@example.test");
  const auto other = an_order_of("buyer@example.test");
  const std::string token = token_of(request.order_id);
  EXPECT_EQ(claim(ann, token).value(), std::vector{request.order_id});
  EXPECT_EQ(owner_of(other.order_id), "null");
  EXPECT_EQ(claim(ann, token, "again").value().size(), 0u);
  EXPECT_EQ(claim(ben, token).error().reason(), "ALREADY_CLAIMED");
  EXPECT_EQ(owner_of(request.order_id), ann.to_string());
  v1::IssueClaimTokenRequest ask;
  ask.id = request.order_id;
  EXPECT_EQ(run(records.issue_claim_token(by("notification"), ask)).error().reason(), "ORDER_NOT_CLAIMABLE");
}

TEST_F(Claims, ByTokenOfSevenDaysAndNoOther) {
  const auto request = an_order_of("buyer@example.test");
  const auto other = an_order_of("buyer@example.test");
  const std::string token = token_of(request.order_id);
  std::vector<std::string> forged{"", "x", "..", token + "A", token.substr(0, token.size() - 1), text(other.order_id) + token.substr(36)};
  std::string later = token;  // A longer life than was signed.
  later[37] = 'f';
  forged.push_back(later);
  for (const std::string& each : forged) {
    const auto answer = claim(ann, each, text("forged ", each));
    ASSERT_FALSE(answer) << each;
    EXPECT_EQ(answer.error().reason(), "CLAIM_TOKEN_INVALID") << each;
  }
  clock.move(hours(24 * 7) - minutes(1));
  EXPECT_TRUE(claim(ann, token, "in time"));
  const std::string late = token_of(other.order_id);
  clock.move(hours(24 * 7) + minutes(1));
  const auto expired = claim(ann, late, "late");
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().kind(), ErrorKind::gone);
  EXPECT_EQ(owner_of(other.order_id), "null");
}

TEST_F(Claims, DoNotReachAnErasedContact) {
  const auto request = an_order_of("buyer@example.test");
  const std::string token = token_of(request.order_id);
  sql(text("SELECT mask_orders(ARRAY['", request.order_id, "'::uuid], NULL, now())"));
  EXPECT_EQ(claim(ann, token).error().reason(), "CLAIM_TOKEN_INVALID");
  neighbours.email = std::string(masked_email);
  EXPECT_EQ(claim(ann, std::nullopt, "by e-mail").value().size(), 0u);
}

}  // namespace
}  // namespace emporion::order
