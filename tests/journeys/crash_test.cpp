#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "kernel/base/text.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

int rounds(const char* variable, int fallback) {
  const char* const given = std::getenv(variable);
  return given ? std::atoi(given) : fallback;
}

/// A session that needs only its confirm, with the demo's code: so a crash meets promotions, too.
Task<Reply> prepare_with_coupon(Buyer& buyer, std::string sku, std::string name) {
  auto prepared = co_await buyer.prepare(std::move(sku), 1, std::move(name));
  if (prepared.status != 200) co_return prepared;
  co_return co_await buyer.use_coupon("WELCOME10");
}

Task<int> buy_until_it_breaks(http::Client& client, std::string url, int buyer, int round, int& bought) {
  for (int i = 0; i < 1'000; ++i) {
    Buyer guest(client, url);
    const auto prepared = co_await prepare_with_coupon(guest, "TEA-BLACK-100", text("crash-", round, '-', buyer, '-', i));
    if (prepared.status == 0) break;
    if (prepared.status != 200) continue;
    const auto confirmed = co_await guest.confirm(text("buy-", round, '-', buyer, '-', i));
    if (confirmed.status == 0) break;
    if (confirmed.status == 201) ++bought;
  }
  co_return 0;
}

Task<int> buy_and_kill(Runtime& runtime, http::Client& client, ShopProcess& shop, int round, milliseconds after) {
  int bought = 0;
  std::vector<Task<int>> tasks;
  for (int buyer = 0; buyer < 8; ++buyer) tasks.push_back(buy_until_it_breaks(client, shop.url(), buyer, round, bought));
  // The moment counts from the first order of the round, so that a slow machine is under load, too.
  const auto killer = [](Runtime& loop, ShopProcess& victim, milliseconds span, const int& confirmed) -> Task<int> {
    for (int i = 0; i < 600 && confirmed == 0; ++i) co_await loop.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): waits for another process.
    co_await loop.sleep_for(span);                                                              // tidy-allow(test_sleeps): the moment of the crash is the test.
    victim.kill();
    co_return 0;
  };
  tasks.push_back(killer(runtime, shop, after, bought));
  (void)co_await when_all(std::move(tasks));
  co_return bought;
}

// The server is killed at a random moment under load and started again. EMP_CRASH_ROUNDS=20 is the measure; the seed is printed and repeats the
// moments.
TEST(Crash, AtARandomMomentUnderLoadLosesAndDoublesNothing) {
  const int seed = rounds("EMP_CRASH_SEED", static_cast<int>(std::random_device{}() & 0xFFFFFF));
  std::printf("EMP_CRASH_SEED=%d\n", seed);
  std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
  ShopProcess shop;
  shop.start();
  Runtime runtime;
  int bought = 0;
  for (int round = 1; round <= rounds("EMP_CRASH_ROUNDS", 3); ++round) {
    http::Client client(runtime);
    const auto after = milliseconds(200 + random() % 2'000);
    bought += run_until_done(runtime, buy_and_kill(runtime, client, shop, round, after));
    shop.start();
    ASSERT_EQ(shop.audit(), 0) << "round " << round << ", killed after " << after.count() << " ms\n" << shop.audit_report();
  }
  std::printf("%d orders were confirmed to buyers\n", bought);
  EXPECT_GT(bought, 0);
}

TEST(Crash, ASignalWhileItStartsTakesPostgresAlong) {
  ShopProcess shop;
  EXPECT_EQ(shop.interrupt_start(), 0);
  EXPECT_FALSE(shop.has_postgres());
}

TEST(Crash, ARestartedShopStopsThePostgresThatItFoundRunning) {
  ShopProcess shop;
  shop.start();
  shop.kill();
  EXPECT_TRUE(shop.has_postgres());
  shop.start();
  EXPECT_EQ(shop.stop(SIGINT), 0);
  EXPECT_FALSE(shop.has_postgres());
}

}  // namespace
}  // namespace emporion::journeys
