#pragma once

#include <functional>
#include <optional>
#include <string>

#include "apps/emporion/placement.hpp"

namespace CLI {
class App;
}

namespace emporion::app {

/// The placement in `file`, or of the defaults alone; nothing if it cannot be read or does not hold, after a line on standard error for each fault.
std::optional<Placement> load_placement(const std::optional<std::string>& file);

/// Where a command finds the shop: the options --home and --placement.
struct PlacementOptions {
  std::optional<std::string> home;
  std::optional<std::string> file;

  /// Lives as long as `command`.
  void add_to(CLI::App& command);
  /// Loads the placement and runs; answers the exit code, `unreadable`, after the lines of load_placement, if there is none.
  int run(const std::function<int(Placement placement)>& run_on, int unreadable = 1) const;
};

}  // namespace emporion::app
