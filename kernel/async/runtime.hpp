#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "kernel/async/task.hpp"
#include "kernel/base/time.hpp"

namespace emporion {

/// One io thread: an event loop, its timers, and a door for other threads. Connections, lanes and module state belong to the runtime
/// that made them and are touched on its thread only; from elsewhere use `post`.
class Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Runs the loop until `stop`. Called once, on the thread that is to be the io thread.
  void run();
  /// Ends `run` soon. Callable from any thread and from a signal watcher.
  void stop();
  /// Runs `work` on the io thread. Callable from any thread; never runs inline.
  void post(std::move_only_function<void()> work);

  /// Suspends for at least `span`. With a moved clock in tests, see kernel/testing.
  Task<void> sleep_for(microseconds span);
  /// Lets other ready work run first: for long loops.
  Task<void> yield();
  /// Runs `work` on a worker thread (for hashing, signing, disk) and answers its result on the io thread.
  template <typename T>
  Task<T> on_worker(std::move_only_function<T()> work);

  /// True on the thread inside `run`.
  bool on_io_thread() const noexcept;

  /// Calls `on_signal` on the io thread at SIGINT or SIGTERM.
  void watch_signals(std::move_only_function<void()> on_signal);

  /// For the kernel's own drivers only: the boost::asio::io_context behind this loop.
  void* native_handle() noexcept;

 private:
  void submit_to_worker(std::move_only_function<void()> work);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

template <typename T>
Task<T> Runtime::on_worker(std::move_only_function<T()> work) {
  OneShot<T> answer;
  submit_to_worker([this, &answer, work = std::move(work)]() mutable {
    auto result = std::make_shared<std::optional<T>>(work());
    post([&answer, result] { answer.set(std::move(**result)); });
  });
  co_return co_await answer;
}

/// Runs one task to its end on a fresh loop and answers its result: for main functions, commands and tests.
template <typename T>
T run_until_done(Runtime& runtime, Task<T> task) {
  std::optional<T> result;
  runtime.post([&] {
    start_detached([](Runtime& loop, Task<T> inner, std::optional<T>& out) -> Task<void> {
      out.emplace(co_await std::move(inner));
      loop.stop();
    }(runtime, std::move(task), result));
  });
  runtime.run();
  return std::move(*result);
}

}  // namespace emporion
