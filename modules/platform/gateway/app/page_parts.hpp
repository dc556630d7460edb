#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "kernel/async/runtime.hpp"
#include "modules/platform/gateway/app/separate_call.hpp"
#include "modules/platform/gateway/app/upstreams.hpp"

namespace emporion::gateway {

/// Asks modules for the parts of a page: each within its own limit, through the module's breaker, beside the others. A call that is given up goes on by itself
/// and its answer is dropped. Source: platform.md §3.5 BFF.
class PageParts {
 public:
  PageParts(Runtime& runtime, const Clock& clock, Upstreams& upstreams) : runtime_(runtime), clock_(clock), upstreams_(upstreams) {}

  /// Errors: OVERLOADED, UPSTREAM_OPEN, UPSTREAM_TIMEOUT (deadline_exceeded), and the module's own.
  template <typename T>
  Task<Result<T>> ask(std::string_view module, milliseconds limit, CallContext context, std::move_only_function<Task<Result<T>>(CallContext)> call) {
    Upstream& upstream = upstreams_.of(module);
    if (const auto room = upstream.make_room(RouteClass::browse); !room) co_return fail(room.error());
    if (const auto let = upstream.admit(upstreams_.now()); !let) co_return fail(let.error());
    CallContext own = separate_call(context.until(clock_.now() + limit));
    auto part = std::make_shared<Part<T>>();
    part->upstream = &upstream;
    part->until = own.deadline;
    calls_.spawn(run(*this, upstream, part, std::move(call), std::move(own)));
    if (part->answer) co_return std::move(*part->answer);
    const auto place = waiting_.insert(waiting_.end(), part);
    auto answer = co_await *part;
    waiting_.erase(place);
    co_return answer;
  }

  /// Gives up what is late; `run` does it every 25 ms.
  void tick();
  Task<void> run();
  Task<void> close();

 private:
  struct Late {
    virtual ~Late() = default;
    virtual void give_up() = 0;
    Upstream* upstream = nullptr;
    UtcTime until;
    bool is_given_up = false;
    Suspended waiting;
  };
  template <typename T>
  struct Part final : Late {
    std::optional<Result<T>> answer;
    void end(Result<T> result) {
      answer = std::move(result);
      if (waiting) std::exchange(waiting, {}).resume();
    }
    void give_up() override { end(fail(ErrorKind::deadline_exceeded, "UPSTREAM_TIMEOUT", "the answer did not come in time")); }
    bool await_ready() const noexcept { return answer.has_value(); }
    void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = Suspended(handle); }
    Result<T> await_resume() { return std::move(*answer); }
  };
  template <typename T>
  static Task<void> run(PageParts& self, Upstream& upstream, std::shared_ptr<Part<T>> part, std::move_only_function<Task<Result<T>>(CallContext)> call,
                        CallContext context) {
    upstream.begin();
    auto answer = co_await call(std::move(context));
    upstream.end();
    if (part->is_given_up) co_return;
    upstream.record(verdict_on(answer ? nullptr : &answer.error()), self.upstreams_.now());
    part->end(std::move(answer));
  }
  static Upstream::Verdict verdict_on(const Error* error);

  Runtime& runtime_;
  const Clock& clock_;
  Upstreams& upstreams_;
  std::list<std::shared_ptr<Late>> waiting_;
  Scope calls_;
  bool closing_ = false;
};

}  // namespace emporion::gateway
