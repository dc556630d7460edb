#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "apps/emporion/placement.hpp"
#include "kernel/async/runtime.hpp"
#include "kernel/http/router.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/remote/way.hpp"
#include "kernel/remote_feed/remote_feed.hpp"
#include "kernel/rpc/calls.hpp"

namespace emporion::app {

/// The modules of a placement that run in other processes than the chosen one, as this process reaches them. Lives on one runtime's thread.
class Neighbours {
 public:
  /// Does not connect yet.
  Neighbours(Runtime& runtime, const Placement& placement, const remote::Credentials& credentials);

  /// Binds the contracts of all of them.
  void bind(Calls& calls) const;
  /// Adds their public routes, over what is bound in `calls`. Errors: DUPLICATE_ROUTE, INVALID_ROUTE.
  Result<> add_routes(const Calls& calls, http::Router& router) const;
  /// Of those whose events the modules of this process hear: one for each.
  std::vector<std::shared_ptr<messaging::EventFeed>> feeds();
  /// The feed of a module of this process, as those here hear it: where the process has replicas, these hint, too.
  std::shared_ptr<messaging::EventFeed> feed_of_all_replicas(std::shared_ptr<messaging::EventFeed> here);
  /// Waits, for ever, until those serve that a module of this process needs before it has started; every few seconds the log says for whom. Errors:
  /// START_INTERRUPTED, within two seconds after `is_ending` has turned true; CREDENTIALS_UNREADABLE.
  Task<Result<>> wait_for_needed(std::function<bool()> is_ending);
  /// Waits until all serve that modules of this process call or bring the public to, a few seconds at most, so that the first calls after a start of all
  /// processes find somebody. Who is missing then is told in the log; calls to it answer CALLEE_UNREACHABLE until it comes.
  Task<void> look_around(std::function<bool()> is_ending);
  /// Ends what is under way; nothing runs afterwards. To be awaited when nobody reads the feeds any more.
  Task<void> close();

  /// Top names of the settings that are other processes' business (config::Settings::check).
  std::vector<std::string> settings_elsewhere() const;

 private:
  struct Neighbour {
    const Process* process;
    std::shared_ptr<remote::Way> client;
  };
  Task<Result<>> wait_for(std::string module, Neighbour neighbour, std::function<bool()> is_ending);
  /// A way to each replica of the process but this one; none where it has one address.
  std::vector<std::shared_ptr<remote::Channel>> ways_to_each(const Process& process);

  Runtime& runtime_;
  const Process& own_;
  const int replica_;
  remote::Credentials credentials_;
  std::map<std::string, Neighbour> by_module_;
  std::map<std::string, std::string> hearers_;  ///< By producer, a module of this process that hears it.
  std::set<std::string> needed_;
  std::set<std::string> called_;
  bool has_gateway_ = false;
  std::vector<std::shared_ptr<remote::RemoteFeed>> feeds_;
  std::map<std::string, std::shared_ptr<remote::Client>> replicas_;  ///< By name, sales-2: those that are watched one by one.
};

}  // namespace emporion::app
