#pragma once

#include <functional>
#include <optional>
#include <string>

#include "apps/emporion/host.hpp"
#include "apps/emporion/placement.hpp"

namespace emporion::app {

struct ServeOptions {
  Placement placement;                                     ///< Of which a process is chosen.
  bool migrate = true;                                     ///< Make and migrate the databases first.
  std::function<Task<Result<>>(Host&)> before_ready = {};  ///< Runs once everything is started and before the port is opened, e.g. the demo's seed.
};

/// Serves until SIGINT or SIGTERM and answers the exit code. Prints `ready http://ADDRESS:PORT` on standard output when it can sell; where the gateway is in
/// another process, `ready HOST:PORT` when others can call it.
int serve(ServeOptions options);

}  // namespace emporion::app
