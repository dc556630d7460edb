#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/async/flow.hpp"
#include "kernel/base/assert.hpp"

namespace emporion {

/// A lazy coroutine: it starts when awaited and is awaited once, in the statement that made it (style: coroutines).
/// An exception that leaves its body is a bug and stops the process; what can fail answers a Result.
template <typename T = void>
class [[nodiscard]] Task;

namespace detail {

struct TaskPromiseBase {
  std::coroutine_handle<> awaiter;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
      return finished.promise().awaiter;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <typename T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      handle.promise().awaiter = awaiting;
      return handle;
    }
    T await_resume() const { return handle.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

 private:
  Handle handle_;
};

namespace detail {
template <typename T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept { return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this)); }

/// A coroutine that runs by itself and frees its frame at the end.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};
}  // namespace detail

/// Runs `task` by itself from here; it must hold values only. Prefer Scope::spawn, which can be joined.
inline void start_detached(Task<void> task) {
  const FlowKept kept;
  [](Task<void> inner) -> detail::Detached { co_await std::move(inner); }(std::move(task));
}

/// One answer, given once, awaited once, on one thread: how a callback resumes a coroutine.
template <typename T>
class OneShot {
 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  /// Stores the answer and resumes the awaiting coroutine, inline.
  void set(T value) {
    EMP_ASSERT(!value_.has_value());
    value_.emplace(std::move(value));
    if (awaiter_) std::exchange(awaiter_, {}).resume();
  }
  bool is_set() const noexcept { return value_.has_value(); }

  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { awaiter_ = Suspended(awaiting); }
  T await_resume() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  Suspended awaiter_;
};

/// Several coroutines side by side that outlive the statement that started them. `join` awaits all of them; the owner calls it before it dies.
class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { EMP_ASSERT(running_ == 0); }

  void spawn(Task<void> task) {
    ++running_;
    const FlowKept kept;
    run(*this, std::move(task));
  }
  std::size_t running() const noexcept { return running_; }

  auto join() noexcept {
    struct Awaiter {
      Scope& scope;
      bool await_ready() const noexcept { return scope.running_ == 0; }
      void await_suspend(std::coroutine_handle<> awaiting) const noexcept { scope.joiner_ = Suspended(awaiting); }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

 private:
  static detail::Detached run(Scope& scope, Task<void> task) {
    co_await std::move(task);
    if (--scope.running_ == 0 && scope.joiner_) std::exchange(scope.joiner_, {}).resume();
  }

  std::size_t running_ = 0;
  Suspended joiner_;
};

namespace detail {
template <typename T>
Task<void> store_result(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}
}  // namespace detail

/// Runs the tasks side by side and answers all results in the tasks' order.
template <typename T>
Task<std::vector<T>> when_all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> results(tasks.size());
  Scope scope;
  for (std::size_t i = 0; i < tasks.size(); ++i) scope.spawn(detail::store_result(std::move(tasks[i]), results[i]));
  co_await scope.join();
  std::vector<T> out;
  out.reserve(results.size());
  for (auto& result : results) out.push_back(std::move(*result));
  co_return out;
}

}  // namespace emporion
