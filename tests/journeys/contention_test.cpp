#include <gtest/gtest.h>

#include <map>

#include "kernel/base/text.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

struct Contention : ::testing::Test {
  void SetUp() override { shop.start(); }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  Runtime runtime;
  http::Client client{runtime, 256};
  ShopProcess shop;
};

Task<std::vector<Reply>> confirm_all(std::vector<std::unique_ptr<Buyer>>& buyers) {
  std::vector<Task<Reply>> tasks;
  for (std::size_t i = 0; i < buyers.size(); ++i) tasks.push_back(buyers[i]->confirm(text("buy-", i)));
  co_return co_await when_all(std::move(tasks));
}

// Issue "The first sale", done when 3: the demo holds 3 × 200 lotus teas of 50 g; 200 buyers want 12 each, so there are units for exactly 50 of them, the last
// two only by splitting.
TEST_F(Contention, TwoHundredBuyersForFiftyUnits) {
  std::vector<std::unique_ptr<Buyer>> buyers;
  for (int i = 0; i < 200; ++i) {
    buyers.push_back(std::make_unique<Buyer>(client, shop.url()));
    const auto prepared = run(buyers.back()->prepare("TEA-LOTUS-50", 12, text("buyer", i)));
    ASSERT_EQ(prepared.status, 200) << i << prepared.reason << prepared.body;
  }
  std::map<std::string, int> outcomes;
  for (const auto& reply : run(confirm_all(buyers))) ++outcomes[reply.status == 201 ? "confirmed" : text(reply.status, " ", reply.reason)];
  EXPECT_EQ(outcomes["confirmed"], 50);
  EXPECT_EQ(outcomes["409 OUT_OF_STOCK"], 150);
  EXPECT_EQ(outcomes.size(), 2u) << [&] {
    std::string all;
    for (const auto& [outcome, count] : outcomes) all += text(outcome, " × ", count, "; ");
    return all;
  }();
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
}

Task<std::vector<Reply>> confirm_often(Buyer& buyer) {
  std::vector<Task<Reply>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(buyer.confirm("one-key"));
  for (int i = 0; i < 50; ++i) tasks.push_back(buyer.confirm(text("key-", i)));
  co_return co_await when_all(std::move(tasks));
}

TEST_F(Contention, OneSessionConfirmedAHundredTimesIsOneOrder) {
  Buyer buyer(client, shop.url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-250", 3, "impatient")).status, 200);
  std::map<std::string, int> orders;
  int created = 0;
  for (const auto& reply : run(confirm_often(buyer))) {
    if (reply.status == 409) {
      EXPECT_EQ(reply.reason, "CHECKOUT_IN_PROGRESS");
      continue;
    }
    ASSERT_TRUE(reply.status == 200 || reply.status == 201 || reply.status == 202) << reply.status << reply.body;
    if (reply.status == 201) ++created;
    if (reply.status != 202) ++orders[member_of(reply.body, "order_id")];
  }
  EXPECT_EQ(orders.size(), 1u);
  EXPECT_EQ(created, 1);
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
}

}  // namespace
}  // namespace emporion::journeys
