#pragma once

#include <memory>
#include <vector>

#include "kernel/amqp/publisher.hpp"

namespace emporion::amqp {

/// One connection with one channel in confirm mode. Blocks; belongs to one thread.
class Connection {
 public:
  /// With the topology made. Errors: BROKER_UNREACHABLE.
  static Result<Connection> open(const PublisherOptions& options);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Errors: BROKER_LOST; the connection is of no use then.
  Result<std::vector<Fate>> publish(const std::vector<Message>& batch);

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace emporion::amqp
