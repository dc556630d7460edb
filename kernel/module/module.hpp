#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/config/settings.hpp"
#include "kernel/http/router.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/module/jobs.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/postgres/migration.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/rpc/calls.hpp"

namespace emporion {

/// What a module is given: its own database and the ways to the outside. All of it belongs to one runtime's thread.
struct ModuleContext {
  std::string name;
  Runtime& runtime;
  postgres::Database& database;
  Calls& calls;  ///< Complete only from `Module::start` on.
  const Clock& clock;
  Random& random;
  const config::Settings& settings;
  Jobs& jobs;
};

/// A statement about the module's own rows that must answer no row; each row is a violation: (id text, detail text).
struct AuditCheck {
  std::string_view invariant;  ///< "W-I2 reserved equals what open reservations hold"
  std::string_view sql;
};
/// Rows (key text, value text) that the auditor compares with another module's fact: apps/emporion/audit.cpp says which must agree.
struct AuditFact {
  std::string_view name;  ///< "warehouse.units_by_order"
  std::string_view sql;
};

/// One bounded context at work. Made by its definition, wired by the composition root in this order: create, bind, routes, subscribe, start … stop.
class Module {
 public:
  virtual ~Module() = default;
  /// Offers its contract: `calls.bind<WarehouseApi>(std::make_shared<LocalWarehouseApi>(…))`.
  virtual void bind(Calls& calls) = 0;
  /// Adds its HTTP routes. Errors: DUPLICATE_ROUTE.
  virtual Result<> routes(http::Router& router) = 0;
  virtual void subscribe(messaging::Subscriptions& subscriptions) { (void)subscriptions; }
  /// Registers jobs, warms caches. Every contract is bound by now.
  virtual Task<Result<>> start() { co_return Result<>(); }
  /// Ends lanes and background work; afterwards nothing of it runs.
  virtual Task<void> stop() { co_return; }
};

/// What `api/module.hpp` of each module exports, and nothing else: `ModuleDefinition warehouse::definition();`
struct ModuleDefinition {
  std::string_view name;
  std::span<const postgres::Migration> migrations;
  std::function<std::unique_ptr<Module>(ModuleContext)> create;
  std::vector<AuditCheck> audit_checks = {};
  std::vector<AuditFact> audit_facts = {};
};

}  // namespace emporion
