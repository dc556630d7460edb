#include <gtest/gtest.h>

#include <map>
#include <set>

#include "kernel/base/text.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

using http::Method;

/// A shop whose staff makes promotions over the public API. Each test names its own goods and codes, so that none meets another's.
struct PromotedPurchase : ::testing::Test {
  static void SetUpTestSuite() {
    shop = std::make_unique<ShopProcess>("promotion:\n  max_total_discount_bp: 10000\n");
    shop->start();
    ASSERT_EQ(shop->command({"admin", "create", "--email", "ada@example.com", "--name", "Ada Byron"}, {"EMPORION_ADMIN_PASSWORD=a long quiet river"}), 0)
        << shop->complained();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(shop->stop(), 0);
    shop.reset();
  }
  void SetUp() override {
    const auto login =
        run(staff.call(Method::post, "/api/v1/auth/login", R"({"identifier":"ada@example.com","password":"a long quiet river","realm":"staff"})"));
    ASSERT_EQ(login.status, 200) << login.body;
    staff.sign_in(member_of(login.body, "access_token"));
  }
  void TearDown() override { EXPECT_EQ(shop->audit(), 0) << shop->audit_report(); }

  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  /// An active promotion; `terms` are members of the contract's PromotionTerms beside its window. Answers its id.
  std::string promotion(const std::string& name, const std::string& terms) {
    const auto made = run(staff.call(
        Method::post, "/api/v1/promotion/promotions",
        text(R"({"terms":{"name":")", name, R"(","starts_at":"2020-01-01T00:00:00Z","ends_at":"2100-01-01T00:00:00Z",)", terms, "}}"), "make-" + name));
    EXPECT_EQ(made.status, 201) << made.body;
    const std::string id = member_of(made.body, "id");
    const auto active = run(staff.call(Method::post, "/api/v1/promotion/promotions/" + id + "/activate", "{}"));
    EXPECT_EQ(active.status, 200) << active.body;
    return id;
  }
  void coupon(const std::string& promotion, const std::string& code, const std::string& terms = {}) {
    const auto made =
        run(staff.call(Method::post, "/api/v1/promotion/coupons",
                       text(R"({"promotion_id":")", promotion, R"(","code":")", code, R"(","terms":{"type":"multi")", terms, "}}"), "make-" + code));
    EXPECT_EQ(made.status, 201) << made.body;
  }
  std::string used(const std::string& code) { return member_of(run(staff.call(Method::get, "/api/v1/promotion/coupons/" + code)).body, "used"); }
  Reply apply(Buyer& buyer, const std::string& code) { return run(buyer.call(Method::post, "/api/v1/cart/coupons", text(R"({"code":")", code, R"("})"))); }
  void sign_up(Buyer& buyer, const std::string& name) {
    const std::string who = text(R"(@example.com","password":"a long quiet river"})");
    ASSERT_EQ(run(buyer.call(Method::post, "/api/v1/auth/register", text(R"({"email":")", name, who), "register-" + name)).status, 202);
    const auto login = run(buyer.call(Method::post, "/api/v1/auth/login", text(R"({"identifier":")", name, who)));
    ASSERT_EQ(login.status, 200) << login.body;
    buyer.sign_in(member_of(login.body, "access_token"));
  }

  static std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime, 64};
  Buyer staff{client, shop->url()};
};
std::unique_ptr<ShopProcess> PromotedPurchase::shop;

const std::string percentage = R"("rule_type":"cart","kind":"percentage","requires_coupon":true,"percentage_bp":)";

TEST_F(PromotedPurchase, ACouponIsInTheQuoteAndTheOrderAndLeavesWithIt) {
  coupon(promotion("tenth", percentage + "1000"), "TENTH");
  Buyer buyer(client, shop->url());
  sign_up(buyer, "mai");
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 2, "mai")).status, 200);
  const Money full = buyer.total();
  EXPECT_EQ(apply(buyer, "NO-SUCH-CODE").reason, "COUPON_INVALID");
  std::vector<Task<Reply>> at_once;
  for (const auto* code : {"tenth", "TENTH", " Tenth"})
    at_once.push_back(buyer.call(Method::post, "/api/v1/cart/coupons", text(R"({"code":")", code, R"("})")));
  for (const auto& applied : run(when_all(std::move(at_once)))) {
    EXPECT_EQ(applied.status, 200) << applied.body;
    EXPECT_EQ(member_of(applied.body, "cart.coupons"), R"(["TENTH"])");
  }
  EXPECT_EQ(run(buyer.confirm("stale")).reason, "CART_CHANGED");
  const auto reduced = run(buyer.preview());
  ASSERT_EQ(reduced.status, 200) << reduced.body;
  EXPECT_EQ(member_of(reduced.body, "quote.totals.discount.amount"), "13000");  // Of two at 65,000.
  EXPECT_LT(buyer.total(), full);
  ASSERT_EQ(run(buyer.call(Method::del, "/api/v1/cart/coupons/TENTH")).status, 200);
  ASSERT_EQ(run(buyer.preview()).status, 200);
  EXPECT_EQ(buyer.total(), full);
  ASSERT_EQ(apply(buyer, "TENTH").status, 200);
  ASSERT_EQ(run(buyer.preview()).status, 200);
  const auto confirmed = run(buyer.confirm("buy-mai"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  const auto order = run(buyer.call(Method::get, "/api/v1/orders/" + member_of(confirmed.body, "order_id")));
  EXPECT_EQ(member_of(order.body, "totals.discount.amount"), "13000") << order.body;
  EXPECT_EQ(used("TENTH"), "1");
}

TEST_F(PromotedPurchase, acceptance_commerce_4_5_6_TheLastUseOfACouponGoesToOneBuyer) {
  coupon(promotion("last", percentage + "1000"), "LAST-ONE", R"(,"limit":1)");
  std::vector<std::unique_ptr<Buyer>> buyers;
  for (int i = 0; i < 6; ++i) {
    buyers.push_back(std::make_unique<Buyer>(client, shop->url()));
    ASSERT_EQ(run(buyers.back()->prepare("TEA-LOTUS-50", 1, text("last", i))).status, 200);
    ASSERT_EQ(apply(*buyers.back(), "LAST-ONE").status, 200);
    ASSERT_EQ(run(buyers.back()->preview()).status, 200);
  }
  std::vector<Task<Reply>> confirms;
  for (std::size_t i = 0; i < buyers.size(); ++i) confirms.push_back(buyers[i]->confirm(text("buy-last", i)));
  std::map<std::string, int> outcomes;
  for (const auto& reply : run(when_all(std::move(confirms)))) ++outcomes[reply.status == 201 ? "confirmed" : text(reply.status, " ", reply.reason)];
  EXPECT_EQ(outcomes, (std::map<std::string, int>{{"confirmed", 1}, {"422 COUPON_INVALID", 5}}));
  EXPECT_EQ(used("LAST-ONE"), "1");
}

TEST_F(PromotedPurchase, acceptance_commerce_1_7_13_AHundredPercentCouponNeedsNoPayment) {
  coupon(promotion("all", percentage + R"(10000,"is_stackable":true)"), "ALL-FREE");
  coupon(promotion("carriage", R"("rule_type":"shipping","kind":"free_shipping","requires_coupon":true)"), "NO-CARRIAGE");
  Buyer buyer(client, shop->url());
  sign_up(buyer, "lan");
  ASSERT_EQ(run(buyer.prepare("CER-BOWL-BLUE", 1, "lan")).status, 200);
  ASSERT_EQ(apply(buyer, "ALL-FREE").status, 200);
  ASSERT_EQ(apply(buyer, "NO-CARRIAGE").status, 200);
  const auto preview = run(buyer.preview());
  ASSERT_EQ(preview.status, 200) << preview.body;
  EXPECT_EQ(buyer.total().amount(), 0) << preview.body;
  const auto confirmed = run(buyer.confirm("buy-lan"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  const auto order = run(buyer.call(Method::get, "/api/v1/orders/" + member_of(confirmed.body, "order_id")));
  EXPECT_EQ(member_of(order.body, "status"), "confirmed") << order.body;
  EXPECT_EQ(member_of(order.body, "payment.method"), "none") << order.body;
}

TEST_F(PromotedPurchase, acceptance_commerce_1_7_11_AHundredOffThreeEqualLinesIsSpreadToTheUnit) {
  coupon(promotion("hundred", R"("rule_type":"cart","kind":"fixed","requires_coupon":true,"amounts":{"VND":100})"), "HUNDRED");
  Buyer buyer(client, shop->url());
  // Three kinds of one price.
  for (const auto* sku : {"CAN-HOLDER-BROWN", "CAN-HOLDER-BLACK"}) {
    ASSERT_EQ(run(buyer.call(Method::post, "/api/v1/cart/items", text(R"({"sku":")", sku, R"(","qty":1})"), text("third-", sku))).status, 200) << sku;
  }
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 1, "thirds")).status, 200);
  ASSERT_EQ(apply(buyer, "HUNDRED").status, 200);
  const auto preview = run(buyer.preview());
  ASSERT_EQ(preview.status, 200) << preview.body;
  std::multiset<std::string> shares;
  for (const auto* line : {"0", "1", "2"}) {
    EXPECT_EQ(member_of(preview.body, text("quote.lines.", line, ".subtotal.amount")), "65000") << preview.body;
    shares.insert(member_of(preview.body, text("quote.lines.", line, ".discount.amount")));
  }
  EXPECT_EQ(shares, (std::multiset<std::string>{"33", "33", "34"}));
  EXPECT_EQ(member_of(preview.body, "quote.totals.discount.amount"), "100");
  EXPECT_EQ(run(buyer.confirm("buy-thirds")).status, 201);
}

// The last one: its promotion needs no code.
TEST_F(PromotedPurchase, acceptance_commerce_1_7_7_FreeShippingIsOneFeeEverywhere) {
  promotion("ship", R"("rule_type":"shipping","kind":"free_shipping")");
  Buyer buyer(client, shop->url());
  sign_up(buyer, "hoa");
  const auto preview = run(buyer.prepare("CER-BOWL-BLUE", 2, "hoa"));
  ASSERT_EQ(preview.status, 200) << preview.body;
  const std::string fee = member_of(preview.body, "quote.totals.shipping.amount");
  EXPECT_GT(fee, "0");
  EXPECT_EQ(member_of(preview.body, "quote.totals.shipping_discount.amount"), fee);
  const auto confirmed = run(buyer.confirm("buy-hoa"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  const auto order = run(buyer.call(Method::get, "/api/v1/orders/" + member_of(confirmed.body, "order_id")));
  EXPECT_EQ(member_of(order.body, "totals.shipping.amount"), fee) << order.body;
  EXPECT_EQ(member_of(order.body, "totals.shipping_discount.amount"), fee) << order.body;
}

}  // namespace
}  // namespace emporion::journeys
