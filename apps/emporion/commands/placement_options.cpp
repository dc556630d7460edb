#include "apps/emporion/commands/placement_options.hpp"

#include <CLI/CLI.hpp>

#include "apps/emporion/commands/terminal.hpp"

namespace emporion::app {

void PlacementOptions::add_to(CLI::App& command) {
  command.add_option("--home", home, "Folder of the private PostgreSQL cluster and secrets (default ./var).");
  command.add_option("--placement", file, "YAML file with settings and databases elsewhere.");
}

int PlacementOptions::run(const std::function<int(Placement placement)>& run_on, int unreadable) const {
  auto placement = Placement::load(file);
  if (!placement) {
    (void)report_failure("cannot read the placement", placement.error());
    return unreadable;
  }
  if (home) placement->use_home(*home);
  return run_on(std::move(*placement));
}

}  // namespace emporion::app
