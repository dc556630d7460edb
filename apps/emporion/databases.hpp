#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "apps/emporion/placement.hpp"
#include "kernel/module/module.hpp"
#include "kernel/postgres/cluster.hpp"

namespace emporion::app {

using Progress = std::function<void(std::string_view)>;

/// The databases of all modules: the private cluster's, save those that the placement puts elsewhere.
class Databases {
 public:
  /// Starts the private cluster if any module needs it and makes what is missing. Errors: those of PrivateCluster.
  static Result<Databases> open(const Placement& placement, const std::vector<ModuleDefinition>& modules, const Progress& progress);

  const std::string& dsn_of(std::string_view module) const;
  /// Applies missing migrations of every module. Errors: MIGRATION_FAILED, MIGRATION_CHANGED.
  Result<int> migrate(const std::vector<ModuleDefinition>& modules, const Progress& progress) const;
  /// Stops the private cluster if this object started it.
  Result<> close();

 private:
  std::optional<postgres::PrivateCluster> cluster_;
  std::map<std::string, std::string, std::less<>> dsns_;
};

}  // namespace emporion::app
