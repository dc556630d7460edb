#include "apps/emporion/retail/replay.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::app {
namespace {

void print_text(const retail::ReplayReport& report) {
  retail::print_figures(report.file);
  std::printf("\n");
  retail::print_figures(report.done);
  std::printf("\n%-20s %10s %8s %10s %10s\n", "step", "calls", "repeats", "p50 ms", "p99 ms");
  for (const auto& step : report.steps) {
    std::printf("%-20s %10s %8s %10.2f %10.2f\n", step.name.c_str(), grouped(step.calls).c_str(), grouped(step.repeats).c_str(),
                static_cast<double>(step.p50_us) / 1000, static_cast<double>(step.p99_us) / 1000);
  }
  if (!report.refusals.empty()) std::printf("\nrefusals\n");
  for (const auto& [reason, count] : report.refusals) std::printf("%12s  %s\n", grouped(static_cast<std::uint64_t>(count)).c_str(), reason.c_str());
  for (const auto& line : report.unanswered) std::printf("unanswered: %s\n", line.c_str());
  std::printf("\n%.1f s, %lld.%lld orders/s%s\n", static_cast<double>(report.elapsed_us) / 1e6, static_cast<long long>(report.orders_per_second_x10 / 10),
              static_cast<long long>(report.orders_per_second_x10 % 10), report.complete ? "" : "; NOT COMPLETE");
}

void print_json(const retail::ReplayReport& report) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("complete").boolean(report.complete).key("elapsed_us").integer(report.elapsed_us);
  writer.key("orders_per_second").raw(text(report.orders_per_second_x10 / 10, '.', report.orders_per_second_x10 % 10));
  writer.key("file").raw(retail::figures_json(report.file)).key("done").raw(retail::figures_json(report.done)).key("steps").begin_array();
  for (const auto& step : report.steps) {
    writer.begin_object()
        .key("step")
        .string(step.name)
        .key("calls")
        .integer(static_cast<std::int64_t>(step.calls))
        .key("repeats")
        .integer(static_cast<std::int64_t>(step.repeats));
    writer.key("p50_us").integer(static_cast<std::int64_t>(step.p50_us)).key("p99_us").integer(static_cast<std::int64_t>(step.p99_us)).end_object();
  }
  writer.end_array().key("refusals").begin_object();
  for (const auto& [reason, count] : report.refusals) writer.key_escaped(reason).integer(count);
  writer.end_object().key("unanswered").begin_array();
  for (const auto& line : report.unanswered) writer.string(line);
  writer.end_array().end_object();
  std::printf("%s\n", out.c_str());
}

std::string from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

int run_replay(retail::ReplayOptions options, bool as_json) {
  if (options.shop.staff_email.empty() || options.shop.staff_password.empty()) {
    return report_failure("cannot replay", Error(ErrorKind::invalid_argument, "STAFF_MISSING",
                                                 "give --staff-email and --staff-password, or set EMPORION_STAFF_EMAIL and EMPORION_STAFF_PASSWORD"));
  }
  options.shop.connections = options.clients;
  Runtime runtime;
  const auto report = run_until_done(runtime, retail::replay(runtime, std::move(options)));
  if (!report) return report_failure("cannot replay", report.error());
  if (as_json) {
    print_json(*report);
  } else {
    print_text(*report);
  }
  return report->complete ? 0 : 1;
}

}  // namespace

void add_replay(CLI::App& program, int& exit_code) {
  struct Options {
    retail::ReplayOptions replay;
    bool skip_corrupt = false;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  options->replay.shop.url = "http://127.0.0.1:8080";
  options->replay.shop.staff_email = from_environment("EMPORION_STAFF_EMAIL");
  options->replay.shop.staff_password = from_environment("EMPORION_STAFF_PASSWORD");
  const auto day = [](const std::string& text) {
    const bool fits = text.size() == 10 && text[4] == '-' && text[7] == '-' && text.find_first_not_of("0123456789-") == std::string::npos;
    return fits ? std::string() : "\"" + text + "\" is not a day such as 2010-12-01";
  };
  auto* const group = program.add_subcommand("replay", "Buy a history of orders again, through the public API.");
  group->require_subcommand(1);
  auto* const command = group->add_subcommand("online-retail",
                                              "Every order of the Online Retail history as its own customer, or as a guest where it names none; cancellations "
                                              "as cancels. A repeat places nothing twice.");
  command->add_option("file", options->replay.file, "online-retail.csv or .csv.gz, imported before")->required();
  command->add_option("--clients", options->replay.clients, "Buyers at a time (default 32).")->check(CLI::Range(1, 1024));
  command->add_option("--from", options->replay.from, "First day, e.g. 2010-12-01.")->check(day);
  command->add_option("--to", options->replay.to, "Last day, included.")->check(day);
  command->add_option("--url", options->replay.shop.url, "The shop (default http://127.0.0.1:8080).");
  command->add_option("--staff-email", options->replay.shop.staff_email, "Staff with auth.customer.act_as (default $EMPORION_STAFF_EMAIL).");
  command->add_option("--staff-password", options->replay.shop.staff_password, "Better given as $EMPORION_STAFF_PASSWORD.");
  command->add_flag("--skip-corrupt", options->skip_corrupt, "Leave corrupt rows out and count them, as the import did.");
  command->add_flag("--json", options->json, "The report as one JSON document.");
  command->footer(
      "Exit code 0 only if every importable order was placed, or refused for a reason that the report counts.\nExamples:\n  emporion replay online-retail "
      "online-retail.csv.gz --clients 64\n"
      "  emporion replay online-retail online-retail.csv.gz --clients 64 --from 2011-11-01 --to 2011-11-30 --json");
  command->callback([options, &exit_code] {
    options->replay.corrupt = options->skip_corrupt ? retail::History::Corrupt::count : retail::History::Corrupt::refuse;
    exit_code = run_replay(options->replay, options->json);
  });
}

}  // namespace emporion::app
