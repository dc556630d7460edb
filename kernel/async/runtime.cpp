#include "kernel/async/runtime.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <queue>
#include <thread>
#include <utility>
#include <vector>

#include "kernel/async/fault_pause.hpp"

namespace emporion {
namespace {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Threads for work that blocks or burns: started at the first use, at most one per core.
class WorkerPool {
 public:
  /// More waiting work than this is a caller without limits of its own; submitting then waits for a free place, which holds the io thread back.
  static constexpr std::size_t waiting_max = 4096;

  ~WorkerPool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void submit(std::move_only_function<void()> work) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < waiting_max; });
    waiting_.push_back(std::move(work));
    const std::size_t threads_max = std::max(1u, std::thread::hardware_concurrency());
    if (idle_ < waiting_.size() && threads_.size() < threads_max) threads_.emplace_back([this] { serve(); });
    lock.unlock();
    changed_.notify_all();
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      --idle_;
      if (stopping_) return;
      auto work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      changed_.notify_all();
      work();
      work = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

struct Sleeper {
  SteadyTime wakes_at;
  std::uint64_t order;  ///< Sleepers of one instant wake in the order in which they lay down.
  Suspended sleeping;
  friend bool operator>(const Sleeper& a, const Sleeper& b) { return std::pair(a.wakes_at, a.order) > std::pair(b.wakes_at, b.order); }
};

thread_local Runtime* runtime_of_this_thread = nullptr;  ///< Inside `run`.

}  // namespace

struct Runtime::Impl {
  asio::io_context context{1};  // One thread runs it; posting stays safe from any thread.
  asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(context);
  std::atomic<std::thread::id> io_thread;

  // All sleepers share one timer, armed for the first of them.
  std::priority_queue<Sleeper, std::vector<Sleeper>, std::greater<>> sleepers;
  std::uint64_t sleepers_ever = 0;
  asio::steady_timer timer{context};
  SteadyTime armed_for = SteadyTime::max();

  asio::signal_set signals{context};
  std::move_only_function<void()> on_signal;

  WorkerPool workers;  // Last: its threads end before anything that they post to.

  void sleep(SteadyTime wakes_at, std::coroutine_handle<> handle) {
    sleepers.push({wakes_at, sleepers_ever++, Suspended(handle)});
    if (wakes_at < armed_for) arm(wakes_at);
  }

  void arm(SteadyTime wakes_at) {
    armed_for = wakes_at;
    timer.expires_at(wakes_at);
    timer.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) wake();
    });
  }

  void wake() {
    armed_for = SteadyTime::max();
    const auto now = std::chrono::steady_clock::now();
    // Those who lie down again meanwhile wait for the next round, so a sleep of 0 in a loop cannot hold the loop.
    const auto order_end = sleepers_ever;
    std::vector<Sleeper> again;
    while (!sleepers.empty() && sleepers.top().wakes_at <= now) {
      const Sleeper first = sleepers.top();
      sleepers.pop();
      if (first.order >= order_end) {
        again.push_back(first);
        continue;
      }
      first.sleeping.resume();
    }
    for (const auto& sleeper : again) sleepers.push(sleeper);
    if (!sleepers.empty() && sleepers.top().wakes_at < armed_for) arm(sleepers.top().wakes_at);
  }

  void wait_for_signal() {
    signals.async_wait([this](const boost::system::error_code& cancelled, int) {
      if (cancelled) return;
      on_signal();
      wait_for_signal();
    });
  }
};

Runtime::Runtime() : impl_(std::make_unique<Impl>()) {}
Runtime::~Runtime() = default;

void Runtime::run() {
  impl_->io_thread = std::this_thread::get_id();
  Runtime* const outer = std::exchange(runtime_of_this_thread, this);
  impl_->context.run();
  runtime_of_this_thread = outer;
  impl_->io_thread = std::thread::id();
  impl_->context.restart();
}

void Runtime::stop() { impl_->context.stop(); }

void Runtime::post(std::move_only_function<void()> work) {
  asio::post(impl_->context, [work = std::move(work)]() mutable { work(); });
}

Task<void> Runtime::sleep_for(microseconds span) {
  struct Sleep {
    Impl& impl;
    microseconds span;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) const { impl.sleep(std::chrono::steady_clock::now() + span, handle); }
    void await_resume() const noexcept {}
  };
  co_await Sleep{*impl_, span};
}

Task<void> Runtime::yield() {
  struct Yield {
    Impl& impl;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) const {
      asio::post(impl.context, [yielding = Suspended(handle)] { yielding.resume(); });
    }
    void await_resume() const noexcept {}
  };
  co_await Yield{*impl_};
}

bool Runtime::on_io_thread() const noexcept { return impl_->io_thread.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

void Runtime::watch_signals(std::move_only_function<void()> on_signal) {
  const bool first = !impl_->on_signal;
  impl_->on_signal = std::move(on_signal);
  if (!first) return;
  impl_->signals.add(SIGINT);
  impl_->signals.add(SIGTERM);
  impl_->wait_for_signal();
}

void* Runtime::native_handle() noexcept { return &impl_->context; }

void Runtime::submit_to_worker(std::move_only_function<void()> work) { impl_->workers.submit(std::move(work)); }

Task<void> fault_pause(std::string_view point) {
  const microseconds span = fault::FaultPoints::delay(point);
  if (span > microseconds(0) && runtime_of_this_thread != nullptr) co_await runtime_of_this_thread->sleep_for(span);
}

}  // namespace emporion
