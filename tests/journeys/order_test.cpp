#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/journeys/shop_staff.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"

// What an order's life needs the whole shop for: the acceptance checks of commerce.md §2.7 over several modules.
namespace emporion::journeys {
namespace {

using http::Method;
using simulators::StripeSimulator;
using Provider = ProviderThread<StripeSimulator, simulators::StripeSimulatorOptions>;

constexpr std::string_view carrier_secret = "a secret of the demo carrier";

struct OrderLife : ::testing::Test {
  /// A shop with the simulated card provider and these settings more, and an administrator who is signed in.
  void open(const std::string& settings) {
    provider = std::make_unique<Provider>(simulators::StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(5'000)});
    const simulators::StripeSimulatorOptions keys;
    shop = std::make_unique<ShopProcess>(text("payment:\n  stripe:\n    enabled: true\n    base_url: ", provider->url(), "\n    secret_key: ", keys.secret_key,
                                              "\n    webhook_secret: ", keys.webhook_secret, "\n", settings));
    shop->start();
    ASSERT_EQ(shop->command({"admin", "create", "--email", "ada@example.com", "--name", "Ada Byron"}, {"EMPORION_ADMIN_PASSWORD=a long quiet river"}), 0)
        << shop->complained();
    meet();
  }
  /// The shop came up, maybe again.
  void meet() {
    provider->on_its_thread([url = shop->url()](StripeSimulator& simulator) {
      simulator.set_webhook_url(url + "/api/v1/webhooks/stripe");
      return true;
    });
    staff.move_to(shop->url());
    const auto login =
        run(staff.call(Method::post, "/api/v1/auth/login", R"({"identifier":"ada@example.com","password":"a long quiet river","realm":"staff"})"));
    ASSERT_EQ(login.status, 200) << login.body;
    staff.sign_in(member_of(login.body, "access_token"));
  }
  void TearDown() override {
    if (!shop) return;
    EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
    EXPECT_EQ(shop->stop(), 0);
    shop.reset();
    provider.reset();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  std::string get(const std::string& path, std::string_view member) { return member_of(run(staff.call(Method::get, path)).body, member); }
  Reply post(const std::string& path, const std::string& body, const std::string& key) { return run(staff.call(Method::post, path, body, key)); }
  std::string order(std::string_view member) { return get("/api/v1/orders/" + order_id, member); }
  bool becomes(const std::string& wanted, const std::function<std::string()>& seen, seconds patience = seconds(30)) {
    return testing::eventually(runtime, [&] { return seen() == wanted; }, seen, patience);
  }
  std::int64_t available(const std::string& sku) { return units_available(run(staff.call(Method::get, "/api/v1/inventory?sku=" + sku)).body); }
  std::string metric(const std::string& name) {
    for (const auto& url : shop->metrics_urls()) {
      const std::string all = run(Buyer(client, url).call(Method::get, "/metrics")).body;
      const auto at = all.find("\n" + name + " ");
      if (at != std::string::npos) return all.substr(at + name.size() + 2, all.find('\n', at + 1) - at - name.size() - 2);
    }
    return "";
  }

  std::unique_ptr<Provider> provider;
  std::unique_ptr<ShopProcess> shop;
  std::string order_id;
  Runtime runtime;
  http::Client client{runtime};
  Buyer staff{client, ""};
};

// The hour is two seconds here, which is the only difference: `order.give_back_within_s`.
TEST_F(OrderLife, acceptance_commerce_2_7_8_ACancelledPrepaidOrderIsWhollyGivenBackWithinTheHour) {
  open("fulfillment:\n  autopilot: false\norder:\n  give_back_within_s: 2\n");
  const std::string sku = "TEA-SHAN-100";
  const std::int64_t stock = available(sku);
  ASSERT_GT(stock, 0);
  const auto balance = [&] { return provider->on_its_thread([](StripeSimulator& simulator) { return simulator.ledger().balance(); }); };
  const auto used = [&] { return get("/api/v1/promotion/coupons/WELCOME10", "used"); };
  const std::string used_before = used();
  const std::int64_t balance_before = balance();
  // Given a confirmed order that was paid by card, with a coupon
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare(sku, 2, "prepaid", R"({"method":"card","payment_method_id":"pm_card_visa"})")).status, 200);
  ASSERT_EQ(run(buyer.use_coupon("WELCOME10")).status, 200);
  const auto confirmed = run(buyer.confirm("prepaid"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.body;
  order_id = member_of(confirmed.body, "order_id");
  EXPECT_EQ(balance() - balance_before, buyer.total().amount());
  EXPECT_EQ(available(sku), stock - 2);
  EXPECT_TRUE(becomes(std::to_string(std::stoi(used_before) + 1), used)) << used();
  // When it is cancelled
  const auto cancelled = post("/api/v1/orders/" + order_id + "/cancel", R"({"reason":"the buyer called"})", "cancel-prepaid");
  ASSERT_EQ(cancelled.status, 200) << cancelled.body;
  // Then the money, the stock and the coupon are back
  EXPECT_TRUE(becomes("refunded", [&] { return order("payment.status"); })) << order("payment.status");
  EXPECT_EQ(balance(), balance_before);
  EXPECT_TRUE(becomes(std::to_string(stock), [&] { return std::to_string(available(sku)); }));
  EXPECT_TRUE(becomes(used_before, used));
  // And the checker has asked Payment, Warehouse and Promotion, and found nothing missing
  EXPECT_TRUE(becomes("1", [&] { return metric("emporion_order_cancellations_proven_total"); })) << metric("emporion_order_cancellations_proven_total");
  EXPECT_EQ(metric("emporion_order_cancellations_unfinished"), "0");
}

TEST_F(OrderLife, acceptance_commerce_2_7_11_CashRefusedAtTheDoorIsCancelledWithoutARefund) {
  open(text("shipping:\n  demo_carrier:\n    enabled: true\n    step_ms: 3600000\n    secrets: [\"", carrier_secret, "\"]\n"));
  const std::string sku = "CER-BOWL-BLUE";
  const std::int64_t stock = available(sku);
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare(sku, 3, "cod")).status, 200);
  const auto confirmed = run(buyer.confirm("cod"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.body;
  order_id = member_of(confirmed.body, "order_id");
  // Given the courier has it, as the carrier reports over its webhook
  const std::string shipments = "/api/v1/shipments?order_id=" + order_id;
  ASSERT_TRUE(testing::eventually(
      runtime, [&] { return !get(shipments, "shipments.0.tracking_number").empty(); }, [&] { return run(staff.call(Method::get, shipments)).body; },
      seconds(60)));
  const std::string tracking = get(shipments, "shipments.0.tracking_number");
  const std::string shipment = get(shipments, "shipments.0.id");
  const std::string warehouse = order("shipment_groups.0.warehouse_id");
  int told = 0;
  const auto report = [&](std::string_view status) {
    const UtcTime now = SystemClock().now();
    const std::string body = text(R"({"event_id":"refused-)", ++told, R"(","tracking_number":")", tracking, R"(","status":")", status, R"(","at":")",
                                  now.to_string(), R"(","reason":"refused"})");
    const std::string seconds_now = text(now.micros_since_epoch() / 1'000'000);
    http::ClientRequest webhook{.method = Method::post, .url = shop->url() + "/api/v1/webhooks/demo", .headers = {}, .body = body};
    webhook.headers = {{"Content-Type", "application/json"},
                       {"X-Signature", text("t=", seconds_now, ",v1=", security::hex(security::hmac_sha256(carrier_secret, text(seconds_now, ".", body))))}};
    const auto answer = run(client.send(std::move(webhook)));
    ASSERT_TRUE(answer && answer->status == 200) << status << (answer ? answer->body : answer.error().to_string());
  };
  ASSERT_TRUE(becomes("processing", [&] { return order("status"); }, seconds(60))) << order("status");
  for (const std::string_view status : {"picked_up", "in_transit", "out_for_delivery"}) report(status);
  ASSERT_TRUE(becomes("shipped", [&] { return order("status"); })) << order("status");
  // When the buyer refuses it at the door and the parcel is back in the warehouse
  for (const std::string_view status : {"delivery_failed", "returning", "returned"}) report(status);
  EXPECT_TRUE(becomes("delivery_failed", [&] { return order("status"); })) << order("status");
  const auto receipt = post("/api/v1/receipts",
                            text(R"({"warehouse_id":")", warehouse, R"(","kind":"returned_to_sender","reference":"back-1","order_id":")", order_id,
                                 R"(","shipment_id":")", shipment, R"(","lines":[{"sku":")", sku, R"(","expected":3,"order_line_no":1}],"put_away":true})"),
                            "back-1");
  ASSERT_EQ(receipt.status, 201) << receipt.body;
  // Then it is cancelled, the payment has failed, nothing was refunded, and the goods may be sold again
  EXPECT_TRUE(becomes("cancelled", [&] { return order("status"); })) << order("status");
  EXPECT_TRUE(becomes("failed", [&] { return order("payment.status"); })) << order("payment.status");
  const std::string payments = run(staff.call(Method::get, "/api/v1/payments?order_id=" + order_id)).body;
  EXPECT_EQ(member_of(payments, "payments.0.status"), "failed") << payments;
  EXPECT_EQ(member_of(payments, "payments.0.refunded.amount"), "0") << payments;
  EXPECT_EQ(member_of(payments, "payments.1.id"), "") << payments;
  EXPECT_EQ(order("payment.refunded"), "");
  EXPECT_TRUE(becomes(std::to_string(stock), [&] { return std::to_string(available(sku)); }));
}

TEST_F(OrderLife, acceptance_commerce_2_7_7_ACrashBetweenCommitAndPublicationLosesAndDoublesNothing) {
  open("checkout:\n  saga_lease_s: 2\nfulfillment:\n  autopilot: false\n");
  // Given a process that dies a few points behind the request to confirm an order: from the third one on its commit may be durable. What is found afterwards
  // tells whether the moment was right. Where Order has a process of its own, that one dies, and the entry answers that it is not known yet.
  bool was_in_time = false;
  for (int point = 3; point <= 10 && !was_in_time; ++point) {
    EXPECT_EQ(shop->stop(), 0);
    shop->start({text("EMPORION_FAULT=crash:after=order.confirm_order.send:", point)});
    meet();
    Buyer buyer(client, shop->url());
    ASSERT_EQ(run(buyer.prepare("TEA-SHAN-100", 1, text("crash-", point))).status, 200);
    const auto answer = run(buyer.confirm(text("crash-", point)));
    const bool has_died = answer.status != 201 && shop->wait_for_end(10);
    const UtcTime ended = SystemClock().now();
    // When it is started again
    if (!has_died) shop->stop();
    shop->start();
    meet();
    buyer.move_to(shop->url());
    const auto placed = [&] { return run(buyer.call(Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation")).body; };
    ASSERT_TRUE(becomes("confirmed", [&] { return member_of(placed(), "status"); }, seconds(60))) << placed();
    order_id = member_of(placed(), "order_id");
    // Then each consumer has seen the effect once: one fulfillment, and one row of history for each step
    const auto fulfillments = [&] { return run(staff.call(Method::get, "/api/v1/fulfillments/order/" + order_id)).body; };
    EXPECT_TRUE(testing::eventually(runtime, [&] { return !member_of(fulfillments(), "fulfillments.0.id").empty(); }, fulfillments, seconds(30)));
    EXPECT_EQ(member_of(fulfillments(), "fulfillments.1.id"), "") << fulfillments();
    const std::string history = run(staff.call(Method::get, "/api/v1/orders/" + order_id + "/status-history")).body;
    EXPECT_EQ(member_of(history, "changes.0.to"), "pending_payment") << history;
    EXPECT_EQ(member_of(history, "changes.1.to"), "confirmed") << history;
    EXPECT_EQ(member_of(history, "changes.2.to"), "") << history;
    EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
    // The status was committed by the process that died, and the consumer heard of it from the one that followed.
    was_in_time =
        has_died && member_of(history, "changes.1.at") < ended.to_string() && member_of(fulfillments(), "fulfillments.0.created_at") > ended.to_string();
    std::printf("point %d: died %d, confirmed %s, fulfillment %s, ended %s\n", point, has_died, member_of(history, "changes.1.at").c_str(),
                member_of(fulfillments(), "fulfillments.0.created_at").c_str(), ended.to_string().c_str());
  }
  EXPECT_TRUE(was_in_time) << "no round died between the commit and its publication";
}

TEST_F(OrderLife, IsExportedAsOneStreamAndTheExportIsOnRecord) {
  open("");
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-LOTUS-50", 1, "exported")).status, 200);
  const auto confirmed = run(buyer.confirm("exported"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.body;
  const auto csv = run(staff.call(Method::get, "/api/v1/orders/export?sku=TEA-LOTUS-50"));
  ASSERT_EQ(csv.status, 200) << csv.body;
  EXPECT_TRUE(csv.body.starts_with("order_number,placed_at,status")) << csv.body;
  EXPECT_NE(csv.body.find(member_of(confirmed.body, "order_number")), std::string::npos) << csv.body;
  EXPECT_EQ(std::ranges::count(csv.body, '\n'), 2) << csv.body;
  EXPECT_EQ(get("/api/v1/orders/exports", "exports.0.order_count"), "1");
  EXPECT_EQ(get("/api/v1/orders/exports", "exports.0.filters.sku"), "TEA-LOTUS-50");
  EXPECT_EQ(run(buyer.call(Method::get, "/api/v1/orders/export")).status, 401);
}

// The address of a confirmed order, asked of the real Shipping and Pricing.
TEST_F(OrderLife, MayGoElsewhereWhereFeeZoneAndTaxStayTheSame) {
  open("fulfillment:\n  autopilot: false\n");
  // Given a region of the country with a tax of its own
  const auto zone = post("/api/v1/pricing/tax/zones", R"({"terms":{"name":"Sai Gon","country":"VN","region":"VN-SG"}})", "zone");
  ASSERT_EQ(zone.status, 201) << zone.body;
  for (const char* tax_class : {"standard", "shipping"}) {
    const auto rule =
        post("/api/v1/pricing/tax/rules",
             text(R"({"terms":{"zone_id":")", member_of(zone.body, "id"), R"(","tax_class":")", tax_class, R"(","name":"VAT","type":"vat","rate":"0.1"}})"),
             text("rule-", tax_class));
    ASSERT_EQ(rule.status, 201) << rule.body;
  }
  Buyer buyer(client, shop->url());
  ASSERT_EQ(run(buyer.prepare("TEA-JASMINE-100", 2, "moving")).status, 200);
  const auto confirmed = run(buyer.confirm("moving"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.body;
  order_id = member_of(confirmed.body, "order_id");
  int tries = 0;
  const auto move_to = [&](std::string_view country, std::string_view region, std::string_view line1) {
    return run(staff.call(
        Method::put, "/api/v1/orders/" + order_id + "/shipping-address",
        text(R"({"address":{"name":"Mai Tran","country":")", country, R"(","region_code":")", region, R"(","city":"Somewhere","line1":")", line1, R"("}})"),
        text("move-", ++tries)));
  };
  EXPECT_EQ(move_to("VN", "VN-HN", "2 Tràng Tiền").status, 200);
  const auto same = move_to("VN", "VN-DN", "1 Bạch Đằng");
  EXPECT_EQ(same.status, 200) << same.body << " another region of the same fee, way and tax";
  const auto taxed = move_to("VN", "VN-SG", "1 Lê Lợi");
  EXPECT_EQ(taxed.status, 422) << taxed.body;
  EXPECT_EQ(taxed.reason, "ADDRESS_CHANGES_TOTAL");
  EXPECT_EQ(member_of(taxed.body, "metadata.changes"), "tax");
  const auto abroad = move_to("GB", "GB-ENG", "1 High Street");
  EXPECT_EQ(abroad.status, 422) << abroad.body;
  EXPECT_EQ(member_of(abroad.body, "metadata.changes"), "zone, tax");
  EXPECT_EQ(order("shipping_address.line1"), "1 Bạch Đằng");
  EXPECT_EQ(order("totals.grand_total.amount"), std::to_string(buyer.total().amount()));
}

// Over HTTP, as a guest's browser would.
TEST_F(OrderLife, TellsFiveWrongGuessesTheSameAndThenAsksToWait) {
  open("");
  Buyer guest(client, shop->url());
  std::string first;
  for (int i = 0; i < 6; ++i) {
    const auto reply =
        run(guest.call(Method::post, "/api/v1/orders/track", text(R"({"email":"guest@example.com","order_number":"EM-260101-000000)", i, R"("})")));
    EXPECT_EQ(reply.status, i < 5 ? 404 : 429) << reply.body;
    const std::string body = reply.body.substr(0, reply.body.find("\"trace_id\""));
    if (i == 0) first = body;
    if (i < 5) EXPECT_EQ(body, first);
  }
}

}  // namespace
}  // namespace emporion::journeys
