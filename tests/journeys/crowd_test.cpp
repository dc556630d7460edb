#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

int number(const char* variable, int fallback) {
  const char* const given = std::getenv(variable);
  return given ? std::atoi(given) : fallback;
}

/// Many distinct guests who all stand before their confirm. One prepares a session over the API, the database copies it for the others: what is measured is the
/// confirm, and preparing ten thousand sessions one by one would take minutes.
struct Crowd : ::testing::Test {
  void SetUp() override {
    auto started = postgres::PrivateCluster::start(shop.home() / "postgres", {}, postgres::Durability::none_for_tests);
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    cluster = std::move(*started);
    shop.start();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  postgres::BlockingConnection database(const std::string& module) {
    auto opened = postgres::BlockingConnection::open(cluster->superuser_dsn("emporion_" + module));
    EXPECT_TRUE(opened.has_value());
    return std::move(*opened);
  }
  static std::string value(postgres::BlockingConnection& at, const std::string& sql) {
    const auto rows = at.run(sql);
    EXPECT_TRUE(rows.has_value()) << rows.error().to_string();
    return rows && !rows->empty() ? rows->front().front().value_or("") : "";
  }

  void gather(const std::string& sku, int qty, int size) {
    Buyer first(client, shop.url());
    const auto prepared = run(first.prepare(sku, qty, "the-first"));
    ASSERT_EQ(prepared.status, 200) << prepared.reason << prepared.body;
    auto checkout = database("checkout");
    const std::string numbers = text(" CROSS JOIN generate_series(1, ", size, ") AS n WHERE s.id = '", first.session(), "'");
    const std::string copies[] = {
        "INSERT INTO cart (id, guest_token_sha256, currency, version) SELECT md5('cart' || n)::uuid, sha256(convert_to('crowd-' || n, 'UTF8')), c.currency, "
        "c.version FROM checkout_session s "
        "JOIN cart c ON c.id = s.cart_id",
        "INSERT INTO cart_line (cart_id, line_id, sku, product_id, qty, unit_price, list_price, added_price, name, image, seller_id) SELECT md5('cart' || "
        "n)::uuid, l.line_id, l.sku, "
        "l.product_id, l.qty, l.unit_price, l.list_price, l.added_price, l.name, l.image, l.seller_id FROM checkout_session s JOIN cart_line l ON l.cart_id = "
        "s.cart_id",
        "INSERT INTO quote (id, session_id, cart_version, body, plan, currency, grand_total, expires_at) SELECT md5('quote' || n)::uuid, md5('session' || "
        "n)::uuid, q.cart_version, "
        "replace(replace(q.body, q.id::text, md5('quote' || n)::uuid::text), s.id::text, md5('session' || n)::uuid::text), q.plan, q.currency, q.grand_total, "
        "q.expires_at FROM "
        "checkout_session s JOIN quote q ON q.id = s.quote_id",
        "INSERT INTO checkout_session (id, cart_id, cart_version, guest_token_sha256, currency, contact, shipping_address, shipping_selections, payment, "
        "quote_id) SELECT md5('session' || "
        "n)::uuid, md5('cart' || n)::uuid, s.cart_version, sha256(convert_to('crowd-' || n, 'UTF8')), s.currency, replace(s.contact, 'the-first', 'crowd-' || "
        "n), s.shipping_address, "
        "s.shipping_selections, s.payment, md5('quote' || n)::uuid FROM checkout_session s"};
    for (const auto& copy : copies) {
      const auto done = checkout.run(copy + numbers);
      ASSERT_TRUE(done.has_value()) << done.error().to_string();
    }
    const auto ids = checkout.run(text("SELECT md5('session' || n)::uuid, md5('quote' || n)::uuid FROM generate_series(1, ", size, ") AS n"));
    for (int i = 0; i < size; ++i) {
      buyers.push_back(std::make_unique<Buyer>(client, shop.url()));
      const auto& row = (*ids)[static_cast<std::size_t>(i)];
      buyers.back()->resume(text("crowd-", i + 1), row[0].value(), row[1].value(), first.total());
    }
  }

  /// Confirms for all, `at_once` of them at any moment.
  void confirm_all(int at_once) {
    std::vector<Task<int>> hands;
    for (int hand = 0; hand < at_once; ++hand) hands.push_back(confirm_some(*this));
    hands.push_back(sample(*this));
    (void)run(when_all(std::move(hands)));
  }
  static Task<int> confirm_some(Crowd& crowd) {
    while (crowd.next < crowd.buyers.size()) {
      const std::size_t mine = crowd.next++;
      const auto reply = co_await crowd.buyers[mine]->confirm("buy");
      ++crowd.outcomes[reply.status == 201 ? "confirmed" : text(reply.status, " ", reply.reason)];
      ++crowd.answered;
    }
    co_return 0;
  }
  /// Looks at the goods all the while.
  static Task<int> sample(Crowd& crowd) {
    if (crowd.sampled_sku.empty()) co_return 0;
    auto warehouse = crowd.database("warehouse");
    while (crowd.answered < crowd.buyers.size()) {
      const auto units = std::stoll(value(warehouse, crowd.units_promised()));
      crowd.most_promised = std::max(crowd.most_promised, units);
      ++crowd.samples;
      co_await crowd.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): between two looks at another process.
    }
    co_return 0;
  }
  std::string units_promised() const {
    return text("SELECT coalesce(sum(l.qty - l.released), 0) FROM reservation r JOIN reservation_line l ON l.reservation_id = r.id WHERE l.sku = '",
                sampled_sku, "' AND r.status IN ('active', 'confirmed', 'fulfilled')");
  }
  std::string seen() const {
    std::string out;
    for (const auto& [outcome, count] : outcomes) out += text(outcome, " × ", count, "; ");
    return out;
  }

