#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
#include "apps/emporion/commands/placement_options.hpp"
#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/databases.hpp"
#include "apps/emporion/modules.hpp"

namespace emporion::app {
namespace {

int migrate(const Placement& placement) {
  const auto say = [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); };
  const auto modules = all_modules();
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
  auto where = std::make_shared<PlacementOptions>();
  auto* const command =
      program.add_subcommand("migrate", "Make the databases and roles that are missing and apply the migrations that are missing. Safe to repeat.");
  where->add_to(*command);
  command->footer("Example:\n  emporion migrate --home /srv/emporion");
  command->callback([where, &exit_code] { exit_code = where->run(migrate); });
}

}  // namespace emporion::app
