#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "apps/emporion/home.hpp"
#include "apps/emporion/placement.hpp"
#include "kernel/module/module.hpp"
#include "kernel/postgres/cluster.hpp"

namespace emporion::app {

using Progress = std::function<void(std::string_view)>;

enum class Purpose : std::uint8_t { serve, tool, inspect };

/// The databases of some modules: where the placement puts them (`databases.<module>`, `postgres`), else the private cluster's.
class Databases {
 public:
  /// Starts the private cluster if any of the modules needs it and makes what is missing. Errors: those of PrivateCluster.
  /// Who serves takes the place of the placement's process and replica in the home: ALREADY_RUNNING if another one has it. Who only inspects makes nothing:
  /// NO_SHOP if there is no cluster in the home.
  static Result<Databases> open(const Placement& placement, const std::vector<ModuleDefinition>& modules, Purpose purpose, const Progress& progress);

  const std::string& dsn_of(std::string_view module) const;
  /// Applies missing migrations of every module. Errors, naming the module: MIGRATION_FAILED, MIGRATION_CHANGED, DATABASE_UNAVAILABLE.
  Result<int> migrate(const std::vector<ModuleDefinition>& modules, const Progress& progress) const;
  /// Stops the private cluster, unless another process of the home uses it, too: then that one will. To be called once, also after a failure.
  Result<> close();

 private:
  Result<> find_all(const Placement& placement, const std::vector<ModuleDefinition>& modules, const Progress& progress);
  Result<> start_cluster(const Placement& placement, const Progress& progress);
  std::optional<LockedFile> place_;  ///< Of a process that serves.
  std::optional<HomeShare> share_;   ///< Held as long as the cluster is used.
  std::optional<postgres::PrivateCluster> cluster_;
  std::map<std::string, std::string, std::less<>> dsns_;
};

}  // namespace emporion::app
