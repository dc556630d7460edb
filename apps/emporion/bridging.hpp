#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/emporion/databases.hpp"
#include "apps/emporion/placement.hpp"
#include "kernel/async/runtime.hpp"
#include "kernel/bridge/bridge.hpp"

namespace emporion::app {

/// What this process tells systems that are not ours: the events of its own modules in `bridge.topics`, to the RabbitMQ at `bridge.amqp.url`, without which
/// nothing is told. Beside each module's database, where the events lie, lies how far they were brought.
class Bridging {
 public:
  Bridging(Runtime& runtime, const Placement& placement, const Databases& databases, const std::vector<ModuleDefinition>& modules);
  ~Bridging();
  /// A broker that is away is no fault. Errors: CONFIG_INVALID for a topic that nobody publishes, or a URL that names no broker.
  Result<> start();
  /// Brings nothing new; waits for what is under way.
  Task<void> close();

 private:
  Result<> check() const;

  Runtime& runtime_;
  amqp::PublisherOptions broker_;
  std::vector<std::unique_ptr<postgres::Database>> stores_;
  std::vector<std::unique_ptr<bridge::Bridge>> bridges_;
};

}  // namespace emporion::app
