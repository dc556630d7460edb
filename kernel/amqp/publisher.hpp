#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"

namespace emporion::amqp {

struct Message {
  std::string id;
  std::string topic;  ///< The routing key.
  std::string content_type;
  std::string body;
};

struct PublisherOptions {
  std::string url;       ///< amqp://user:password@host:port/vhost, or amqps://… for TLS.
  std::string exchange;  ///< A durable topic exchange.
  std::string queue;     ///< A quorum queue, to which the exchange brings `topics`.
  std::vector<std::string> topics;
  std::string authority_file;     ///< Whom to believe with amqps; empty: the system's.
  milliseconds patience{10'000};  ///< For a connection, and for all confirms of a batch.
};

/// What the broker said of one message.
enum class Fate : std::uint8_t {
  stored,      ///< Confirmed: it is on the disks of a majority of the queue's replicas.
  unroutable,  ///< It was nobody's: no queue is bound for its topic.
  refused,     ///< Not taken, for reasons of the broker's own.
};

/// Brings messages to a RabbitMQ and hears what became of them. Connects when it is first needed, and again after a failure, each time making the exchange, the
/// queue and its bindings where they are missing. One batch at a time.
class Publisher {
 public:
  Publisher(Runtime& runtime, PublisherOptions options);
  ~Publisher();

  /// What became of each, in their order. Errors (unavailable): BROKER_UNREACHABLE, nothing was sent; BROKER_LOST, some may be stored, and a repeat of all may
  /// store them twice.
  Task<Result<std::vector<Fate>>> publish(std::vector<Message> batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads what a URL must have. Errors: AMQP_URL_MALFORMED, whose detail never shows the URL: a password may be in it.
Result<> check_url(const std::string& url);

}  // namespace emporion::amqp
