#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/rpc/calls.hpp"

namespace emporion::remote {

/// Where the calls to one module go that may serve in this process or elsewhere, and change its place while it is called. Starts `held`. Lives on one runtime's
/// thread.
class Route {
 public:
  enum class State : std::uint8_t {
    held,  ///< Calls wait, until their deadline.
    here,  ///< To the module in this process.
    away,  ///< To the process that serves it.
  };

  explicit Route(Runtime& runtime);
  ~Route();
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  State state() const noexcept;
  /// Calls wait from now on. Those under way go on.
  void hold();
  /// Opens it to `local`, which offers the module's contracts; those who wait go on.
  void open(std::shared_ptr<const Calls> local);
  void send_away();

  /// Answers when the calls under way have ended, true, or at the end of `limit`, false.
  Task<bool> drained(microseconds limit);
  /// Waits while it is held. Errors: MODULE_SWITCHING (unavailable), at the deadline: nothing was done.
  Task<Result<>> settle(UtcTime deadline);

  /// A call under way in this process. The state is `here`.
  class Entry {
   public:
    explicit Entry(Route& route);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    const Calls& local() const noexcept { return *local_; }

   private:
    Route& route_;
    std::shared_ptr<const Calls> local_;
  };

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Calls an operation wherever the module is. `away` is a client of the process that serves it; not used while the module is here.
template <typename Api, typename Request, typename Response>
Task<Result<Response>> through(Route& route, Api& away, Task<Result<Response>> (Api::*method)(CallContext, Request), CallContext context, Request request) {
  if (route.state() == Route::State::held) EMP_CO_TRY(co_await route.settle(context.deadline));
  if (route.state() == Route::State::away) co_return co_await (away.*method)(std::move(context), std::move(request));
  const Route::Entry entry(route);
  co_return co_await (entry.local().get<Api>().*method)(std::move(context), std::move(request));
}

}  // namespace emporion::remote
