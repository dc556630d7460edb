#include <CLI/CLI.hpp>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/load/run.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

std::string check_duration(const std::string& given) {
  if (load::parse_duration(given)) return {};
  return text("\"", given, "\" is no time from 100ms to 24h such as 30s, 5m or 2h");
}

std::string scenarios() {
  std::string out;
  for (const auto& name : load::own_scenarios()) out += text(out.empty() ? "" : ", ", name);
  return out;
}

}  // namespace

void add_load(CLI::App& program, int& exit_code) {
  auto orders = std::make_shared<load::Orders>();
  auto* const command = program.add_subcommand("load", "Visit a shop as many buyers do, and measure how it bears it.");
  command->add_option("scenario", orders->scenario, text("A file, or one of ", scenarios(), "."))->required();
  command->add_option("--url", orders->url, "The shop (default http://127.0.0.1:8080).");
  command->add_option("--clients", orders->clients, "Closed loop: so many at a time. With --rate: at most so many at once.")->check(CLI::Range(1, 10'000));
  command->add_option("--rate", orders->rate_per_s, "Open loop: so many visitors come per second, whether the shop keeps up or not.")
      ->check(CLI::Range(0.001, 100'000.0));
  command
      ->add_option_function<std::string>(
          "--duration", [orders](const std::string& given) { orders->duration = load::parse_duration(given); }, "30s, 5m, 2h: the scenario in that time.")
      ->check(check_duration);
  command->add_option("--count", orders->count, "Errands: a purchase is one. Without --duration an hour at most.")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}));
  command->add_option("--seed", orders->seed, "The same seed, the same decisions. Default: a new one, which is printed.");
  command->add_option("--report", orders->report_file, "An HTML page with charts; needs no network.");
  command->add_option("--json", orders->json_file, "All figures as one JSON document.");
  command->add_flag("--quiet", orders->is_quiet, "Only the verdict.");
  command->add_flag("--remote-i-own", orders->may_be_remote, "The URL may be of another machine, which is yours to load.");
  command->footer(
      "Exit code 0: no unexpected error occurred; what the scenario expects, and what the shop shed (429, 503), is counted apart. 1: some did. Ctrl-C ends a "
      "run "
      "early, with its reports.\nExamples:\n  emporion load browse --clients 16 --duration 30s\n  emporion load buy --rate 50 --duration 2m --report "
      "load.html\n"
      "  emporion load deploy/load/mixed-day.yaml --rate 20 --duration 10m --json load.json --report load.html");
  command->callback([orders, &exit_code] {
    const auto is_clean = load::run(*orders);
    exit_code = is_clean ? (*is_clean ? 0 : 1) : report_failure("cannot load", is_clean.error());
  });
}

}  // namespace emporion::app
