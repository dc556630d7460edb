#include "apps/emporion/databases.hpp"

#include <algorithm>
#include <filesystem>

#include "kernel/base/text.hpp"
#include "kernel/postgres/migration.hpp"

namespace emporion::app {
namespace {

Result<> expect_shop(const Placement& placement, const std::vector<ModuleDefinition>& modules) {
  std::error_code error;
  const bool all_elsewhere = std::ranges::all_of(modules, [&](const ModuleDefinition& module) { return placement.dsn_of(module.name).has_value(); });
  if (all_elsewhere || std::filesystem::exists(placement.home / "postgres" / "data", error)) return {};
  return fail(ErrorKind::not_found, "NO_SHOP",
              text("there is no shop in ", placement.home.string(), "; make one with `emporion up`, or say where it is with --home"));
}

}  // namespace

Result<Databases> Databases::open(const Placement& placement, const std::vector<ModuleDefinition>& modules, Purpose purpose, const Progress& progress) {
  Databases out;
  if (purpose == Purpose::serve) {
    EMP_ASSIGN(out.place_, take_place(placement.home, placement.process, placement.replica));
  }
  if (purpose == Purpose::inspect) EMP_TRY(expect_shop(placement, modules));
  const auto found = out.find_all(placement, modules, progress);
  if (found) return out;
  (void)out.close();  // What was started for nothing does not stay; why it was for nothing is what the caller has to know.
  return fail(found.error());
}

Result<> Databases::find_all(const Placement& placement, const std::vector<ModuleDefinition>& modules, const Progress& progress) {
  for (const auto& module : modules) {
    if (auto dsn = placement.dsn_of(module.name)) {
      dsns_.emplace(module.name, std::move(*dsn));
      continue;
    }
    if (!cluster_) EMP_TRY(start_cluster(placement, progress));
    EMP_ASSIGN(auto dsn, cluster_->ensure_database(module.name));
    dsns_.emplace(module.name, std::move(dsn));
  }
  return {};
}

const std::string& Databases::dsn_of(std::string_view module) const {
  const auto found = dsns_.find(module);
  EMP_ASSERT(found != dsns_.end());
  return found->second;
}

Result<int> Databases::migrate(const std::vector<ModuleDefinition>& modules, const Progress& progress) const {
  int total = 0;
  for (const auto& module : modules) {
    const auto applied = postgres::migrate(dsn_of(module.name), module.migrations);
    if (!applied) return fail(Error(applied.error().kind(), applied.error().reason(), text("database of ", module.name, ": ", applied.error().detail())));
    if (*applied > 0 && progress) progress(text("database of ", module.name, ": ", *applied, " migrations applied"));
    total += *applied;
  }
  return total;
}

Result<> Databases::start_cluster(const Placement& placement, const Progress& progress) {
  EMP_ASSIGN(share_, HomeShare::take(placement.home));
  EMP_ASSIGN(cluster_, postgres::PrivateCluster::start(placement.home / "postgres", progress));
  return {};
}

Result<> Databases::close() {
  if (!cluster_) return {};
  return share_->leave([this] { return cluster_->stop(); });
}

}  // namespace emporion::app
