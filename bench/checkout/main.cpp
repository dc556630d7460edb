// Buyers who place orders of three lines, paid on delivery, over HTTP. Each waits for every answer before the next call; one JSON line tells how it went.
//
//   bench_checkout purchase SECONDS …  complete purchases, one after the other, until the time is up
//   bench_checkout confirm ORDERS …    prepares that many sessions first, or as many as 40 s allow, then times their confirms alone
//   bench_checkout flash BUYERS …      the same, of one unit each and for as long as it takes; that all but the first are refused is no error
//
// … is URL CLIENTS SKUS SHOP_PIDS POSTGRES_PID [METRICS_URL…]: the shop sells SKUS articles named B1000 and up, or SKUS is the name of the one that every buyer
// wants; the processes, a comma between each two, are looked at for their processor time. A shop of several processes tells its metrics at several places;
// without any it is the URL.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/load/buyer.hpp"
#include "bench/checkout/figures.hpp"
#include "bench/checkout/processor_time.hpp"
#include "bench/checkout/shop_metrics.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"

namespace emporion::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr milliseconds look_pause{50};
constexpr milliseconds quiet_after{500};  // Ten times the pause after which a feed looks by itself.
constexpr seconds hearing_max{60};
constexpr seconds preparing_max{40};
constexpr seconds gathering_max{400};

enum class Kind : std::uint8_t { purchase, confirm, flash };

struct Options {
  Kind kind = Kind::purchase;
  int amount = 0;  ///< Seconds of purchases, or orders to confirm.
  std::string url;
  load::Target target;  ///< The same.
  int clients = 0;
  int skus = 0;
  std::string only;  ///< What everybody wants, if it is one.
  std::vector<pid_t> shop;
  pid_t postgres = 0;
  std::vector<std::string> metrics;
};

struct Processors {
  double shop = 0, postgres = 0, load = 0;

  static Processors now(const Options& options) {
    double shop = 0;
    for (const pid_t process : options.shop) shop += processor_seconds(process, false);
    return {shop, processor_seconds(options.postgres, true), own_processor_seconds()};
  }
};

/// A span of orders under the stopwatch: from its start until the last answer, and until every event of them was heard.
class Round {
 public:
  Round(Runtime& runtime, Options options) : runtime_(runtime), options_(std::move(options)), client_(runtime) {}

  Task<int> run() {
    start_ = Steady::now();
    if (options_.kind != Kind::purchase) co_await side_by_side(&Round::prepare_sessions);
    if (options_.kind == Kind::flash) std::fprintf(stderr, "%zu buyers are ready\n", prepared_.size());
    figures_ = {};
    const auto before = co_await read_metrics(client_, options_.metrics);
    if (!before) co_return complain(before.error());
    const Processors processors = Processors::now(options_);
    start_ = Steady::now();
    co_await side_by_side(options_.kind == Kind::purchase ? &Round::buy_until_the_end : &Round::confirm_sessions);
    const auto answered = Steady::now();
    const auto heard = co_await wait_until_heard();
    if (!heard) co_return complain(heard.error());
    const auto after = co_await read_metrics(client_, options_.metrics);
    if (!after) co_return complain(after.error());
    report(answered, *heard, processors, *before, *after);
    co_return orders_ > 0 ? 0 : 1;
  }

 private:
  using Client = Task<void> (Round::*)(load::Connection&);

  static int complain(const Error& error) {
    std::fprintf(stderr, "bench_checkout: %s\n", error.to_string().c_str());
    return 1;
  }

  Task<void> side_by_side(Client client) {
    Scope scope;
    std::vector<std::unique_ptr<load::Connection>> connections;
    for (int i = 0; i < options_.clients; ++i) {
      connections.push_back(std::make_unique<load::Connection>(runtime_, options_.target, figures_));
      scope.spawn((this->*client)(*connections.back()));
    }
    co_await scope.join();
  }

  std::unique_ptr<load::Buyer> a_buyer() { return std::make_unique<load::Buyer>(delivery_, load::a_new_name(random_)); }
  /// One of each third of the assortment: never the same twice.
  std::vector<std::string> skus() {
    if (!options_.only.empty()) return {options_.only};
    std::vector<std::string> out;
    const int third = options_.skus / 3;
    for (int part = 0; part < 3; ++part) {
      const auto drawn = static_cast<int>(random_.below(static_cast<std::uint64_t>(third)));
      out.push_back(text("B", 1000 + part * third + drawn));
    }
    return out;
  }

  /// From nothing to a session that needs only its confirm: each SKU put into the cart by a call of its own, then the seven calls from checkout to preview.
  Task<bool> prepare(load::Buyer& buyer, load::Connection& connection) {
    for (auto& sku : skus()) {
      if (!(co_await buyer.add(connection, {.sku = std::move(sku)})).ok()) co_return false;
    }
    co_return (co_await buyer.prepare(connection)).ok();
  }
  Task<void> confirm(load::Buyer& buyer, load::Connection& connection) {
    if (co_await buyer.confirm(connection) == load::Purchase::placed) ++orders_;
  }

  Task<void> buy_until_the_end(load::Connection& connection) {
    while (Steady::now() - start_ < seconds(options_.amount)) {
      const auto buyer = a_buyer();
      if (co_await prepare(*buyer, connection)) co_await confirm(*buyer, connection);
    }
  }
  Task<void> prepare_sessions(load::Connection& connection) {
    const seconds limit = options_.kind == Kind::flash ? gathering_max : preparing_max;
    while (begun_ < options_.amount && Steady::now() - start_ < limit) {
      ++begun_;
      auto buyer = a_buyer();
      if (co_await prepare(*buyer, connection)) prepared_.push_back(std::move(buyer));
    }
  }
  Task<void> confirm_sessions(load::Connection& connection) {
    while (!prepared_.empty()) {
      const auto buyer = std::move(prepared_.back());
      prepared_.pop_back();
      co_await confirm(*buyer, connection);
    }
  }

