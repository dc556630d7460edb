#include "kernel/remote/route.hpp"

#include <utility>

#include "kernel/base/assert.hpp"

namespace emporion::remote {
namespace {

constexpr milliseconds tick{20};  // Between two looks whose deadline has come.
constexpr milliseconds drain_tick{2};

}  // namespace

struct Route::Impl : std::enable_shared_from_this<Route::Impl> {
  struct Waiter {
    OneShot<bool> settled;
    UtcTime deadline;
  };

  explicit Impl(Runtime& r) : runtime(r) {}

  void turn(State to) {
    state = to;
    if (to == State::held) return;
    // Not inline: whoever opens goes on first.
    for (auto& waiter : std::exchange(waiters, {})) runtime.post([waiter] { waiter->settled.set(true); });
  }

  /// While anybody waits.
  static Task<void> watch_deadlines(std::shared_ptr<Impl> self) {
    while (!self->waiters.empty()) {
      co_await self->runtime.sleep_for(tick);
      const UtcTime now = self->clock.now();
      std::vector<std::shared_ptr<Waiter>> late;
      std::erase_if(self->waiters, [&](const auto& waiter) {
        if (waiter->deadline > now) return false;
        late.push_back(waiter);
        return true;
      });
      for (const auto& waiter : late) waiter->settled.set(false);
    }
    self->watched = false;
  }

  Runtime& runtime;
  SystemClock clock;
  State state = State::held;
  std::shared_ptr<const Calls> local;
  std::vector<std::shared_ptr<Waiter>> waiters;
  int under_way = 0;
  bool watched = false;
};

Route::Route(Runtime& runtime) : impl_(std::make_shared<Impl>(runtime)) {}
Route::~Route() = default;

Route::State Route::state() const noexcept { return impl_->state; }
void Route::hold() { impl_->turn(State::held); }

void Route::open(std::shared_ptr<const Calls> local) {
  EMP_ASSERT(local != nullptr);
  impl_->local = std::move(local);
  impl_->turn(State::here);
}

void Route::send_away() {
  impl_->local.reset();
  impl_->turn(State::away);
}

Task<bool> Route::drained(microseconds limit) {
  const auto impl = impl_;
  const UtcTime end = impl->clock.now() + limit;
  while (impl->under_way > 0 && impl->clock.now() < end) co_await impl->runtime.sleep_for(drain_tick);
  co_return impl->under_way == 0;
}

Task<Result<>> Route::settle(UtcTime deadline) {
  const auto impl = impl_;
  while (impl->state == State::held) {
    const auto waiter = std::make_shared<Impl::Waiter>();
    waiter->deadline = deadline;
    impl->waiters.push_back(waiter);
    if (!std::exchange(impl->watched, true)) start_detached(Impl::watch_deadlines(impl));
    if (!co_await waiter->settled) {
      co_return fail(ErrorKind::unavailable, "MODULE_SWITCHING", "the module is changing its place and did not come back in time; ask again");
    }
  }
  co_return Result<>();
}

Route::Entry::Entry(Route& route) : route_(route), local_(route.impl_->local) {
  EMP_ASSERT(route.state() == State::here);
  ++route_.impl_->under_way;
}
Route::Entry::~Entry() { --route_.impl_->under_way; }

}  // namespace emporion::remote
