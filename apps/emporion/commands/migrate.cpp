#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/databases.hpp"
#include "apps/emporion/modules.hpp"
#include "apps/emporion/placement_check.hpp"

namespace emporion::app {
namespace {

int migrate(const Placement& placement, const std::vector<ModuleDefinition>& modules) {
  const auto say = [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); };
  auto databases = Databases::open(placement, modules, Purpose::tool, say);
  if (!databases) return report_failure("cannot open the databases", databases.error());
  const auto applied = databases->migrate(modules, say);
  const auto closed = databases->close();
  if (!applied) return report_failure("cannot migrate", applied.error());
  if (!closed) return report_failure("cannot stop PostgreSQL", closed.error());
  std::printf("%d migrations applied\n", *applied);
  return 0;
}

}  // namespace

void add_migrate(CLI::App& program, int& exit_code) {
  struct Options {
    PlacementOptions where;
    std::optional<std::string> process;
  };
  auto options = std::make_shared<Options>();
  auto* const command =
      program.add_subcommand("migrate", "Make the databases and roles that are missing and apply the migrations that are missing. Safe to repeat.");
  options->where.add_to(*command);
  command->add_option("--process", options->process, "Only the databases of this process of the placement.");
  command->footer("Examples:\n  emporion migrate --home /srv/emporion\n  emporion migrate --placement deploy/placement/per-domain.yaml --process commerce");
  command->callback([options, &exit_code] {
    exit_code = options->where.run([&](Placement placement) {
      if (!options->process) return migrate(placement, all_modules());
      if (const auto chosen = choose_process(placement, options->process, 1); !chosen) return report_failure("cannot migrate", chosen.error());
      return migrate(placement, modules_of(*placement.own_process()));
    });
  });
}

}  // namespace emporion::app
