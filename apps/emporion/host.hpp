#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/emporion/databases.hpp"
#include "apps/emporion/placement.hpp"
#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/http/router.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/module/module.hpp"

namespace emporion::app {

/// All modules in one process, wired to each other: bindings, routes, feeds, jobs. Lives on one runtime's thread.
class Host {
 public:
  Host(Runtime& runtime, const Placement& placement, const Databases& databases, std::vector<ModuleDefinition> definitions);
  ~Host();

  /// Creates and starts everything in order: modules, bindings, routes, subscriptions, then consumers and jobs.
  /// Errors: CONFIG_INVALID, DUPLICATE_ROUTE, and what a module refuses to start for.
  Task<Result<>> start();
  /// Stops in the reverse order; nothing runs afterwards.
  Task<void> stop();

  Calls& calls() noexcept { return calls_; }
  http::Router& router() noexcept { return router_; }
  Runtime& runtime() noexcept { return runtime_; }
  const Clock& clock() const noexcept { return clock_; }
  Random& random() noexcept { return random_; }
  /// A context for work that this process does in the name of `module`.
  CallContext context(std::string_view module, microseconds budget = seconds(10));

 private:
  struct Unit {
    ModuleDefinition definition;
    std::unique_ptr<postgres::Database> database;
    std::unique_ptr<Jobs> jobs;
    std::unique_ptr<Module> module;
    std::unique_ptr<messaging::Consumer> consumer;
  };

  Runtime& runtime_;
  const Placement& placement_;
  const Databases& databases_;
  SystemClock clock_;
  SystemRandom random_;
  Calls calls_;
  http::Router router_;
  std::vector<std::unique_ptr<Unit>> units_;
  bool started_ = false;
};

}  // namespace emporion::app
