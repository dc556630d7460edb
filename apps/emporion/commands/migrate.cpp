#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/emporion/commands/commands.hpp"
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
  struct Options {
    std::optional<std::string> home;
    std::optional<std::string> placement;
  };
  auto options = std::make_shared<Options>();
  auto* const command = program.add_subcommand("migrate", "Make the databases and roles that are missing and apply the migrations that are missing. Safe to repeat.");
  command->add_option("--home", options->home, "Folder of the private PostgreSQL cluster (default ./var).");
  command->add_option("--placement", options->placement, "YAML file that names databases elsewhere.");
  command->footer("Example:\n  emporion migrate --home /srv/emporion");
  command->callback([options, &exit_code] {
    auto placement = Placement::load(options->placement);
    if (!placement) {
      exit_code = report_failure("cannot read the placement", placement.error());
      return;
    }
    if (options->home) placement->use_home(*options->home);
    exit_code = migrate(*placement);
  });
}

}  // namespace emporion::app
