#include "apps/emporion/retail/import.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/modules.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::app {
namespace {

struct ImportOptions {
  std::string file;
  PlacementOptions where;
  bool skip_corrupt = false;
  bool json = false;
};

Task<Result<retail::ImportReport>> run_import(Host& host, retail::ImportSource source) {
  const auto started = co_await host.start();
  if (!started) {
    co_await host.stop();
    co_return fail(started.error());
  }
  auto report = co_await retail::import_history(host, std::move(source));
  co_await host.stop();
  co_return report;
}

void print_report(const retail::ImportReport& report, bool as_json) {
  if (!as_json) {
    retail::print_figures(report.figures);
    for (const auto& line : report.refused) std::printf("refused: %s\n", line.c_str());
    return;
  }
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("figures").raw(retail::figures_json(report.figures)).key("refused").begin_array();
  for (const auto& line : report.refused) writer.string(line);
  writer.end_array().end_object();
  std::printf("%s\n", out.c_str());
}

int import_online_retail(const ImportOptions& options, const Placement& placement) {
  auto source = retail::read_source(options.file, options.skip_corrupt ? retail::History::Corrupt::count : retail::History::Corrupt::refuse);
  if (!source) return report_failure("cannot import", source.error());
  if (const auto sells = placement.settings.string("checkout.currency", "VND"); sells != "GBP") {
    return report_failure("cannot import",
                          Error(ErrorKind::rule_violated, "SHOP_CURRENCY",
                                text("the history is in GBP and this shop sells in ", sells,
                                     ", so nobody could buy what it brings: set checkout.currency to GBP in the placement (see deploy/wholesale.yaml)")));
  }
  const auto say = [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); };
  const auto modules = all_modules();
  auto databases = Databases::open(placement, modules, Purpose::tool, say);
  if (!databases) return report_failure("cannot open the databases", databases.error());
  int exit_code = 0;
  if (const auto migrated = databases->migrate(modules, say); !migrated) exit_code = report_failure("cannot migrate", migrated.error());
  if (exit_code == 0) {
    Runtime runtime;
    Host host(runtime, placement, *databases, all_modules());
    const auto report = run_until_done(runtime, run_import(host, std::move(*source)));
    if (!report) {
      exit_code = report_failure("cannot import", report.error());
    } else {
      print_report(*report, options.json);
      exit_code = report->refused_count == 0 ? 0 : 1;
    }
  }
  if (const auto closed = databases->close(); !closed) return report_failure("cannot stop PostgreSQL", closed.error());
  return exit_code;
}

}  // namespace

void add_import(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<ImportOptions>();
  auto* const import = program.add_subcommand("import", "Take a shop's data from elsewhere.");
  import->require_subcommand(1);
  auto* const command = import->add_subcommand("online-retail",
                                               "Catalogue, prices, customers, warehouses and opening stock from the Online Retail history (CSV, plain or "
                                               "gzip). Safe to repeat; works beside a running server.");
  command->add_option("file", options->file, "online-retail.csv or .csv.gz")->required();
  options->where.add_to(*command);
  command->add_flag("--skip-corrupt", options->skip_corrupt, "Leave corrupt rows out and count them, instead of stopping at the first.");
  command->add_flag("--json", options->json, "The report as one JSON document.");
  command->footer(
      "Exit code 0 if nothing was refused. The history is in GBP, and so the shop has to be.\nExamples:\n  emporion import online-retail online-retail.csv.gz "
      "--placement deploy/wholesale.yaml\n  emporion import online-retail online-retail.csv.gz --placement deploy/wholesale.yaml --json");
  command->callback(
      [options, &exit_code] { exit_code = options->where.run([&](const Placement& placement) { return import_online_retail(*options, placement); }); });
}

}  // namespace emporion::app
