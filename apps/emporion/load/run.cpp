#include "apps/emporion/load/run.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "apps/emporion/load/html_report.hpp"
#include "apps/emporion/load/live_view.hpp"
#include "kernel/base/text.hpp"

namespace emporion::load {
namespace {

constexpr std::int64_t clients_usual = 8;
constexpr std::int64_t visitors_max_usual = 256;  // Of an open loop: more at once than a small shop answers.
constexpr microseconds counting_max = hours(1);

std::unexpected<Error> unwritable(const std::string& file) { return fail(ErrorKind::invalid_argument, "FILE_UNWRITABLE", text("cannot write ", file)); }

/// Before the load begins: an hour of it is not lost to a misspelt folder. Leaves no file behind that was not there.
Result<> check_writable(const std::string& file) {
  if (file.empty()) return {};
  std::error_code ignored;
  const bool was_there = std::filesystem::exists(file, ignored);
  if (!std::ofstream(file, std::ios::binary | std::ios::app).is_open()) return unwritable(file);
  if (!was_there) std::filesystem::remove(file, ignored);
  return {};
}

Result<> write_file(const std::string& file, const std::string& content) {
  if (file.empty()) return {};
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << content << '\n';
  out.close();
  if (out.fail()) return unwritable(file);
  return {};
}

std::string title_of(const Scenario& scenario, const Plan& plan, const Target& target) {
  const std::string how = plan.is_open() ? text(decimal(plan.rate_per_s, 1), " visitors/s") : text(plan.clients, " clients");
  return text("emporion load ", scenario.name, " against ", target.url, ", ", how, plan.count > 0 ? text(", ", plan.count, " errands") : std::string(),
              ", seed ", plan.seed);
}

/// The runtime's tasks, in the order of a run.
Task<Result<>> look_and_run(Runtime& runtime, const Target& target, const Scenario& scenario, Shop& shop, std::unique_ptr<Round>& round, Plan plan,
                            LiveView& view) {
  EMP_CO_ASSIGN(shop, co_await look_around(runtime, target, scenario));
  round = std::make_unique<Round>(runtime, target, scenario, shop, std::move(plan));
  co_await round->run([&view](const Moment& moment) { view.show(moment); });
  co_return Result<>();
}

}  // namespace

std::optional<microseconds> parse_duration(std::string_view text) {
  std::int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc() || amount < 1 || amount > 86'400'000) return std::nullopt;
  const std::string_view unit(end, text.data() + text.size());
  const microseconds out = unit == "ms"                  ? microseconds(milliseconds(amount))
                           : unit == "s" || unit.empty() ? microseconds(seconds(amount))
                           : unit == "m"                 ? microseconds(minutes(amount))
                           : unit == "h"                 ? microseconds(hours(amount))
                                                         : microseconds(0);
  if (out < milliseconds(100) || out > hours(24)) return std::nullopt;
  return out;
}

Plan plan_of(const Orders& orders, const Scenario& scenario) {
  Plan out{.pace = scenario.pace};
  // What the command says of one loop takes the other one of the scenario away.
  const bool asks_for_closed = orders.clients && !orders.rate_per_s;
  out.rate_per_s = orders.rate_per_s.value_or(asks_for_closed ? 0 : scenario.rate_per_s);
  const std::int64_t usual = out.is_open() ? visitors_max_usual : clients_usual;
  const bool fits = out.is_open() == (scenario.rate_per_s > 0);
  out.clients = orders.clients.value_or(fits && scenario.clients > 0 ? scenario.clients : usual);
  out.count = orders.count.value_or(0);
  if (orders.duration) {
    out.pace = scenario.pace.stretched_to(*orders.duration);
  } else if (orders.count) {
    out.pace = Pace::steady(counting_max);
  }
  out.seed = orders.seed.value_or(SystemRandom().below(1'000'000'000));
  return out;
}

Result<bool> run(const Orders& orders) {
  EMP_ASSIGN(const Target target, read_target(orders.url, orders.may_be_remote));
  EMP_ASSIGN(const Scenario scenario, find_scenario(orders.scenario));
  EMP_TRY(check_writable(orders.report_file));
  EMP_TRY(check_writable(orders.json_file));
  const Plan plan = plan_of(orders, scenario);
  const std::string title = title_of(scenario, plan, target);
  const auto kind = orders.is_quiet ? LiveView::Kind::none : ::isatty(STDOUT_FILENO) == 1 ? LiveView::Kind::terminal : LiveView::Kind::lines;
  LiveView view(kind, title, plan.pace.span());
  if (kind == LiveView::Kind::lines) std::printf("%s\n", title.c_str());

  const Machine machine = Machine::of_this();
  const UtcTime started_at = SystemClock().now();
  Runtime runtime;
  Shop shop;
  std::unique_ptr<Round> round;
  bool was_called_off = false;
  runtime.watch_signals([&] {
    if (!round) {
      was_called_off = true;  // Nothing has been loaded yet.
      return runtime.stop();
    }
    round->stop();
  });
  std::optional<Result<>> done;
  runtime.post([&] {
    start_detached([](Runtime& loop, Task<Result<>> inner, std::optional<Result<>>& out) -> Task<void> {
      out.emplace(co_await std::move(inner));
      loop.stop();
    }(runtime, look_and_run(runtime, target, scenario, shop, round, plan, view), done));
  });
  runtime.run();
  if (was_called_off) return fail(ErrorKind::unavailable, "STOPPED", "stopped before the load began");
  EMP_TRY(std::move(*done));

  const RunResult result{.scenario = scenario,
                         .plan = plan,
                         .figures = round->figures(),
                         .url = target.url,
                         .started_at = started_at,
                         .elapsed = round->elapsed(),
                         .begun = round->begun(),
                         .cut_off = round->cut_off(),
                         .was_stopped = round->was_stopped(),
                         .processor_s = round->processor_s(),
                         .machine = machine};
  EMP_TRY(write_file(orders.json_file, to_json(result)));
  if (!orders.report_file.empty()) EMP_TRY(write_file(orders.report_file, to_html(result)));
  if (!orders.is_quiet) std::printf("%s\n", summary_of(result).c_str());
  std::printf("%s\n", result.verdict().c_str());
  return result.is_clean();
}

}  // namespace emporion::load
