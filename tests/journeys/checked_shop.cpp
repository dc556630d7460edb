#include "tests/journeys/checked_shop.hpp"

#include <algorithm>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/testing/eventually.hpp"

namespace emporion::journeys {
namespace {

using http::Method;
using simulators::StripeSimulator;
using simulators::StripeSimulatorOptions;
using simulators::VnpaySimulator;
using simulators::VnpaySimulatorOptions;

constexpr seconds patience{60};

/// Leases and the time to pay are short, and nobody picks: what is compared is the sale. One buyer may try more than once.
std::string settings_of(const std::string& cards_url, const std::string& bank_url) {
  const StripeSimulatorOptions card_keys;
  const VnpaySimulatorOptions bank_keys;
  return text("checkout:\n  saga_lease_s: 2\n  payment_window_s: 8\nfulfillment:\n  autopilot: false\npayment:\n  public_base_url: http://127.0.0.1:9\n",
              "  stripe:\n    enabled: true\n    base_url: ", cards_url, "\n    secret_key: ", card_keys.secret_key,
              "\n    webhook_secret: ", card_keys.webhook_secret, "\n  vnpay:\n    enabled: true\n    test_mode: true\n    tmn_code: ", bank_keys.tmn_code,
              "\n    hash_secret: ", bank_keys.hash_secret, "\n    pay_url: ", bank_url, "/paymentv2/vpcpay.html\n    api_url: ", bank_url,
              "/merchant_webapi/api/transaction\n");
}

/// Whether one of those who want the last coupon (check 6) is refused by the saga's quote, or by create_order after units were held for them,
/// depends on who came when: what those gave back is not compared.
constexpr const char* refused_late =
    "SELECT id FROM reservation JOIN reservation_line ON reservation_id = id WHERE status = 'released' AND sku = 'TEA-LOTUS-50'";

/// What is compared of each module: a query of names and numbers.
const std::pair<std::string, std::string> compared[] = {
    {"order", "SELECT 'order ' || status, count(*) FROM order_header GROUP BY 1"},
    {"order", "SELECT 'units ' || sku, sum(l.qty) FROM order_line l JOIN order_header h ON h.id = l.order_id WHERE h.status = 'confirmed' GROUP BY 1"},
    // Where time runs out, the saga's void and Payment's own watch race; either gives the payment up.
    {"payment", "SELECT 'payment ' || CASE WHEN status IN ('voided', 'expired') THEN 'given up' ELSE status END, count(*) FROM payment GROUP BY 1"},
    {"payment", "SELECT 'refund ' || status, count(*) FROM refund GROUP BY 1"},
    {"warehouse", text("SELECT 'reservation ' || status, count(*) FROM reservation WHERE id NOT IN (", refused_late, ") GROUP BY 1")},
    {"promotion", "SELECT 'coupon ' || code || ' used', used FROM coupon WHERE used > 0"},
    {"checkout", "SELECT 'saga ' || state, count(*) FROM saga GROUP BY 1"},
    {"checkout", "SELECT 'cart ' || status, count(*) FROM cart GROUP BY 1"},
};

}  // namespace

CheckedShop::CheckedShop(const std::string& placement) {
  cards = std::make_unique<ProviderThread<StripeSimulator, StripeSimulatorOptions>>(StripeSimulatorOptions{.webhook_url = "", .hang = milliseconds(2'000)});
  bank = std::make_unique<ProviderThread<VnpaySimulator, VnpaySimulatorOptions>>(VnpaySimulatorOptions{});
  shop = std::make_unique<ShopProcess>(settings_of(cards->url(), bank->url()), placement);
  faults = std::make_unique<FaultFile>(shop->home() / "fault");
  start();
  Staff::hire(*shop);
}

CheckedShop::~CheckedShop() {
  faults->disarm();
  (void)shop->stop();
}

void CheckedShop::start() {
  shop->start({faults->environment()});
  staff.move_to(shop->url());
  cards->on_its_thread([url = shop->url()](StripeSimulator& simulator) {
    simulator.set_webhook_url(url + "/api/v1/webhooks/stripe");
    return true;
  });
  bank->on_its_thread([url = shop->url()](VnpaySimulator& simulator) {
    simulator.set_ipn_url(url + "/api/v1/webhooks/vnpay");
    return true;
  });
}

std::unique_ptr<Buyer> CheckedShop::prepared(const std::string& sku, int qty, const std::string& name, const std::string& payment) {
  auto out = std::make_unique<Buyer>(client, shop->url());
  Reply last;
  // A SKU that was sold out may be refused a second longer.
  EXPECT_TRUE(
      testing::eventually(runtime, [&] { return (last = run(out->prepare(sku, qty, name, payment))).status == 200; }, [&] { return last.body; }, seconds(10)));
  return out;
}

std::vector<Reply> CheckedShop::confirm_all(const std::vector<std::unique_ptr<Buyer>>& buyers) {
  std::vector<Task<Reply>> all;
  for (const auto& buyer : buyers) all.push_back(buyer->confirm("buy"));
  return run(when_all(std::move(all)));
}

std::string CheckedShop::end_of(Buyer& buyer) {
  std::string seen;
  const auto look = [&] {
    const auto reply = run(buyer.call(Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation"));
    const std::string status = member_of(reply.body, "status");
    seen = reply.status != 200 ? in_short(reply) : status == "failed" ? member_of(reply.body, "failure.reason") : status;
    return reply.status == 200 && seen != "processing" && seen != "payment_processing";
  };
  (void)testing::eventually(runtime, look, [&] { return seen; }, patience);
  return seen;
}

std::string CheckedShop::order_of(Buyer& buyer) {
  return member_of(run(buyer.call(Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation")).body, "order_id");
}

std::string CheckedShop::history_of(const std::string& order) {
  const std::string body = run(staff.call(Method::get, "/api/v1/orders/" + order + "/status-history")).body;
  std::string out;
  for (int i = 0;; ++i) {
    const std::string status = member_of(body, text("changes.", i, ".to"));
    if (status.empty()) return out;
    out += (i == 0 ? "" : " ") + status;
  }
}

void CheckedShop::fill(const std::string& sku, int units) { EXPECT_TRUE(run(staff.set_available(sku, units, text("fill-", sku, '-', units)))) << sku; }

std::string CheckedShop::until(const std::string& wanted, const std::function<std::string()>& seen) {
  std::string last;
  (void)testing::eventually(runtime, [&] { return (last = seen()) == wanted; }, [&] { return last; }, patience);
  return last;
}

std::int64_t CheckedShop::cards_balance() {
  return cards->on_its_thread([](StripeSimulator& simulator) { return simulator.ledger().balance(); });
}
std::int64_t CheckedShop::bank_balance() {
  return bank->on_its_thread([](VnpaySimulator& simulator) { return simulator.balance(); });
}

std::string CheckedShop::at_provider(const std::string& order) {
  return cards->on_its_thread([payment = payment_of(order)](StripeSimulator& simulator) {
    const auto* const found = simulator.ledger().of_payment(payment);
    return found ? found->status : std::string("unknown");
  });
}

int CheckedShop::calls_at_provider(const std::string& operation, const std::string& order) {
  return cards->on_its_thread([operation, payment = payment_of(order)](StripeSimulator& simulator) {
    const auto* const found = simulator.ledger().of_payment(payment);
    return found ? simulator.calls(operation, found->id) : 0;
  });
}

std::string CheckedShop::payment_of(const std::string& order) {
  return member_of(run(staff.call(Method::get, "/api/v1/payments?order_id=" + order)).body, "payments.0.id");
}

bool CheckedShop::come_back() {
  const bool died = shop->wait_for_end(10);
  faults->disarm();
  if (!died) return false;
  start();
  for (auto& [check, each] : begun) each.buyer->move_to(shop->url());
  return true;
}

std::vector<std::string> CheckedShop::books() {
  auto seen = read_books();
  const auto is_at_rest = [&] {
    std::this_thread::sleep_for(milliseconds(1'500));  // tidy-allow(test_sleeps): jobs and feeds of other processes go on by themselves.
    return std::exchange(seen, read_books()) == seen;
  };
  EXPECT_TRUE(testing::eventually(runtime, is_at_rest, [&] { return text(seen.size(), " lines"); }, patience));
  return seen;
}

std::vector<std::string> CheckedShop::read_books() {
  const auto cluster = shop->home() / "postgres";
  const auto open = [&](const std::string& module) {
    auto at = postgres::BlockingConnection::open(text("host=", (cluster / "run").string(), " port=5432 dbname=emporion_", module, " user=emporion_", module,
                                                      " password=", text_of(cluster / "roles" / (module + ".password"))));
    EMP_ASSERT(at.has_value());
    return std::move(*at);
  };
  std::vector<std::string> out;
  const auto add = [&](postgres::BlockingConnection& at, const std::string& query) {
    const auto rows = at.run(text(query, " ORDER BY 1"));
    EXPECT_TRUE(rows.has_value()) << query << ": " << rows.error().to_string();
    if (!rows) return;
    for (const auto& row : *rows) out.push_back(text(row[0].value_or(""), ": ", row[1].value_or("")));
  };
  for (const auto& [module, query] : compared) {
    auto at = open(module);
    add(at, query);
  }
  for (const auto& entry : std::filesystem::directory_iterator(cluster / "roles")) {
    auto at = open(entry.path().stem().string());
    // What is said once for all that a batch brought depends on what happened to come together.
    add(at, text("SELECT 'events ' || CASE WHEN topic IN ('payment.payment.voided', 'payment.payment.expired') THEN 'payment.payment.voided or expired' ELSE "
                 "topic END, count(*) FROM outbox WHERE topic NOT IN ('warehouse.stock.changed', 'warehouse.coverage.updated')",
                 entry.path().stem() == "warehouse" ? text(" AND aggregate_id NOT IN (SELECT id::text FROM (", refused_late, ") late)") : "", " GROUP BY 1"));
  }
  std::ranges::sort(out);
  return out;
}

std::string card(std::string_view token) { return text(R"({"method":"card","payment_method_id":")", token, R"("})"); }

std::string counted(const std::vector<std::string>& outcomes) {
  std::map<std::string, int> counts;
  for (const auto& outcome : outcomes) ++counts[outcome];
  std::string out;
  for (const auto& [outcome, count] : counts) out += text(out.empty() ? "" : ", ", count, " × ", outcome);
  return out;
}

std::string in_short(const Reply& reply) { return reply.reason.empty() ? text(reply.status) : text(reply.status, ' ', reply.reason); }

}  // namespace emporion::journeys
