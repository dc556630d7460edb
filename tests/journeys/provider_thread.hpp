#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "kernel/async/runtime.hpp"

namespace emporion::journeys {

/// A simulated provider on a thread of its own, as it would be on a host of its own.
template <typename Simulator, typename Options>
class ProviderThread {
 public:
  explicit ProviderThread(Options options) : options_(std::move(options)) {
    std::unique_lock lock(mutex_);
    thread_ = std::thread([this] { serve(); });
    started_.wait(lock, [this] { return !url_.empty(); });
  }
  ~ProviderThread() {
    runtime_.post([this] { start_detached(end(*this)); });
    thread_.join();
  }
  const std::string& url() const { return url_; }

  /// Runs `ask` where the provider lives and answers what it says.
  template <typename Ask>
  auto on_its_thread(Ask ask) {
    std::promise<decltype(ask(std::declval<Simulator&>()))> answer;
    auto future = answer.get_future();
    runtime_.post([this, &answer, ask = std::move(ask)]() mutable { answer.set_value(ask(*simulator_)); });
    return future.get();
  }

 private:
  void serve() {
    simulator_ = std::make_unique<Simulator>(runtime_, clock_, options_);
    EXPECT_TRUE(simulator_->listen());
    {
      const std::lock_guard lock(mutex_);
      url_ = simulator_->url();
    }
    started_.notify_one();
    runtime_.run();
    simulator_.reset();
  }
  static Task<void> end(ProviderThread& provider) {
    co_await provider.simulator_->close();
    provider.runtime_.stop();
  }

  Options options_;
  Runtime runtime_;
  SystemClock clock_;
  std::unique_ptr<Simulator> simulator_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::string url_;
  std::thread thread_;
};

}  // namespace emporion::journeys
