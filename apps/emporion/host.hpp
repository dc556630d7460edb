#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/databases.hpp"
#include "apps/emporion/moving/seat.hpp"
#include "apps/emporion/neighbours.hpp"
#include "apps/emporion/placement.hpp"
#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/http/router.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/module/module.hpp"
#include "kernel/remote/server.hpp"
#include "kernel/remote_feed/feed_server.hpp"

namespace emporion::app {

/// The modules of one process, wired to each other and to those of other processes: bindings, routes, feeds, jobs. A module may leave for another process, and
/// come back, while it is at work (ADR 0034). Lives on one runtime's thread.
class Host {
 public:
  /// `definitions`: all modules, or those of the placement's chosen process. `credentials` are for meeting the other processes, if there are any.
  Host(Runtime& runtime, const Placement& placement, const Databases& databases, std::vector<ModuleDefinition> definitions,
       const std::optional<remote::Credentials>& credentials = std::nullopt);
  ~Host();

  /// Creates and starts everything in order: modules, bindings, routes, subscriptions, those it waits for in other processes, the modules' own start, the door
  /// for other processes, then consumers and jobs. Errors: CONFIG_INVALID, DUPLICATE_ROUTE, DATABASE_NOT_DURABLE, START_INTERRUPTED, those of
  /// remote::Server::listen, and what a module refuses to start for.
  Task<Result<>> start();
  /// Ends a start that waits for other processes.
  void interrupt() noexcept { interrupted_ = true; }
  /// Stops: what others ask, then in the reverse order of the start; nothing runs afterwards.
  Task<void> stop();

  Calls& calls() noexcept { return calls_; }
  http::Router& router() noexcept { return router_; }
  Runtime& runtime() noexcept { return runtime_; }
  const Clock& clock() const noexcept { return clock_; }
  Random& random() noexcept { return random_; }
  /// A context for work that this process does in the name of `module`.
  CallContext context(std::string_view module, microseconds budget = seconds(10));

 private:
  void make_seats(std::vector<ModuleDefinition> definitions);
  void create();
  void bind();
  Task<Result<>> expect_durable();
  Result<> add_routes();
  Result<> open_to_others(Address address);
  Result<remote::Credentials> credentials();

  Runtime& runtime_;
  const Placement& placement_;
  const Databases& databases_;
  std::optional<remote::Credentials> credentials_;
  SystemClock clock_;
  SystemRandom random_;
  Calls calls_;
  http::Router router_;
  std::vector<std::unique_ptr<Seat>> seats_;                  ///< One for each module of the placement's process.
  std::vector<std::shared_ptr<messaging::EventFeed>> feeds_;  ///< Of all producers that modules of this process may hear.
  std::unique_ptr<Neighbours> neighbours_;                    ///< Null where all modules are in this process.
  remote::Services services_;
  std::unique_ptr<remote::FeedServer> feed_server_;
  std::unique_ptr<remote::Server> server_;
  bool started_ = false;
  bool interrupted_ = false;
};

}  // namespace emporion::app