  Runtime runtime;
  http::Client client{runtime, 6'000};
  ShopProcess shop{"demo: true\n"};
  std::optional<postgres::PrivateCluster> cluster;
  std::vector<std::unique_ptr<Buyer>> buyers;
  std::map<std::string, int> outcomes;
  std::string sampled_sku;
  std::size_t next = 0;
  std::size_t answered = 0;
  long long most_promised = 0;
  int samples = 0;
};

// The demo holds 3 × 200 lotus teas of 50 g; everybody wants six, so there are units for exactly a hundred orders, the last one from all three warehouses.
TEST_F(Crowd, acceptance_commerce_4_5_1_ACrowdForAHundredOrdersGetsAHundredOrders) {
  const int size = number("EMP_CROWD", 1'000);  // EMP_CROWD=10000 is the measure of the specification.
  sampled_sku = "TEA-LOTUS-50";
  gather(sampled_sku, 6, size);
  confirm_all(number("EMP_CROWD_AT_ONCE", 500));
  std::printf("%d buyers, %d samples: %s\n", size, samples, seen().c_str());
  EXPECT_EQ(outcomes, (std::map<std::string, int>{{"confirmed", 100}, {"409 OUT_OF_STOCK", size - 100}})) << seen();
  EXPECT_LE(most_promised, 600);
  EXPECT_GT(samples, 10);
  auto warehouse = database("warehouse");
  EXPECT_EQ(value(warehouse, units_promised()), "600");
  auto orders = database("order");
  EXPECT_EQ(value(orders, "SELECT count(*) FROM order_header"), "100") << "who got nothing has no order row";
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
}

// Each module has ten connections. Whoever cannot be served is told so.
TEST_F(Crowd, acceptance_commerce_4_5_14_FiveThousandConfirmsAtOnceOnFewConnectionsAreAllAnswered) {
  const int size = number("EMP_CROWD", 5'000);
  gather("TEA-LOTUS-50", 1, size);
  confirm_all(size);
  std::printf("%d buyers: %s\n", size, seen().c_str());
  int served = 0;
  for (const auto& [outcome, count] : outcomes) {
    const std::string status = outcome.substr(0, 3);
    EXPECT_TRUE(outcome == "confirmed" || status == "202" || status == "402" || status == "409" || status == "422" || status == "429" || status == "503")
        << outcome << " × " << count;
    if (outcome == "confirmed" || status == "202") served += count;
  }
  EXPECT_GT(served, 0);
  // Those that were told to look again come to an end, too.
  auto checkout = database("checkout");
  for (int looks = 0; looks < 600 && value(checkout, "SELECT count(*) FROM saga WHERE state NOT IN ('completed', 'failed')") != "0"; ++looks) {
    run([](Runtime& loop) -> Task<bool> {
      co_await loop.sleep_for(milliseconds(100));  // tidy-allow(test_sleeps): polls another process.
      co_return true;
    }(runtime));
  }
  EXPECT_EQ(value(checkout, "SELECT count(*) FROM saga WHERE state NOT IN ('completed', 'failed')"), "0");
  EXPECT_LE(std::stoi(value(checkout, "SELECT count(*) FROM saga WHERE state = 'completed'")), 600);
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
}

}  // namespace
}  // namespace emporion::journeys
