// Many callers want the same few SKUs: reservations through the module (plan, lane, rows, ledger of events) against pgbench's guarded UPDATE and INSERT on one
// row: same server, rounds in turn. Usage: bench_hot_sku [FOLDER [ROUNDS [SECONDS]]]. What each line of its output is, rivals() and races() say.
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

using Steady = std::chrono::steady_clock;

constexpr int plenty = 10'000'000;
constexpr int hot_skus = 8;  ///< Of the orders that want several.
constexpr int units = 100, buyers = 10'000;
constexpr int rushes = 5;  ///< In a round: one is over in less than half a second.

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::abort();
}

struct Shop {
  warehouse::v1::WarehouseApi& service;
  Uuid warehouse;
  const Clock& clock;
  Random& random;
};

CallContext a_call(Shop& shop) { return {shop.clock.now() + seconds(60), Uuid::v7(shop.clock.now(), shop.random), Principal::of_service("checkout")}; }

CallContext a_manager(Shop& shop, std::string key) {
  CallContext context = a_call(shop);
  context.principal = {.realm = Realm::staff, .id = Uuid::from_name("manager"), .permissions = {"*"}};
  context.idempotency_key = std::move(key);
  return context;
}

Task<Result<bool>> receive(Shop& shop, std::vector<std::string> skus, std::int32_t qty) {
  warehouse::v1::CreateReceiptRequest receipt{
      .warehouse_id = shop.warehouse, .kind = warehouse::v1::ReceiptKind::opening, .reference = skus.front(), .put_away = true};
  for (const auto& sku : skus) receipt.lines.push_back({.sku = sku, .expected = qty});
  EMP_CO_TRY(co_await shop.service.create_receipt(a_manager(shop, "receipt-" + skus.front()), receipt));
  co_return true;
}

Task<Result<bool>> open_shop(Shop& shop) {
  warehouse::v1::CreateWarehouseRequest request{.id = shop.warehouse, .code = "HOT", .name = "HOT", .type = warehouse::v1::WarehouseType::fulfillment};
  request.address = {.country = "VN", .city = "Ha Noi", .line1 = "1 Trang Tien"};
  request.handling_cost = request.pick_cost = Money(0, Currency::of("VND"));
  EMP_CO_TRY(co_await shop.service.create_warehouse(a_manager(shop, "opening"), request));
  EMP_CO_TRY(co_await shop.service.put_coverage(a_manager(shop, "opening"), {shop.warehouse, {{Uuid::from_name("VN"), {}, 24}}}));
  EMP_CO_TRY(co_await shop.service.activate_warehouse(a_manager(shop, "opening"), {shop.warehouse, {}}));
  std::vector<std::string> skus = {"HOT"};
  for (int i = 0; i < hot_skus; ++i) skus.push_back(text("HOT-", i));
  co_return co_await receive(shop, std::move(skus), plenty);
}

/// What each caller asks for.
struct Wish {
  std::vector<std::string> among;  ///< One of each order's SKUs is one of these.
  std::size_t lines = 1;
  bool is_planned = true;  ///< The module chooses the warehouse.
};

struct Round {
  Shop& shop;
  const Wish& wish;
  Steady::time_point end;
  int left = 0;  ///< Requests that are still to be made, or none if the time bounds the round.
  std::vector<double> milliseconds;
  int accepted = 0;
};

warehouse::v1::ReserveRequest a_request(Round& round) {
  warehouse::v1::ReserveRequest request;
  request.reservation_id = Uuid::v7(round.shop.clock.now(), round.shop.random);
  request.reference = warehouse::v1::ReservationReference::checkout;
  request.reference_id = request.reservation_id;
  request.attempt = 1;
  request.customer_id = request.reservation_id;
  request.payment_method = warehouse::v1::ReservationPaymentMethod::card;
  // Different ones, in a random order.
  auto skus = round.wish.among;
  for (std::size_t i = 0; i < round.wish.lines; ++i) {
    std::swap(skus[i], skus[i + round.shop.random.below(skus.size() - i)]);
    request.lines.push_back({static_cast<std::int32_t>(i + 1), skus[i], 1, {}});
    if (!round.wish.is_planned) request.lines.back().warehouse_id = round.shop.warehouse;
  }
  if (round.wish.is_planned) request.plan = warehouse::v1::ReservePlan{.destination = {.country = "VN"}};
  return request;
}

Task<void> ask_again_and_again(Round& round, bool is_counted) {
  while (is_counted ? round.left-- > 0 : Steady::now() < round.end) {
    const auto start = Steady::now();
    const auto held = co_await round.shop.service.reserve(a_call(round.shop), a_request(round));
    if (!held && !(is_counted && held.error().reason() == "INSUFFICIENT_STOCK")) must(held);
    if (held) ++round.accepted;
    round.milliseconds.push_back(std::chrono::duration<double, std::milli>(Steady::now() - start).count());
  }
}

Task<bool> all_callers(Round& round, int callers) {
  Scope scope;
  const bool is_counted = round.left > 0;
  for (int i = 0; i < callers; ++i) scope.spawn(ask_again_and_again(round, is_counted));
  co_await scope.join();
  co_return true;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}
double p99(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() * 99 / 100];
}

