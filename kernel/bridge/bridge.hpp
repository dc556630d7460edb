#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/amqp/publisher.hpp"
#include "kernel/messaging/feed.hpp"

namespace emporion::bridge {

struct BridgeOptions {
  int batch = 100;
  milliseconds poll{200};
  milliseconds retry_first{100};  ///< Doubles up to retry_most.
  milliseconds retry_most{10'000};
};

/// Brings chosen events of one producer to a RabbitMQ, as CloudEvents, for systems that are not ours. Each at least once, and in the order of the outbox unless
/// one comes again: its place moves on only once the broker has confirmed what is before it. Whoever hears them knows an event that it had by its id.
/// The place, and the lease by which replicas share the work, are a row of `feed_position` in `store`.
class Bridge {
 public:
  /// `broker.topics` are the ones that are brought; those of other producers are not looked for.
  Bridge(Runtime& runtime, postgres::Database& store, std::shared_ptr<messaging::EventFeed> feed, amqp::PublisherOptions broker, BridgeOptions options = {});
  ~Bridge();
  void start();
  /// Waits for the batch under way, `patience` of the broker at most, and gives the lease back.
  Task<void> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::bridge
