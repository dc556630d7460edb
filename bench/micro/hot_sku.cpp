// All callers want the same SKU: reservations through the module (plan, lane, rows, ledger of events) against pgbench's guarded UPDATE and INSERT on one row:
// same server, rounds in turn. Usage: bench_hot_sku [FOLDER [ROUNDS [SECONDS]]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/module/module.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/logistics/warehouse/api/module.hpp"

using namespace emporion;

namespace {

struct Shop {
  warehouse::v1::WarehouseApi& service;
  Uuid warehouse;
  const Clock& clock;
  Random& random;
};

CallContext a_call(Shop& shop) { return {shop.clock.now() + seconds(60), Uuid::v7(shop.clock.now(), shop.random), Principal::of_service("checkout")}; }

CallContext a_manager(Shop& shop) {
  CallContext context = a_call(shop);
  context.principal = {.realm = Realm::staff, .id = Uuid::from_name("manager"), .permissions = {"*"}};
  context.idempotency_key = "opening";
  return context;
}

Task<Result<bool>> open_shop(Shop& shop) {
  warehouse::v1::CreateWarehouseRequest request{.id = shop.warehouse, .code = "HOT", .name = "HOT", .type = warehouse::v1::WarehouseType::fulfillment};
  request.address = {.country = "VN", .city = "Ha Noi", .line1 = "1 Trang Tien"};
  request.handling_cost = request.pick_cost = Money(0, Currency::of("VND"));
  EMP_CO_TRY(co_await shop.service.create_warehouse(a_manager(shop), request));
  EMP_CO_TRY(co_await shop.service.put_coverage(a_manager(shop), {shop.warehouse, {{Uuid::from_name("VN"), {}, 24}}}));
  EMP_CO_TRY(co_await shop.service.activate_warehouse(a_manager(shop), {shop.warehouse, {}}));
  warehouse::v1::CreateReceiptRequest receipt{
      .warehouse_id = shop.warehouse, .kind = warehouse::v1::ReceiptKind::opening, .reference = "opening", .put_away = true};
  receipt.lines.push_back({.sku = "HOT", .expected = 10'000'000});
  EMP_CO_TRY(co_await shop.service.create_receipt(a_manager(shop), receipt));
  co_return true;
}

struct Round {
  Shop& shop;
  std::chrono::steady_clock::time_point end;
  std::vector<double> milliseconds;
};

Task<void> buy_again_and_again(Round& round, bool is_planned) {
  while (std::chrono::steady_clock::now() < round.end) {
    warehouse::v1::ReserveRequest request;
    request.reservation_id = Uuid::v7(round.shop.clock.now(), round.shop.random);
    request.reference = warehouse::v1::ReservationReference::checkout;
    request.reference_id = request.reservation_id;
    request.attempt = 1;
    request.customer_id = request.reservation_id;
    request.payment_method = warehouse::v1::ReservationPaymentMethod::card;
    request.lines.push_back({1, "HOT", 1, {}});
    if (is_planned) {
      request.plan = warehouse::v1::ReservePlan{.destination = {.country = "VN"}};
    } else {
      request.lines[0].warehouse_id = round.shop.warehouse;
    }
    const auto start = std::chrono::steady_clock::now();
    const auto held = co_await round.shop.service.reserve(a_call(round.shop), std::move(request));
    if (!held) {
      std::fprintf(stderr, "%s\n", held.error().to_string().c_str());
      std::abort();
    }
    round.milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
}

Task<bool> all_buyers(Round& round, int callers, bool is_planned) {
  Scope scope;
  for (int i = 0; i < callers; ++i) scope.spawn(buy_again_and_again(round, is_planned));
  co_await scope.join();
  co_return true;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double pgbench_rate(const std::string& dsn, const std::string& script, int callers, int span) {
  const std::string command = text("/usr/lib/postgresql/15/bin/pgbench -n -M prepared -f ", script, " -c ", callers, " -j 1 -T ", span, " \"", dsn, "\" 2>&1");
  FILE* const output = popen(command.c_str(), "r");
  double rate = 0;
  char line[512];
  while (output != nullptr && std::fgets(line, sizeof line, output) != nullptr) (void)std::sscanf(line, "tps = %lf", &rate);
  if (output == nullptr || pclose(output) != 0) std::abort();
  return rate;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : "/tmp/emporion_bench_hot_sku";
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 3;
  const int span = count > 3 ? std::atoi(arguments[3]) : 3;
  auto cluster = postgres::PrivateCluster::start(folder);
  if (!cluster) {
    std::fprintf(stderr, "%s\n", cluster.error().to_string().c_str());
    return 1;
  }
  const std::string dsn = cluster->ensure_database("warehouse").value();
  if (const auto migrated = postgres::migrate(dsn, warehouse::definition().migrations); !migrated) {
    std::fprintf(stderr, "%s\n", migrated.error().to_string().c_str());
    return 1;
  }
  auto connection = postgres::BlockingConnection::open(dsn).value();
  (void)connection.run(
      "CREATE TABLE plain_stock (sku text PRIMARY KEY, on_hand integer NOT NULL, reserved integer NOT NULL, CHECK (on_hand >= reserved)) WITH (fillfactor = "
      "60); INSERT INTO plain_stock VALUES ('HOT', 2000000000, 0); "
      "CREATE TABLE plain_hold (id uuid PRIMARY KEY, sku text NOT NULL, qty integer NOT NULL)");
  const std::string script = folder + "/guarded_update.sql";
  std::ofstream(script) << "BEGIN;\nUPDATE plain_stock SET reserved = reserved + 1 WHERE sku = 'HOT' AND on_hand - reserved >= 1;\nINSERT INTO plain_hold "
                           "VALUES (gen_random_uuid(), 'HOT', 1);\nCOMMIT;\n";

  SystemClock clock;
  SystemRandom random;
  Runtime runtime;
  postgres::Database database(runtime, {.dsn = dsn, .module = "warehouse"});
  Jobs jobs(runtime, database, clock, random);
  Calls calls;
  const config::Settings settings;
  const auto module = warehouse::definition().create({"warehouse", runtime, database, calls, clock, random, settings, jobs});
  module->bind(calls);
  Shop shop{calls.get<warehouse::v1::WarehouseApi>(), Uuid::v7(clock.now(), random), clock, random};
  if (const auto opened = run_until_done(runtime, open_shop(shop)); !opened) {
    std::fprintf(stderr, "%s\n", opened.error().to_string().c_str());
    return 1;
  }
  for (const int callers : {64, 256}) {
    for (const bool is_planned : {false, true}) {
      std::vector<double> ours, theirs, latencies;
      for (int i = 0; i < rounds; ++i) {
        Round round{shop, std::chrono::steady_clock::now() + std::chrono::seconds(span), {}};
        (void)run_until_done(runtime, all_buyers(round, callers, is_planned));
        ours.push_back(static_cast<double>(round.milliseconds.size()) / span);
        std::sort(round.milliseconds.begin(), round.milliseconds.end());
        latencies.push_back(round.milliseconds[round.milliseconds.size() * 99 / 100]);
        theirs.push_back(pgbench_rate(dsn, script, 64, span));
      }
      std::printf("{\"callers\":%d,\"planned\":%s,\"reservations_per_s\":%.0f,\"p99_ms\":%.1f,\"guarded_update_per_s\":%.0f,\"ratio\":%.1f}\n", callers,
                  is_planned ? "true" : "false", median(ours), median(latencies), median(theirs), median(ours) / median(theirs));
      std::fflush(stdout);
    }
  }
  (void)run_until_done(runtime, [](Module& closing, postgres::Database& store) -> Task<bool> {
    co_await closing.stop();
    co_await store.close();
    co_return true;
  }(*module, database));
  (void)cluster->stop();
  std::filesystem::remove_all(folder);
  return 0;
}
