// The writes of Order and Payment on the way of one sale, through their modules: create an order of three lines, promise cash on delivery, confirm. Durable, on
// a cluster of its own; the modules' databases are separate, as in production. Usage: bench_order_lanes [FOLDER [SECONDS]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "contracts/commerce/order/v1/order_api.hpp"
#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/module/module.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/commerce/order/api/module.hpp"
#include "modules/commerce/payment/api/module.hpp"

using namespace emporion;

namespace {

struct Shop {
  order::v1::OrderApi& orders;
  payment::v1::PaymentApi& payments;
  const Clock& clock;
  Random& random;
  std::chrono::steady_clock::time_point end;
  std::vector<double> milliseconds;
};

Money vnd(std::int64_t amount) { return Money(amount, Currency::of("VND")); }

order::v1::CreateOrderRequest an_order(Shop& shop) {
  order::v1::CreateOrderRequest request;
  request.order_id = Uuid::v7(shop.clock.now(), shop.random);
  request.saga_id = Uuid::v7(shop.clock.now(), shop.random);
  request.session_id = Uuid::v7(shop.clock.now(), shop.random);
  request.origin = order::v1::OrderOrigin::checkout;
  request.contact.email = "buyer@example.test";
  request.currency = "VND";
  request.reservation_id = request.saga_id;
  const Uuid warehouse = Uuid::from_name("hanoi");
  for (int i = 1; i <= 3; ++i) {
    order::v1::NewOrderLine line;
    line.line_no = i;
    line.product_id = Uuid::from_name(text("product", i));
    line.sku = text("SKU-", i);
    line.name = "Ao dai";
    line.unit_price = vnd(110'000);
    line.qty = 2;
    line.discount = vnd(0);
    line.tax = vnd(33'000);
    line.total = vnd(253'000);
    line.allocations.push_back({warehouse, 2, request.reservation_id});
    request.lines.push_back(std::move(line));
  }
  auto& totals = request.totals;
  totals.subtotal = vnd(660'000);
  totals.discount = totals.shipping = totals.shipping_discount = totals.shipping_tax = totals.payment_fee = totals.points_value = vnd(0);
  totals.tax = vnd(99'000);
  totals.grand_total = vnd(759'000);
  request.shipping_address.name = "Hoa";
  request.shipping_address.country = "VN";
  request.shipping_address.city = "Ha Noi";
  request.shipping_address.line1 = "1 Trang Tien";
  request.billing_address = request.shipping_address;
  order::v1::NewShipmentGroup group;
  group.id = Uuid::v7(shop.clock.now(), shop.random);
  group.warehouse_id = warehouse;
  group.method_id = "standard";
  group.method_name = "Standard";
  group.fee = vnd(0);
  request.shipment_groups.push_back(std::move(group));
  request.payment_method = order::v1::PaymentMethod::cod;
  return request;
}

template <typename T>
T expect(Result<T> answer) {
  if (answer) return std::move(*answer);
  std::fprintf(stderr, "%s\n", answer.error().to_string().c_str());
  std::abort();
}

CallContext a_call(Shop& shop, std::string key) {
  CallContext context{shop.clock.now() + seconds(60), Uuid::v7(shop.clock.now(), shop.random), Principal::of_service("checkout")};
  context.idempotency_key = std::move(key);
  return context;
}

Task<void> sell_again_and_again(Shop& shop) {
  while (std::chrono::steady_clock::now() < shop.end) {
    const auto start = std::chrono::steady_clock::now();
    const auto request = an_order(shop);
    (void)expect(co_await shop.orders.create_order(a_call(shop, "create"), request));
    payment::v1::CreatePaymentRequest pay;
    pay.payment_id = Uuid::v7(shop.clock.now(), shop.random);
    pay.order_id = request.order_id;
    pay.attempt_no = 1;
    pay.amount = request.totals.grand_total;
    pay.method = payment::v1::PaymentMethod::cod;
    pay.assessment_id = request.saga_id;
    (void)expect(co_await shop.payments.create_payment(a_call(shop, "pay"), pay));
    order::v1::ConfirmOrderRequest confirm;
    confirm.id = request.order_id;
    confirm.payment_id = pay.payment_id;
    confirm.payment_status = order::v1::PaymentFacet::cod_pending;
    confirm.provider = "cod";
    (void)expect(co_await shop.orders.confirm_order(a_call(shop, "confirm"), confirm));
    shop.milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
}

Task<bool> all_callers(Shop& shop, int callers) {
  Scope scope;
  for (int i = 0; i < callers; ++i) scope.spawn(sell_again_and_again(shop));
  co_await scope.join();
  co_return true;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : "/tmp/emporion_bench_order_lanes";
  const int span = count > 2 ? std::atoi(arguments[2]) : 3;
  auto cluster = expect(postgres::PrivateCluster::start(folder));
  SystemClock clock;
  SystemRandom random;
  Runtime runtime;
  Calls calls;
  const config::Settings settings;
  struct Part {
    std::unique_ptr<postgres::Database> database;
    std::unique_ptr<Jobs> jobs;
    std::unique_ptr<Module> module;
  };
  std::vector<Part> parts;
  for (const auto& definition : {order::definition(), payment::definition()}) {
    const std::string name(definition.name);
    const std::string dsn = expect(cluster.ensure_database(name));
    (void)expect(postgres::migrate(dsn, definition.migrations));
    Part part;
    part.database = std::make_unique<postgres::Database>(runtime, postgres::DatabaseOptions{.dsn = dsn, .module = name});
    part.jobs = std::make_unique<Jobs>(runtime, *part.database, clock, random);
    part.module = definition.create({name, runtime, *part.database, calls, clock, random, settings, *part.jobs});
    part.module->bind(calls);
    parts.push_back(std::move(part));
  }
  Shop shop{calls.get<order::v1::OrderApi>(), calls.get<payment::v1::PaymentApi>(), clock, random, {}, {}};
  for (const int callers : {1, 64, 256}) {
    shop.milliseconds.clear();
    shop.end = std::chrono::steady_clock::now() + std::chrono::seconds(span);
    (void)run_until_done(runtime, all_callers(shop, callers));
    auto& times = shop.milliseconds;
    std::sort(times.begin(), times.end());
    std::printf("{\"callers\":%d,\"orders_per_s\":%.0f,\"p50_ms\":%.1f,\"p99_ms\":%.1f}\n", callers, static_cast<double>(times.size()) / span,
                times[times.size() / 2], times[times.size() * 99 / 100]);
    std::fflush(stdout);
  }
  (void)run_until_done(runtime, [](std::vector<Part>& closing) -> Task<bool> {
    for (Part& part : closing) {
      co_await part.module->stop();
      co_await part.database->close();
    }
    co_return true;
  }(parts));
  (void)cluster.stop();
  std::filesystem::remove_all(folder);
  return 0;
}
