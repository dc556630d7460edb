#include "apps/emporion/databases.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
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
  if (purpose == Purpose::serve) EMP_TRY(out.take_home(placement));
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
    if (!cluster_) {
      EMP_ASSIGN(cluster_, postgres::PrivateCluster::start(placement.home / "postgres", progress));
    }
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

Result<> Databases::take_home(const Placement& placement) {
  const std::string file = (placement.home / "serving.lock").string();
  std::error_code error;
  std::filesystem::create_directories(placement.home, error);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(ErrorKind::unavailable, "HOME_NOT_WRITABLE", text("cannot write ", file, ": ", std::strerror(errno)));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return fail(ErrorKind::conflict, "ALREADY_RUNNING", text("another emporion serves from ", placement.home.string(), "; stop it, or give another --home"));
  }
  home_lock_ = std::shared_ptr<const int>(new int(descriptor), [](const int* held) {
    ::close(*held);
    delete held;
  });
  return {};
}

Result<> Databases::close() {
  if (!cluster_ || (cluster_->was_running() && !home_lock_)) return {};
  return cluster_->stop();
}

}  // namespace emporion::app