/// The guarded UPDATE of one row and an INSERT, in one transaction, by pgbench's 64 clients.
class GuardedUpdate {
 public:
  GuardedUpdate(std::string dsn, const std::string& folder) : dsn_(std::move(dsn)), script_(folder + "/guarded_update.sql") {
    auto connection = must(postgres::BlockingConnection::open(dsn_));
    must(connection.run(
        "CREATE TABLE plain_stock (sku text PRIMARY KEY, on_hand integer NOT NULL, reserved integer NOT NULL, CHECK (on_hand >= reserved)) WITH (fillfactor = "
        "60); INSERT INTO plain_stock VALUES ('HOT', 2000000000, 0); "
        "CREATE TABLE plain_hold (id uuid PRIMARY KEY, sku text NOT NULL, qty integer NOT NULL)"));
    std::ofstream(script_) << "BEGIN;\nUPDATE plain_stock SET reserved = reserved + 1 WHERE sku = 'HOT' AND on_hand - reserved >= 1;\nINSERT INTO plain_hold "
                              "VALUES (gen_random_uuid(), 'HOT', 1);\nCOMMIT;\n";
  }
  double per_second(int span) const {
    const std::string command = text("/usr/lib/postgresql/15/bin/pgbench -n -M prepared -f ", script_, " -c 64 -j 1 -T ", span, " \"", dsn_, "\" 2>&1");
    FILE* const output = popen(command.c_str(), "r");
    double rate = 0;
    char line[512];
    while (output != nullptr && std::fgets(line, sizeof line, output) != nullptr) (void)std::sscanf(line, "tps = %lf", &rate);
    if (output == nullptr || pclose(output) != 0) std::abort();
    return rate;
  }

 private:
  std::string dsn_;
  std::string script_;
};

struct Bench {
  Runtime& runtime;
  Shop& shop;
  const GuardedUpdate& limit;
  int rounds;
  int span;
};

void tell(const char* kind, const Wish& wish, int callers, const std::vector<double>& ours, const std::vector<double>& latencies,
          const std::vector<double>& theirs) {
  std::printf("{\"kind\":\"%s\",\"lines\":%zu,\"callers\":%d,\"planned\":%s,\"per_s\":%.0f,\"p99_ms\":%.1f,\"guarded_update_per_s\":%.0f,\"ratio\":%.1f}\n",
              kind, wish.lines, callers, wish.is_planned ? "true" : "false", median(ours), median(latencies), median(theirs), median(ours) / median(theirs));
  std::fflush(stdout);
}

/// Reservations per second while there is plenty of everything.
void plenty_for_all(const Bench& bench, const Wish& wish, int callers) {
  std::vector<double> ours, theirs, latencies;
  for (int i = 0; i < bench.rounds; ++i) {
    Round round{.shop = bench.shop, .wish = wish, .end = Steady::now() + std::chrono::seconds(bench.span), .milliseconds = {}};
    (void)run_until_done(bench.runtime, all_callers(round, callers));
    ours.push_back(static_cast<double>(round.milliseconds.size()) / bench.span);
    latencies.push_back(p99(std::move(round.milliseconds)));
    theirs.push_back(bench.limit.per_second(bench.span));
  }
  tell("plenty", wish, callers, ours, latencies, theirs);
}

/// Ten thousand buyers for a hundred units: decisions per second, until the last one knows. Exactly a hundred get one, or this program aborts.
void few_for_many(const Bench& bench, int callers) {
  std::vector<double> ours, theirs, latencies;
  Wish wish;
  for (int i = 0; i < bench.rounds; ++i) {
    for (int rush = 0; rush < rushes; ++rush) {
      wish.among = {text("FEW-", callers, '-', i, '-', rush)};
      must(run_until_done(bench.runtime, receive(bench.shop, wish.among, units)));
      const auto start = Steady::now();
      Round round{.shop = bench.shop, .wish = wish, .end = {}, .left = buyers, .milliseconds = {}};
      (void)run_until_done(bench.runtime, all_callers(round, callers));
      const double took = std::chrono::duration<double>(Steady::now() - start).count();
      if (round.accepted != units) {
        std::fprintf(stderr, "%d reservations of %d units\n", round.accepted, units);
        std::abort();
      }
      ours.push_back(buyers / took);
      latencies.push_back(p99(std::move(round.milliseconds)));
    }
    theirs.push_back(bench.limit.per_second(bench.span));
  }
  tell("few", wish, callers, ours, latencies, theirs);
}

void run_all(const Bench& bench) {
  Wish three_of_eight{.among = {}, .lines = 3};
  for (int i = 0; i < hot_skus; ++i) three_of_eight.among.push_back(text("HOT-", i));
  for (const int callers : {64, 256}) {
    for (const bool is_planned : {false, true}) plenty_for_all(bench, {.among = {"HOT"}, .is_planned = is_planned}, callers);
    plenty_for_all(bench, three_of_eight, callers);
    few_for_many(bench, callers);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : "/tmp/emporion_bench_hot_sku";
  auto cluster = must(postgres::PrivateCluster::start(folder));
  const std::string dsn = must(cluster.ensure_database("warehouse"));
  must(postgres::migrate(dsn, warehouse::definition().migrations));
  const GuardedUpdate limit(dsn, folder);

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
  must(run_until_done(runtime, open_shop(shop)));
  run_all({runtime, shop, limit, count > 2 ? std::atoi(arguments[2]) : 3, count > 3 ? std::atoi(arguments[3]) : 3});
  (void)run_until_done(runtime, [](Module& closing, postgres::Database& store) -> Task<bool> {
    co_await closing.stop();
    co_await store.close();
    co_return true;
  }(*module, database));
  (void)cluster.stop();
  std::filesystem::remove_all(folder);
  return 0;
}
