#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/messaging/feed.hpp"
#include "kernel/module/module.hpp"
#include "kernel/module/upkeep.hpp"

namespace emporion::app {

/// What a module needs of its process.
struct UnitContext {
  Runtime& runtime;
  const std::string& dsn;
  Calls& calls;
  const Clock& clock;
  Random& random;
  const config::Settings& settings;
};

/// One module at work in this process, from its making to its end. What was stopped is not started again: another one is made.
class Unit {
 public:
  Unit(const ModuleDefinition& definition, const UnitContext& context);

  /// What it offers to others.
  const std::shared_ptr<Calls>& offered() const noexcept { return offered_; }
  Module& module() noexcept { return *module_; }
  postgres::Database& database() noexcept { return *database_; }

  /// Makes its consumer, of these feeds. Before `work`.
  void subscribe(const std::vector<std::shared_ptr<messaging::EventFeed>>& feeds);
  Task<Result<>> start();
  /// Begins what it does by itself: it hears events and runs jobs.
  void work();

  /// Ends what it does by itself.
  Task<void> rest();
  /// Ends the module. Nobody may be calling it.
  Task<void> end();
  Task<void> close();

 private:
  Runtime& runtime_;
  std::unique_ptr<postgres::Database> database_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<Jobs> jobs_;
  std::shared_ptr<Calls> offered_ = std::make_shared<Calls>();
  std::unique_ptr<Module> module_;
  std::unique_ptr<messaging::Consumer> consumer_;
  bool started_ = false;
  bool works_ = false;
};

}  // namespace emporion::app
