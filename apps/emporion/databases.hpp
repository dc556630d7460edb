#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "apps/emporion/placement.hpp"
#include "kernel/module/module.hpp"
#include "kernel/postgres/cluster.hpp"

namespace emporion::app {

using Progress = std::function<void(std::string_view)>;

enum class Purpose : std::uint8_t { serve, tool, inspect };

/// The databases of all modules: the private cluster's, save those that the placement puts elsewhere.
class Databases {
 public:
  /// Starts the private cluster if any module needs it and makes what is missing. Errors: those of PrivateCluster.
  /// A serving process takes the home for itself: ALREADY_RUNNING if another one has it. Tools share it. Who only
  /// inspects makes nothing: NO_SHOP if there is no cluster in the home.
  static Result<Databases> open(const Placement& placement, const std::vector<ModuleDefinition>& modules, Purpose purpose, const Progress& progress);

  const std::string& dsn_of(std::string_view module) const;
  /// Applies missing migrations of every module. Errors, naming the module: MIGRATION_FAILED, MIGRATION_CHANGED, DATABASE_UNAVAILABLE.
  Result<int> migrate(const std::vector<ModuleDefinition>& modules, const Progress& progress) const;
  /// Stops the private cluster: always if this process serves, else only if it started the cluster itself.
  Result<> close();

 private:
  Result<> take_home(const Placement& placement);
  Result<> find_all(const Placement& placement, const std::vector<ModuleDefinition>& modules, const Progress& progress);
  std::shared_ptr<const int> home_lock_;  ///< The descriptor of the lock, held while this process serves.
  std::optional<postgres::PrivateCluster> cluster_;
  std::map<std::string, std::string, std::less<>> dsns_;
};

}  // namespace emporion::app
