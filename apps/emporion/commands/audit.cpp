#include "apps/emporion/audit.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/modules.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::app {
namespace {

void print_text(const AuditReport& report) {
  for (const auto& line : report.lines) {
    std::printf("%-5s %-28s %s", line.violations == 0 ? "holds" : "FAILS", line.module.c_str(), line.invariant.c_str());
    if (line.facts > 0) std::printf(" (%s facts)", grouped(line.facts).c_str());
    if (line.violations > 0) std::printf(": %s violations", grouped(line.violations).c_str());
    std::printf("\n");
  }
  for (const auto& violation : report.violations) std::printf("  %s: %s: %s\n", violation.module.c_str(), violation.id.c_str(), violation.detail.c_str());
  std::printf("%s\n", report.holds() ? "clean: every invariant holds" : "NOT CLEAN");
}

void print_json(const AuditReport& report) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("holds").boolean(report.holds()).key("invariants").begin_array();
  for (const auto& line : report.lines) {
    writer.begin_object().key("invariant").string(line.invariant).key("module").string(line.module).key("facts").integer(static_cast<std::int64_t>(line.facts));
    writer.key("violations").integer(static_cast<std::int64_t>(line.violations)).end_object();
  }
  writer.end_array().key("violations").begin_array();
  for (const auto& violation : report.violations) {
    writer.begin_object()
        .key("invariant")
        .string(violation.invariant)
        .key("module")
        .string(violation.module)
        .key("id")
        .string(violation.id)
        .key("detail")
        .string(violation.detail)
        .end_object();
  }
  writer.end_array().end_object();
  std::printf("%s\n", out.c_str());
}

constexpr int exit_unfinished = 3;  ///< Neither clean nor not: nobody may take it for one of them.

int unfinished(std::string_view what, const Error& error) {
  (void)report_failure(what, error);
  return exit_unfinished;
}

int run_audit(const Placement& placement, bool as_json) {
  const auto modules = all_modules();
  auto databases = Databases::open(placement, modules, Purpose::inspect,
                                   [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); });
  if (!databases) return unfinished("cannot open the databases", databases.error());
  Runtime runtime;
  const auto report = run_until_done(runtime, audit(runtime, *databases, modules));
  const auto closed = databases->close();
  if (!report) return unfinished("the audit could not be finished", report.error());
  if (as_json) {
    print_json(*report);
  } else {
    print_text(*report);
  }
  if (!closed) return report_failure("cannot stop PostgreSQL", closed.error());
  return report->holds() ? 0 : 1;
}

}  // namespace

void add_audit(CLI::App& program, int& exit_code) {
  struct Options {
    PlacementOptions where;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* const command =
      program.add_subcommand("audit", "Prove that no unit and no minor unit is astray: exit code 0 only if every invariant holds in every database.");
  options->where.add_to(*command);
  command->add_flag("--json", options->json, "One JSON document instead of text.");
  command->footer(
      "Exit code: 0 clean, 1 violations, 3 the audit could not be finished.\nExamples:\n  emporion audit\n  emporion audit --home /srv/emporion --json");
  command->callback([options, &exit_code] {
    exit_code = options->where.run([&](const Placement& placement) { return run_audit(placement, options->json); }, exit_unfinished);
  });
}

}  // namespace emporion::app