  /// Answers when the last event was heard: no module has heard any for a while after it.
  Task<Result<Steady::time_point>> wait_until_heard() {
    auto last_change = Steady::now();
    std::int64_t applied = -1;
    for (const auto begin = Steady::now(); Steady::now() - begin < hearing_max;) {
      EMP_CO_ASSIGN(const auto metrics, co_await read_metrics(client_, options_.metrics));
      const auto now = Steady::now();
      if (applied >= 0 && metrics.events_applied != applied) last_change = now;
      applied = metrics.events_applied;
      if (now - last_change > quiet_after) co_return last_change;
      co_await runtime_.sleep_for(look_pause);
    }
    co_return fail(ErrorKind::unavailable, "EVENTS_PENDING", text("the modules still hear events after ", hearing_max.count(), " s"));
  }

  void report(Steady::time_point answered, Steady::time_point heard, const Processors& was, const ShopMetrics& before, const ShopMetrics& after) {
    const auto seconds_to = [this](Steady::time_point end) { return std::chrono::duration<double>(end - start_).count(); };
    const Processors now = Processors::now(options_);
    const auto per_order = [this](double used) { return decimal(orders_ == 0 ? 0 : used * 1e6 / static_cast<double>(orders_)); };
    const auto orders = static_cast<double>(orders_);
    std::string out;
    json::Writer writer(out);
    writer.begin_object()
        .key("kind")
        .string(options_.kind == Kind::purchase  ? "purchase"
                : options_.kind == Kind::confirm ? "confirm"
                                                 : "flash")
        .key("clients")
        .integer(options_.clients)
        .key("orders")
        .integer(orders_);
    writer.key("seconds").raw(decimal(seconds_to(answered))).key("seconds_until_heard").raw(decimal(seconds_to(heard)));
    writer.key("per_s").raw(decimal(orders / seconds_to(answered))).key("per_s_until_heard").raw(decimal(orders / seconds_to(heard)));
    writer.key("cpu_us_shop").raw(per_order(now.shop - was.shop)).key("cpu_us_postgres").raw(per_order(now.postgres - was.postgres));
    writer.key("cpu_us_load").raw(per_order(now.load - was.load));
    figures_.write(writer);
    writer.key("lanes").begin_array();
    for (const auto& [lane, work] : after.lanes) {
      const auto known = before.lanes.find(lane);
      const LaneWork earlier = known == before.lanes.end() ? LaneWork() : known->second;
      writer.begin_object().key("lane").string(lane).key("batches").integer(work.batches - earlier.batches);
      writer.key("commands").integer(work.commands - earlier.commands).end_object();
    }
    writer.end_array().end_object();
    std::printf("%s\n", out.c_str());
  }

  Runtime& runtime_;
  Options options_;
  http::Client client_;  ///< For the metrics.
  const load::Delivery delivery_{
      .address_json =
          R"({"name":"Guest of the shop","country":"GB","region_code":"GB-ENG","city":"London","line1":"1 Market Street","postal_code":"EC1A 1BB"})",
      .currency = {}};
  SystemRandom random_;
  Figures figures_;
  Steady::time_point start_;
  std::int64_t orders_ = 0;
  int begun_ = 0;
  std::vector<std::unique_ptr<load::Buyer>> prepared_;
};

int number(std::string_view digits) {
  int out = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

std::optional<Options> parse(int count, char** arguments) {
  if (count < 8) return std::nullopt;
  const std::string_view kind = arguments[1];
  Options out{.kind = kind == "confirm" ? Kind::confirm
                      : kind == "flash" ? Kind::flash
                                        : Kind::purchase,
              .amount = number(arguments[2]),
              .url = arguments[3],
              .clients = number(arguments[4]),
              .skus = number(arguments[5])};
  auto target = load::read_target(out.url, false);
  if (!target) return std::nullopt;
  out.target = std::move(*target);
  if (out.skus == 0) out.only = arguments[5];
  for (std::string_view left = arguments[6]; !left.empty();) {
    const auto end = std::min(left.find(','), left.size());
    out.shop.push_back(number(left.substr(0, end)));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  out.postgres = number(arguments[7]);
  for (int at = 8; at < count; ++at) out.metrics.emplace_back(arguments[at]);
  if (out.metrics.empty()) out.metrics.push_back(out.url);
  const bool is_known = kind == "confirm" || kind == "purchase" || kind == "flash";
  if (!is_known || out.amount < 1 || out.clients < 1 || (out.skus < 3 && out.only.empty())) return std::nullopt;
  return out;
}

}  // namespace
}  // namespace emporion::bench

int main(int count, char** arguments) {
  auto options = emporion::bench::parse(count, arguments);
  if (!options) {
    std::fprintf(stderr,
                 "usage: bench_checkout purchase SECONDS | confirm ORDERS | flash BUYERS, then URL CLIENTS SKUS SHOP_PIDS POSTGRES_PID [METRICS_URL…]\n");
    return 2;
  }
  emporion::Runtime runtime;
  emporion::bench::Round round(runtime, std::move(*options));
  return emporion::run_until_done(runtime, round.run());
}
