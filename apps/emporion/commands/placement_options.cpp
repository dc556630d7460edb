#include "apps/emporion/commands/placement_options.hpp"

#include <CLI/CLI.hpp>

#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/placement_check.hpp"

namespace emporion::app {

std::optional<Placement> load_placement(const std::optional<std::string>& file) {
  auto placement = Placement::load(file);
  if (!placement) {
    (void)report_failure("cannot read the placement", placement.error());
    return std::nullopt;
  }
  const auto faults = faults_of(*placement);
  for (const auto& fault : faults) (void)report_failure(file.value_or("the environment"), Error(ErrorKind::invalid_argument, "PLACEMENT_INVALID", fault));
  if (!faults.empty()) return std::nullopt;
  return std::move(*placement);
}

void PlacementOptions::add_to(CLI::App& command) {
  command.add_option("--home", home, "Folder of the private PostgreSQL cluster and secrets (default ./var).");
  command.add_option("--placement", file, "YAML file with settings and databases elsewhere.");
}

int PlacementOptions::run(const std::function<int(Placement placement)>& run_on, int unreadable) const {
  auto placement = load_placement(file);
  if (!placement) return unreadable;
  if (home) placement->use_home(*home);
  return run_on(std::move(*placement));
}

}  // namespace emporion::app
