#include <gtest/gtest.h>

#include <set>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"

namespace emporion::journeys {
namespace {

using simulators::Fault;
using simulators::StripeSimulator;

using Provider = ProviderThread<StripeSimulator, simulators::StripeSimulatorOptions>;

struct CardPurchase : ::testing::Test {
  static void SetUpTestSuite() {
    provider = std::make_unique<Provider>(simulators::StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(5'000)});
    const simulators::StripeSimulatorOptions keys;
    shop = std::make_unique<ShopProcess>(text("payment:\n  stripe:\n    enabled: true\n    base_url: ", provider->url(), "\n    secret_key: ", keys.secret_key,
                                              "\n    webhook_secret: ", keys.webhook_secret, "\n"));
    shop->start();
    provider->on_its_thread([](StripeSimulator& simulator) {
      simulator.set_webhook_url(shop->url() + "/api/v1/webhooks/stripe");
      return true;
    });
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
    EXPECT_EQ(shop->stop(), 0);
    shop.reset();
    provider.reset();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  Reply buy(Buyer& buyer, const std::string& card, const std::string& key) {
    const auto prepared = run(buyer.prepare("TEA-JASMINE-100", 1, key, text(R"({"method":"card","payment_method_id":")", card, R"("})")));
    EXPECT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
    return run(buyer.confirm(key));
  }
  std::string placement(Buyer& buyer) {
    return member_of(run(buyer.call(http::Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation")).body, "status");
  }
  static std::int64_t balance() {
    return provider->on_its_thread([](StripeSimulator& simulator) { return simulator.ledger().balance(); });
  }

  static std::unique_ptr<Provider> provider;
  static std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime};
};
std::unique_ptr<Provider> CardPurchase::provider;
std::unique_ptr<ShopProcess> CardPurchase::shop;

TEST_F(CardPurchase, IsChargedExactlyItsTotal) {
  Buyer buyer(client, shop->url());
  const std::int64_t before = balance();
  const auto confirmed = buy(buyer, "pm_card_visa", "card-approved");
  ASSERT_EQ(confirmed.status, 201) << confirmed.reason << confirmed.body;
  EXPECT_EQ(balance() - before, buyer.total().amount());
}

TEST_F(CardPurchase, ThatIsDeclinedChargesNothingAndSaysWhy) {
  Buyer buyer(client, shop->url());
  const std::int64_t before = balance();
  const auto declined = buy(buyer, "pm_card_chargeDeclinedInsufficientFunds", "card-declined");
  EXPECT_EQ(declined.status, 402) << declined.body;
  EXPECT_EQ(declined.reason, "PAYMENT_DECLINED");
  EXPECT_EQ(member_of(declined.body, "metadata.category"), "insufficient_funds");
  EXPECT_EQ(balance(), before);
}

TEST_F(CardPurchase, acceptance_commerce_4_5_7_ThatIsDeclinedIsPaidByAnotherCardForTheSameOrder) {
  Buyer buyer(client, shop->url());
  const std::int64_t before = balance();
  const auto declined = buy(buyer, "pm_card_chargeDeclinedInsufficientFunds", "card-then-another");
  ASSERT_EQ(declined.status, 402) << declined.body;
  EXPECT_EQ(member_of(declined.body, "metadata.attempts_left"), "2");
  const std::string retry = "/api/v1/checkout/" + buyer.session() + "/retry-payment";
  const std::string visa = R"({"payment":{"method":"card","payment_method_id":"pm_card_visa"}})";
  std::vector<Task<Reply>> at_once;
  for (int i = 0; i < 3; ++i) at_once.push_back(buyer.call(http::Method::post, retry, visa, "another-card"));
  for (const auto& paid : run(when_all(std::move(at_once)))) {
    EXPECT_TRUE(paid.status == 201 || paid.status == 200) << paid.status << paid.body;
    EXPECT_EQ(member_of(paid.body, "order_id"), member_of(declined.body, "metadata.order_id"));
  }
  EXPECT_EQ(balance() - before, buyer.total().amount());
}

TEST_F(CardPurchase, acceptance_commerce_4_5_2_OfOneSessionConfirmedAHundredTimesIsOneOrderAndOneCharge) {
  Buyer buyer(client, shop->url());
  const std::int64_t before = balance();
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 1, "impatient", R"({"method":"card","payment_method_id":"pm_card_visa"})")).status, 200);
  std::vector<Task<Reply>> at_once;
  for (int i = 0; i < 50; ++i) {
    at_once.push_back(buyer.confirm("one-key"));
    at_once.push_back(buyer.confirm(text("key-", i)));
  }
  std::set<std::string> orders;
  for (const auto& reply : run(when_all(std::move(at_once)))) {
    if (reply.status == 409) {
      EXPECT_EQ(reply.reason, "CHECKOUT_IN_PROGRESS");
      EXPECT_FALSE(member_of(reply.body, "metadata.poll_url").empty()) << reply.body;
      continue;
    }
    ASSERT_TRUE(reply.status == 200 || reply.status == 201 || reply.status == 202) << reply.status << reply.body;
    if (const auto order = member_of(reply.body, "order_id"); !order.empty()) orders.insert(order);
  }
  EXPECT_TRUE(testing::eventually(runtime, [&] { return placement(buyer) == "confirmed"; }, [&] { return placement(buyer); }, seconds(20)));
  EXPECT_EQ(orders.size(), 1u);
  EXPECT_EQ(balance() - before, buyer.total().amount());
}

TEST_F(CardPurchase, WaitsForTheBuyersBankAndGoesOnWithItsMessage) {
  Buyer buyer(client, shop->url());
  const std::int64_t before = balance();
  const auto waiting = buy(buyer, "pm_card_threeDSecure2Required", "card-3ds");
  ASSERT_EQ(waiting.status, 202) << waiting.reason << waiting.body;
  EXPECT_EQ(member_of(waiting.body, "status"), "requires_action");
  const std::string bank = member_of(waiting.body, "next_action.url");
  const std::string intent = bank.substr(bank.rfind('/') + 1);
  ASSERT_TRUE(provider->on_its_thread([intent](StripeSimulator& simulator) { return simulator.settle(intent, true); })) << bank;
  EXPECT_TRUE(testing::eventually(runtime, [&] { return placement(buyer) == "confirmed"; }, [&] { return placement(buyer); }, seconds(20)));
  EXPECT_EQ(balance() - before, buyer.total().amount());
}

TEST_F(CardPurchase, ARetryThatIsSentAgainIsNotAnotherTry) {
  Buyer buyer(client, shop->url());
  ASSERT_EQ(buy(buyer, "pm_card_chargeDeclined", "card-again").status, 402);
  const std::string path = "/api/v1/checkout/" + buyer.session() + "/retry-payment";
  const auto retry = [&](const std::string& card) {
    return run(buyer.call(http::Method::post, path, text(R"({"payment":{"method":"card","payment_method_id":")", card, R"("}})"), "retry-once"));
  };
  for (int sent = 1; sent <= 3; ++sent) {
    const auto declined = retry("pm_card_chargeDeclinedExpiredCard");
    EXPECT_EQ(declined.status, 402) << sent << declined.body;
    EXPECT_EQ(member_of(declined.body, "metadata.attempts_left"), "1") << sent << declined.body;
  }
  EXPECT_EQ(retry("pm_card_visa").reason, "IDEMPOTENCY_KEY_REUSED");
  const auto other = run(buyer.call(http::Method::post, path, R"({"payment":{"method":"card","payment_method_id":"pm_card_visa"}})", "retry-other"));
  EXPECT_EQ(other.status, 201) << other.body;
}

TEST_F(CardPurchase, ThatWaitsForTheBankIsNotRetriedBesideIt) {
  Buyer buyer(client, shop->url());
  const std::int64_t before = balance();
  const auto waiting = buy(buyer, "pm_card_threeDSecure2Required", "card-beside");
  ASSERT_EQ(waiting.status, 202) << waiting.reason << waiting.body;
  const auto refused = run(buyer.call(http::Method::post, "/api/v1/checkout/" + buyer.session() + "/retry-payment",
                                      R"({"payment":{"method":"card","payment_method_id":"pm_card_visa"}})", "retry-beside"));
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_EQ(refused.reason, "PAYMENT_IN_PROGRESS");
  const std::string bank = member_of(waiting.body, "next_action.url");
  ASSERT_TRUE(provider->on_its_thread([intent = bank.substr(bank.rfind('/') + 1)](StripeSimulator& simulator) { return simulator.settle(intent, true); }))
      << bank;
  EXPECT_TRUE(testing::eventually(runtime, [&] { return placement(buyer) == "confirmed"; }, [&] { return placement(buyer); }, seconds(20)));
  EXPECT_EQ(balance() - before, buyer.total().amount());
}

TEST_F(CardPurchase, WhoseAnswerIsLostIsFoundAndChargedOnce) {
  Buyer buyer(client, shop->url());
  const std::int64_t before = balance();
  provider->on_its_thread([](StripeSimulator& simulator) {
    simulator.deliver(simulators::Delivery::never);
    simulator.misbehave("confirm", Fault::lose_answer);
    simulator.misbehave("capture", Fault::lose_answer);
    return true;
  });
  const auto unknown = buy(buyer, "pm_card_visa", "card-lost");
  EXPECT_TRUE(unknown.status == 202 || unknown.status == 201) << unknown.reason << unknown.body;
  EXPECT_TRUE(testing::eventually(runtime, [&] { return placement(buyer) == "confirmed"; }, [&] { return placement(buyer); }, seconds(60)));
  EXPECT_EQ(balance() - before, buyer.total().amount());
  provider->on_its_thread([](StripeSimulator& simulator) {
    simulator.deliver(simulators::Delivery::at_once);
    return true;
  });
}

}  // namespace
}  // namespace emporion::journeys
