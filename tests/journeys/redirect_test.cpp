#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/simulators/momo/momo_simulator.hpp"
#include "tests/simulators/vnpay/vnpay_simulator.hpp"

namespace emporion::journeys {
namespace {

using simulators::MomoSimulator;
using simulators::MomoSimulatorOptions;
using simulators::VnpaySimulator;
using simulators::VnpaySimulatorOptions;

/// Purchases that are paid at a page of the provider: VNPay takes the money at once, MoMo holds it first.
struct RedirectPurchase : ::testing::Test {
  static void SetUpTestSuite() {
    bank = std::make_unique<ProviderThread<VnpaySimulator, VnpaySimulatorOptions>>(VnpaySimulatorOptions{});
    wallet = std::make_unique<ProviderThread<MomoSimulator, MomoSimulatorOptions>>(MomoSimulatorOptions{});
    const VnpaySimulatorOptions bank_keys;
    const MomoSimulatorOptions wallet_keys;
    shop = std::make_unique<ShopProcess>(
        text("payment:\n  public_base_url: http://127.0.0.1:9\n  vnpay:\n    enabled: true\n    test_mode: true\n    tmn_code: ", bank_keys.tmn_code,
             "\n    hash_secret: ", bank_keys.hash_secret, "\n    pay_url: ", bank->url(), "/paymentv2/vpcpay.html\n    api_url: ", bank->url(),
             "/merchant_webapi/api/transaction\n", "  momo:\n    enabled: true\n    test_mode: true\n    partner_code: ", wallet_keys.partner_code,
             "\n    access_key: ", wallet_keys.access_key, "\n    secret_key: ", wallet_keys.secret_key, "\n    base_url: ", wallet->url(), "\n"));
    shop->start();
    bank->on_its_thread([](VnpaySimulator& simulator) {
      simulator.set_ipn_url(shop->url() + "/api/v1/webhooks/vnpay");
      return true;
    });
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
    EXPECT_EQ(shop->stop(), 0);
    shop.reset();
    wallet.reset();
    bank.reset();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  /// The page at which the buyer of a confirmed order pays.
  std::string page_of(Buyer& buyer, const std::string& method) {
    const auto prepared = run(buyer.prepare("TEA-JASMINE-100", 1, method, text(R"({"method":")", method, R"("})")));
    EXPECT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
    const auto waiting = run(buyer.confirm(method));
    EXPECT_EQ(waiting.status, 202) << waiting.reason << waiting.body;
    EXPECT_EQ(member_of(waiting.body, "status"), "requires_action");
    return member_of(waiting.body, "next_action.url");
  }
  std::string placement(Buyer& buyer) {
    return member_of(run(buyer.call(http::Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation")).body, "status");
  }
  bool is_confirmed(Buyer& buyer, seconds patience) {
    return testing::eventually(runtime, [&] { return placement(buyer) == "confirmed"; }, [&] { return placement(buyer); }, patience);
  }

  static std::unique_ptr<ProviderThread<VnpaySimulator, VnpaySimulatorOptions>> bank;
  static std::unique_ptr<ProviderThread<MomoSimulator, MomoSimulatorOptions>> wallet;
  static std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime};
};
std::unique_ptr<ProviderThread<VnpaySimulator, VnpaySimulatorOptions>> RedirectPurchase::bank;
std::unique_ptr<ProviderThread<MomoSimulator, MomoSimulatorOptions>> RedirectPurchase::wallet;
std::unique_ptr<ShopProcess> RedirectPurchase::shop;

TEST_F(RedirectPurchase, AtVnpayIsConfirmedByTheBanksMessage) {
  Buyer buyer(client, shop->url());
  http::ClientRequest open;
  open.url = page_of(buyer, "vnpay");
  ASSERT_EQ(run(client.send(std::move(open)))->status, 200);
  ASSERT_TRUE(bank->on_its_thread([](VnpaySimulator& simulator) { return simulator.pay(simulator.only_ref()); }));
  EXPECT_TRUE(is_confirmed(buyer, seconds(20)));
  EXPECT_EQ(bank->on_its_thread([](VnpaySimulator& simulator) { return simulator.balance(); }), buyer.total().amount());
}

TEST_F(RedirectPurchase, acceptance_commerce_4_5_9_PaidAfterTheAbortGoesBackInFullAndMovesNoStock) {
  Buyer buyer(client, shop->url());
  const auto prepared = run(buyer.prepare("TEA-JASMINE-100", 1, "late", R"({"method":"vnpay"})"));
  ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
  const auto waiting = run(buyer.confirm("late"));
  ASSERT_EQ(waiting.status, 202) << waiting.reason << waiting.body;
  const std::string page = member_of(waiting.body, "next_action.url");
  http::ClientRequest open;
  open.url = page;
  ASSERT_EQ(run(client.send(std::move(open)))->status, 200);
  const std::int64_t before = bank->on_its_thread([](VnpaySimulator& simulator) { return simulator.balance(); });
  ASSERT_EQ(run(buyer.call(http::Method::del, "/api/v1/checkout/" + buyer.session())).status, 202);
  ASSERT_TRUE(testing::eventually(runtime, [&] { return placement(buyer) == "failed"; }, [&] { return placement(buyer); }, seconds(10)));
  // The buyer had the bank's page open and pays now; the bank's message lands.
  const std::size_t from = page.find("vnp_TxnRef=") + 11;
  const std::string ref = page.substr(from, page.find('&', from) - from);
  ASSERT_TRUE(bank->on_its_thread([ref](VnpaySimulator& simulator) { return simulator.pay(ref); })) << page;
  const auto refunded = [&] {
    const auto seen = run(buyer.call(http::Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation"));
    return member_of(seen.body, "status") == "cancelled" && member_of(seen.body, "refund.status") == "succeeded" &&
           member_of(seen.body, "refund.amount.amount") == text(buyer.total().amount());
  };
  const auto seen = [&] { return run(buyer.call(http::Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation")).body; };
  EXPECT_TRUE(testing::eventually(runtime, refunded, seen, seconds(60)));
  EXPECT_EQ(bank->on_its_thread([](VnpaySimulator& simulator) { return simulator.balance(); }), before);
  // The audit at the end says that no units are held or sold for it.
}

TEST_F(RedirectPurchase, AtMomoIsFoundByThePollerHeldAndCaptured) {
  // MoMo is told the shop's public address, where nobody listens here: its messages are lost.
  Buyer buyer(client, shop->url());
  const std::string page = page_of(buyer, "momo");
  const std::string order = page.substr(page.rfind('=') + 1);
  ASSERT_TRUE(wallet->on_its_thread([order](MomoSimulator& simulator) { return simulator.pay(order); })) << page;
  EXPECT_TRUE(is_confirmed(buyer, seconds(100)));
  EXPECT_EQ(wallet->on_its_thread([](MomoSimulator& simulator) { return simulator.balance(); }), buyer.total().amount());
}

}  // namespace
}  // namespace emporion::journeys
