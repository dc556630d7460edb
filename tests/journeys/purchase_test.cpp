#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

struct Purchase : ::testing::Test {
  static void SetUpTestSuite() {
    shop = std::make_unique<ShopProcess>();
    shop->start();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(shop->stop(), 0) << "a stop on SIGTERM is clean";
    shop.reset();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  static std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime};
};
std::unique_ptr<ShopProcess> Purchase::shop;

TEST_F(Purchase, AGuestBuysAndTheBooksBalance) {
  Buyer guest(client, shop->url());
  const auto prepared = run(guest.prepare("TEA-JASMINE-100", 2, "guest"));
  ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
  EXPECT_GT(guest.total().amount(), 130'000);  // Two at 65,000, with tax and shipping.
  const auto confirmed = run(guest.confirm("buy-guest"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  EXPECT_TRUE(member_of(confirmed.body, "order_number").starts_with("EM-"));
  // The answer says what was charged: the total of the quote, of which the goods are a part.
  const std::string charged = member_of(confirmed.body, "totals");
  const auto totals = parse_json<checkout::v1::QuoteTotals>(charged);
  ASSERT_TRUE(totals.has_value()) << confirmed.body;
  EXPECT_EQ(totals->grand_total, guest.total());
  EXPECT_EQ(totals->subtotal.amount(), 130'000);
  // The same key shows the same order; a new key on the completed session does, too.
  const auto again = run(guest.confirm("buy-guest"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(member_of(again.body, "order_id"), member_of(confirmed.body, "order_id"));
  EXPECT_EQ(member_of(again.body, "totals"), charged);
  const auto looked_up = run(guest.call(http::Method::get, "/api/v1/checkout/" + guest.session() + "/confirmation"));
  EXPECT_EQ(member_of(looked_up.body, "totals"), charged) << looked_up.body;
  const auto other_key = run(guest.confirm("buy-guest-2"));
  EXPECT_EQ(other_key.status, 200);
  EXPECT_EQ(member_of(other_key.body, "order_id"), member_of(confirmed.body, "order_id"));
  EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
}

TEST_F(Purchase, TheCommandsOfTheReadmeSell) {
  const std::string readme = text_of(EMP_README);
  const std::string shown = "http://127.0.0.1:8080";
  const std::size_t from = readme.find("B=" + shown);
  ASSERT_NE(from, std::string::npos);
  std::string commands = readme.substr(from, readme.find("\n```", from) - from + 1);
  commands.replace(commands.find(shown), shown.size(), shop->url());
  std::ofstream(shop->home() / "readme.sh") << commands;

  const std::string run_them = text("cd '", shop->home().string(), "' && bash readme.sh > readme.out 2>&1");
  EXPECT_EQ(std::system(run_them.c_str()), 0);
  const std::string answers = text_of(shop->home() / "readme.out");
  EXPECT_NE(answers.find(R"("status":"confirmed","order_id":")"), std::string::npos) << answers;
}

TEST_F(Purchase, ARegisteredCustomerBuys) {
  Buyer customer(client, shop->url());
  const auto registered =
      run(customer.call(http::Method::post, "/api/v1/auth/register", R"({"email":"linh@example.com","password":"a long quiet river"})", "register-linh"));
  ASSERT_EQ(registered.status, 202) << registered.body;
  const auto login = run(customer.call(http::Method::post, "/api/v1/auth/login", R"({"identifier":"linh@example.com","password":"a long quiet river"})"));
  ASSERT_EQ(login.status, 200) << login.body;
  customer.sign_in(member_of(login.body, "access_token"));
  const auto prepared = run(customer.prepare("CER-BOWL-BLUE", 4, "linh"));
  ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
  const auto confirmed = run(customer.confirm("buy-linh"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  const std::string order = member_of(confirmed.body, "order_id");
  const auto mine = run(customer.call(http::Method::get, "/api/v1/orders/" + order));
  EXPECT_EQ(mine.status, 200);
  EXPECT_EQ(member_of(mine.body, "status"), "confirmed");
  // Nobody else sees it.
  Buyer stranger(client, shop->url());
  EXPECT_EQ(run(stranger.call(http::Method::get, "/api/v1/orders/" + order)).status, 401);
}

TEST_F(Purchase, AnotherGuestsSessionDoesNotExist) {
  Buyer guest(client, shop->url());
  ASSERT_EQ(run(guest.prepare("TEA-LOTUS-50", 1, "owner")).status, 200);
  Buyer thief(client, shop->url());
  const auto peeked = run(thief.call(http::Method::get, "/api/v1/checkout/" + guest.session()));
  EXPECT_EQ(peeked.status, 404);
  EXPECT_EQ(peeked.reason, "CHECKOUT_NOT_FOUND");
}

TEST_F(Purchase, acceptance_commerce_1_7_10_BadInputGetsAClearRefusalAndWritesNothing) {
  Buyer guest(client, shop->url());
  struct Case {
    std::string body;
    int status;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {R"({"sku":"TEA-LOTUS-50"})", 400, "MISSING_FIELD"},
      {R"({"sku":"TEA-LOTUS-50","qty":"2"})", 400, "WRONG_TYPE"},
      {R"({"sku":"TEA-LOTUS-50","qty":1.5})", 400, "WRONG_TYPE"},
      {R"({"sku":"TEA-LOTUS-50","qty":-1})", 400, "OUT_OF_RANGE"},
      {R"({"sku":"TEA-LOTUS-50","qty":1000000000000})", 400, "OUT_OF_RANGE"},
      {R"({"sku":"TEA-LOTUS-50","qty":1,"price":1})", 400, "UNKNOWN_FIELD"},
      {R"({"sku":"TEA-LOTUS-50","qty":)", 400, "MALFORMED_JSON"},
      {"{\"sku\":\"\xff\",\"qty\":1}", 400, "MALFORMED_JSON"},
      {R"({"sku":"NO-SUCH-THING","qty":1})", 404, "SKU_UNKNOWN"},
      {R"({"sku":"TEA-LOTUS-50","qty":51})", 422, "QTY_LIMIT"},
      {std::string(2u << 20, 'x'), 413, "PAYLOAD_TOO_LARGE"},
  };
  int number = 0;
  for (const auto& bad : cases) {
    const auto reply = run(guest.call(http::Method::post, "/api/v1/cart/items", bad.body, text("bad-", ++number)));
    EXPECT_EQ(reply.status, bad.status) << bad.body.substr(0, 80) << reply.body;
    EXPECT_EQ(reply.reason, bad.reason) << bad.body.substr(0, 80);
  }
  const auto no_key = run(guest.call(http::Method::post, "/api/v1/cart/items", R"({"sku":"TEA-LOTUS-50","qty":1})"));
  EXPECT_EQ(no_key.status, 400);
  EXPECT_EQ(no_key.reason, "IDEMPOTENCY_KEY_REQUIRED");
  EXPECT_EQ(member_of(run(guest.call(http::Method::get, "/api/v1/cart")).body, "cart.line_count"), "0");
  EXPECT_EQ(run(guest.call(http::Method::get, "/api/v1/no/such/route")).status, 404);
  EXPECT_EQ(run(guest.call(http::Method::get, "/api/v1/checkout/not-an-id")).status, 400);
  EXPECT_EQ(run(guest.call(http::Method::get, "/api/v1/../admin")).status, 400);
}

}  // namespace
}  // namespace emporion::journeys
