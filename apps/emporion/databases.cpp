#include "apps/emporion/databases.hpp"

#include "kernel/base/text.hpp"
#include "kernel/postgres/migration.hpp"

namespace emporion::app {

Result<Databases> Databases::open(const Placement& placement, const std::vector<ModuleDefinition>& modules, const Progress& progress) {
  Databases out;
  for (const auto& module : modules) {
    if (auto dsn = placement.dsn_of(module.name)) {
      out.dsns_.emplace(module.name, std::move(*dsn));
      continue;
    }
    if (!out.cluster_) {
      EMP_ASSIGN(out.cluster_, postgres::PrivateCluster::start(placement.home / "postgres", progress));
    }
    EMP_ASSIGN(auto dsn, out.cluster_->ensure_database(module.name));
    out.dsns_.emplace(module.name, std::move(dsn));
  }
  return out;
}

const std::string& Databases::dsn_of(std::string_view module) const {
  const auto found = dsns_.find(module);
  EMP_ASSERT(found != dsns_.end());
  return found->second;
}

Result<int> Databases::migrate(const std::vector<ModuleDefinition>& modules, const Progress& progress) const {
  int total = 0;
  for (const auto& module : modules) {
    EMP_ASSIGN(const int applied, postgres::migrate(dsn_of(module.name), module.migrations));
    if (applied > 0 && progress) progress(text("database of ", module.name, ": ", applied, " migrations applied"));
    total += applied;
  }
  return total;
}

Result<> Databases::close() {
  if (!cluster_) return {};
  return cluster_->stop();
}

}  // namespace emporion::app
