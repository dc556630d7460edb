#include "kernel/amqp/publisher.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "kernel/amqp/connection.hpp"
#include "kernel/base/assert.hpp"

namespace emporion::amqp {

/// The client library blocks, so it has a thread of its own.
struct Publisher::Impl {
  struct Order {
    std::vector<Message> batch;
    OneShot<Result<std::vector<Fate>>>* answer;
  };

  Impl(Runtime& loop, PublisherOptions given) : runtime(loop), options(std::move(given)), thread([this] { serve(); }) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      EMP_ASSERT(!order.has_value());
      ending = true;
    }
    changed.notify_one();
    thread.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void submit(Order given) {
    {
      const std::lock_guard lock(mutex);
      EMP_ASSERT(!order.has_value());
      order = std::move(given);
    }
    changed.notify_one();
  }

  void serve() {
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return ending || order.has_value(); });
      if (!order) return;
      const Order taken = std::move(*order);
      order.reset();
      lock.unlock();
      runtime.post([answer = taken.answer, result = attempt(taken.batch)]() mutable { answer->set(std::move(result)); });
    }
  }

  Result<std::vector<Fate>> attempt(const std::vector<Message>& batch) {
    if (!connection) {
      EMP_ASSIGN(auto opened, Connection::open(options));
      connection = std::move(opened);
    }
    auto fates = connection->publish(batch);
    // What was made is made again with the next connection, and that may be what was missing.
    const bool all_stored = fates && std::ranges::all_of(*fates, [](Fate fate) { return fate == Fate::stored; });
    if (!all_stored) connection.reset();
    return fates;
  }

  Runtime& runtime;
  const PublisherOptions options;
  std::optional<Connection> connection;  ///< The thread's.
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Order> order;
  bool ending = false;
  std::thread thread;
};

Publisher::Publisher(Runtime& runtime, PublisherOptions options) : impl_(std::make_unique<Impl>(runtime, std::move(options))) {}
Publisher::~Publisher() = default;

Task<Result<std::vector<Fate>>> Publisher::publish(std::vector<Message> batch) {
  OneShot<Result<std::vector<Fate>>> answer;
  impl_->submit({.batch = std::move(batch), .answer = &answer});
  co_return co_await answer;
}

}  // namespace emporion::amqp
