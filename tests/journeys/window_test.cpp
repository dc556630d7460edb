#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"

namespace emporion::journeys {
namespace {

using simulators::StripeSimulator;
using Provider = ProviderThread<StripeSimulator, simulators::StripeSimulatorOptions>;

// A shop that waits for its buyers' money for five seconds only.
TEST(PaymentWindow, acceptance_commerce_4_5_8_ThatEndsBeforeTheBuyerWasAtTheBankGivesEverythingBack) {
  const simulators::StripeSimulatorOptions keys;
  Provider provider(keys);
  ShopProcess shop(text("checkout:\n  payment_window_s: 5\npayment:\n  stripe:\n    enabled: true\n    base_url: ", provider.url(),
                        "\n    secret_key: ", keys.secret_key, "\n    webhook_secret: ", keys.webhook_secret, "\n"));
  shop.start();
  Runtime runtime;
  http::Client client(runtime);
  const auto run = [&](auto task) { return run_until_done(runtime, std::move(task)); };
  Buyer buyer(client, shop.url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 3, "dreamer", R"({"method":"card","payment_method_id":"pm_card_threeDSecure2Required"})")).status, 200);
  const auto waiting = run(buyer.confirm("dream"));
  ASSERT_EQ(waiting.status, 202) << waiting.reason << waiting.body;
  EXPECT_EQ(member_of(waiting.body, "status"), "requires_action");
  EXPECT_EQ(run(buyer.call(http::Method::post, "/api/v1/cart/items", R"({"sku":"TEA-LOTUS-50","qty":1})", "meanwhile")).reason, "CART_LOCKED");
  const auto look = [&] { return run(buyer.call(http::Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation")).body; };
  ASSERT_TRUE(testing::eventually(runtime, [&] { return member_of(look(), "status") == "failed"; }, look, seconds(30)));
  EXPECT_EQ(member_of(look(), "failure.reason"), "PAYMENT_WINDOW_CLOSED");
  const auto cart = run(buyer.call(http::Method::get, "/api/v1/cart")).body;
  EXPECT_EQ(member_of(cart, "cart.status"), "active");
  EXPECT_EQ(member_of(cart, "cart.unit_count"), "3");
  EXPECT_EQ(provider.on_its_thread([](StripeSimulator& simulator) { return simulator.ledger().balance(); }), 0);
  // Held units, orders and payments agree: nothing stands, nothing is held.
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
  EXPECT_EQ(shop.stop(), 0);
}

}  // namespace
}  // namespace emporion::journeys
