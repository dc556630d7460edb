#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "kernel/base/text.hpp"
#include "kernel/testing/temporary_folder.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

// Many rows at once, past the commands and inside the walls (ADR 0043).
namespace emporion::journeys {
namespace {

using http::Method;
using ::testing::HasSubstr;

struct Seeded : ::testing::Test {
  static void SetUpTestSuite() {
    shop = std::make_unique<ShopProcess>();
    shop->start();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(shop->stop(), 0);
    shop.reset();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  std::string get(const std::string& path, std::string_view member) { return member_of(run(guest.call(Method::get, path)).body, member); }
  /// 1,000 SKUs and so many orders, in small batches; answers the exit code.
  int seed(int orders, std::vector<std::string> more = {}, const std::vector<std::string>& environment = {}) {
    std::vector<std::string> words{"seed", "--skus", "1000", "--orders", std::to_string(orders), "--promotions", "20", "--batch", "400"};
    words.insert(words.end(), more.begin(), more.end());
    return shop->command(std::move(words), environment);
  }
  void buy(const std::string& sku, int qty, const std::string& name, const std::string& coupon = {}) {
    Buyer buyer(client, shop->url());
    const auto prepared = run(buyer.prepare(sku, qty, name));
    ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
    if (!coupon.empty()) {
      const auto reduced = run(buyer.use_coupon(coupon));
      ASSERT_EQ(reduced.status, 200) << reduced.reason << reduced.body;
    }
    const auto confirmed = run(buyer.confirm("buy-" + name));
    ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  }

  static std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime};
  Buyer guest{client, shop->url()};
};
std::unique_ptr<ShopProcess> Seeded::shop;

TEST_F(Seeded, a_shop_is_filled_beside_its_server_and_what_was_seeded_is_sold) {
  // Given a shop with an order of its own: it is not mixed with what cannot be taken out again, unless that is wished
  buy("TEA-JASMINE-100", 1, "own");
  EXPECT_EQ(seed(2'000), 1);
  EXPECT_THAT(shop->complained(), HasSubstr("SHOP_HAS_ORDERS"));
  EXPECT_EQ(get("/api/v1/catalog/products/sku/SEED1-00000001", "reason"), "PRODUCT_NOT_FOUND");
  // When it is seeded, and dies in the middle
  EXPECT_NE(seed(2'000, {"--yes"}, {"EMPORION_FAULT=crash:seed.batch.:31"}), 0);
  EXPECT_THAT(shop->complained(), HasSubstr("of 2,000 orders"));
  // Then the same command goes on where it was, and does nothing more than that
  ASSERT_EQ(seed(2'000, {"--yes"}), 0) << shop->complained();
  EXPECT_THAT(shop->printed(), HasSubstr("the shop has 1,000 SKUs, 2,000 orders and 20 promotions of seed 1"));
  ASSERT_EQ(shop->audit(), 0) << shop->audit_report();
  EXPECT_THAT(shop->audit_report(), HasSubstr("every saga that ended well placed its order (2,001 facts)"));
  ASSERT_EQ(seed(2'000, {"--yes"}), 0) << shop->complained();
  EXPECT_THAT(shop->printed(), HasSubstr("nothing to do"));

  // And a product of it is found, priced, in stock, and sold, with a code too
  EXPECT_EQ(get("/api/v1/catalog/products/sku/SEED1-00000007", "slug"), "seed-1-article-7");
  EXPECT_EQ(get("/api/v1/catalog/products/slug/seed-1-article-7", "product.variants.0.sku"), "SEED1-00000007");
  buy("SEED1-00000007", 2, "seeded");
  buy("SEED1-00000008", 3, "reduced", "SEED1-00000003");

  // And more orders may follow, of two who ask at once one does it all
  const std::vector<std::string> more{"seed",
                                      "--skus",
                                      "1000",
                                      "--orders",
                                      "2500",
                                      "--promotions",
                                      "20",
                                      "--batch",
                                      "50",
                                      "--home",
                                      shop->home().string(),
                                      "--placement",
                                      (shop->home() / "placement.yaml").string()};
  const testing::TemporaryFolder here{"seed"}, there{"seed"};  // What each says is kept apart.
  auto other = std::async(std::launch::async, [&] { return run_emporion(more, there.path()); });
  const Ended one = run_emporion(more, here.path()), two = other.get();
  EXPECT_EQ(std::min(one.code, two.code), 0) << one.complained << two.complained;
  for (const Ended& each : {one, two}) EXPECT_TRUE(each.code == 0 || each.complained.find("ALREADY_SEEDING") != std::string::npos) << each.complained;
  ASSERT_EQ(shop->audit(), 0) << shop->audit_report();
  EXPECT_THAT(shop->audit_report(), HasSubstr("every saga that ended well placed its order (2,503 facts)"));
}

TEST_F(Seeded, what_does_not_fit_is_refused_and_changes_nothing) {
  EXPECT_EQ(seed(100, {"--lines", "0"}), 1);
  EXPECT_THAT(shop->complained(), HasSubstr("SEED_TERMS_INVALID"));
  EXPECT_EQ(shop->command({"seed", "--skus", "10", "--orders", "10000000"}), 1);
  EXPECT_THAT(shop->complained(), HasSubstr("seed more SKUs, or fewer orders"));
  ASSERT_EQ(seed(100, {"--yes"}), 0) << shop->complained();
  EXPECT_EQ(seed(100, {"--yes", "--lines", "2"}), 1);
  EXPECT_THAT(shop->complained(), HasSubstr("SEEDED_OTHERWISE"));
  EXPECT_EQ(seed(100), 0);
  EXPECT_THAT(shop->printed(), HasSubstr("nothing to do"));
}

}  // namespace
}  // namespace emporion::journeys
