#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_in_parts.hpp"

// One shop in several processes: what is true in one process is true here, too, and a process more or less makes nothing untrue.
namespace emporion::journeys {
namespace {

using http::Method;
using ::testing::HasSubstr;

struct InParts : ::testing::Test {
  void open(const std::string& placement) {
    shop = std::make_unique<ShopInParts>(placement);
    ASSERT_FALSE(shop->whole().has_postgres());
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  /// Asks again and again for that long: what several processes do together takes its own time.
  template <typename Condition, typename Seen>
  ::testing::AssertionResult within(seconds limit, Condition condition, Seen seen) {
    const auto end = std::chrono::steady_clock::now() + limit;
    bool holds = false;
    const auto is_over = [&] { return (holds = condition()) || std::chrono::steady_clock::now() > end; };
    (void)testing::eventually(runtime, is_over, seen, hours(1));
    if (holds) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "not within " << limit.count() << " s; last seen: " << seen();
  }
  Reply get(const std::string& url, const std::string& path) { return run(Buyer(client, url).call(Method::get, path)); }
  void buy(const std::string& sku, const std::string& name) {
    Buyer guest(client, shop->url());
    const auto prepared = run(guest.prepare(sku, 2, name));
    ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
    const auto confirmed = run(guest.confirm("buy-" + name));
    ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  }
  /// A process is ready when it answers, not when all it may call do: those that came after it are found within seconds. Until then buyers hear 503, and if the
  /// entry has meanwhile given a module up, it leaves that alone for up to 36 s.
  void start_selling() {
    shop->start_all();
    int tries = 0;
    Reply last;
    const auto can_buy = [&] {
      last = run(Buyer(client, shop->url()).prepare("TEA-LOTUS-50", 1, text("scout-", ++tries)));
      return last.status == 200;
    };
    ASSERT_TRUE(within(seconds(90), can_buy, [&] { return last.body; }));
  }
  /// A customer's account, cart and order: what the gateway, Auth, Checkout and Order know of one person by calls between them.
  void register_and_buy() {
    Buyer customer(client, shop->url());
    const std::string account = R"({"email":"linh@example.com","password":"a long quiet river"})";
    ASSERT_EQ(run(customer.call(Method::post, "/api/v1/auth/register", account, "register")).status, 202);
    const auto login = run(customer.call(Method::post, "/api/v1/auth/login", R"({"identifier":"linh@example.com","password":"a long quiet river"})"));
    ASSERT_EQ(login.status, 200) << login.body;
    customer.sign_in(member_of(login.body, "access_token"));
    const auto prepared = run(customer.prepare("CER-BOWL-BLUE", 4, "linh"));
    ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
    const auto confirmed = run(customer.confirm("buy-linh"));
    ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
    const auto mine = run(customer.call(Method::get, "/api/v1/orders/" + member_of(confirmed.body, "order_id")));
    EXPECT_EQ(member_of(mine.body, "status"), "confirmed") << mine.body;
    EXPECT_EQ(get(shop->url(), "/api/v1/orders/" + member_of(confirmed.body, "order_id")).status, 401);
  }
  void expect_clean_books() { EXPECT_EQ(shop->whole().audit(), 0) << shop->whole().audit_report() << shop->whole().complained(); }
  void expect_clean_end() {
    for (const auto& [name, code] : shop->stop_all()) EXPECT_EQ(code, 0) << name << shop->log_of(name);
    EXPECT_FALSE(shop->whole().has_postgres()) << "whoever goes last takes PostgreSQL along";
  }
  void sell() {
    start_selling();
    for (const auto& name : shop->names()) {
      EXPECT_EQ(get(shop->metrics_url(name), "/health/ready").status, 200) << name;
      EXPECT_THAT(get(shop->metrics_url(name), "/metrics").body, HasSubstr("emporion_")) << name;
    }
    buy("TEA-JASMINE-100", "guest");
    register_and_buy();
    expect_clean_books();
    expect_clean_end();
  }

  std::unique_ptr<ShopInParts> shop;
  Runtime runtime;
  http::Client client{runtime};
};

TEST_F(InParts, AProcessForEachDomainSells) {
  open("per-domain");
  sell();
}

TEST_F(InParts, AProcessForEachModuleSells) {
  open("per-module");
  sell();
}

TEST_F(InParts, OneThatIsKilledAndComesBackCostsNoOrderAndHoldsUpNobodyElse) {
  open("per-module");
  start_selling();
  Buyer guest(client, shop->url());
  ASSERT_EQ(run(guest.prepare("TEA-LOTUS-50", 1, "patient")).status, 200);
  // Given an order whose confirm finds nobody at Order
  shop->part("order").kill();
  const auto first = run(guest.confirm("buy-patient"));
  EXPECT_NE(first.status, 201) << first.body;
  EXPECT_EQ(get(shop->url(), "/api/v1/catalog/products").status, 200);
  // When it is back
  shop->start_all();
  // Then the same purchase is confirmed at another try, and so is the next one
  int tries = 0;
  std::string last;
  const auto is_placed = [&] {
    const auto priced = run(guest.preview());
    const auto confirmed = run(guest.confirm(text("buy-patient-", ++tries)));
    last = text("preview ", priced.status, ", confirm ", confirmed.status, ' ', confirmed.body);
    return confirmed.status == 200 || confirmed.status == 201;
  };
  EXPECT_TRUE(within(seconds(90), is_placed, [&] { return last; }));
  buy("TEA-JASMINE-100", "next");
  expect_clean_books();
  expect_clean_end();
}

TEST_F(InParts, WhoNeedsAnotherWaitsForItAndSaysSoAndEndsWhenTold) {
  open("per-module");
  const auto log = [&] { return shop->log_of("gateway"); };
  shop->launch("gateway");
  ASSERT_TRUE(within(seconds(60), [&] { return log().contains("waiting for a module"); }, log));
  EXPECT_THAT(log(), HasSubstr(R"("module":"auth")"));
  EXPECT_EQ(get(shop->metrics_url("gateway"), "/health/live").status, 200);
  EXPECT_EQ(get(shop->metrics_url("gateway"), "/health/ready").status, 503);
  EXPECT_EQ(get(shop->url(), "/health/live").status, 0) << "it is not open yet";
  EXPECT_EQ(shop->part("gateway").stop(), 0) << log();
  EXPECT_FALSE(shop->whole().has_postgres());
  // And goes on when the other one comes.
  shop->launch("gateway");
  shop->launch("auth");
  (void)shop->part("gateway").wait_until_ready();
  EXPECT_EQ(get(shop->url(), "/health/ready").status, 200);
  // Each has its place for itself, and PostgreSQL stays for the others.
  const auto second = run_emporion({"serve", "--placement", shop->placement_file(), "--process", "auth"}, shop->whole().home(), {}, 60);
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.complained, HasSubstr("another emporion serves replica 1 of process auth"));
  EXPECT_THAT(second.complained, HasSubstr("(ALREADY_RUNNING)"));
  EXPECT_EQ(shop->part("gateway").stop(), 0) << log();
  EXPECT_TRUE(shop->whole().has_postgres());
  EXPECT_EQ(shop->part("auth").stop(), 0);
  EXPECT_FALSE(shop->whole().has_postgres());
}

TEST_F(InParts, ASettingOfAModuleElsewhereIsItsProcesssBusiness) {
  open("per-module");
  std::ofstream(shop->placement_file(), std::ios::app) << "checkout:\n  linez_max: 5\n";
  const auto at_checkout = run_emporion({"serve", "--placement", shop->placement_file(), "--process", "checkout"}, shop->whole().home(), {}, 60);
  EXPECT_EQ(at_checkout.code, 1);
  EXPECT_THAT(at_checkout.complained, HasSubstr("checkout.linez_max"));
  shop->launch("location");
  (void)shop->part("location").wait_until_ready();
  EXPECT_EQ(shop->part("location").stop(), 0) << shop->log_of("location");
}

}  // namespace
}  // namespace emporion::journeys
