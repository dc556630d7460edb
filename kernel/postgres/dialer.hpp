#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/async/runtime.hpp"
#include "kernel/postgres/database.hpp"

struct pg_conn;

namespace emporion::postgres {

/// Opens sessions without blocking: libpq's connect, step by step, within five seconds. Where the DSN names several servers, they are asked in their order,
/// from the one that had the last session on, for two seconds each, until one of them takes writes: that is how a module follows the primary. After a failure
/// of all it waits longer and longer before the next try.
class Dialer {
 public:
  /// Takes over a session in pipeline mode, or null: then `problem` says why. Called at most once per dial, perhaps before `dial` returns.
  using Done = std::function<void(pg_conn* opened)>;

  Dialer(Runtime& runtime, const DatabaseOptions& options);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  /// One attempt at a time.
  void dial(Done done);
  /// Ends an attempt under way; its `done` is not called.
  void hang_up() noexcept;
  /// False while it waits after a failure.
  bool may_dial() const noexcept;
  /// Counts a session that proved useless as a failure.
  void put_off(std::string_view why);
  const std::string& problem() const noexcept;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::postgres
