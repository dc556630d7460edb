#include "apps/emporion/load/round.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "kernel/base/assert.hpp"

namespace emporion::load {
namespace {

using Steady = std::chrono::steady_clock;

constexpr microseconds look_pause = seconds(1);
constexpr milliseconds nap{50};    // Longer ones are taken in naps, so that a stop is heard.
constexpr seconds ending_max{60};  // A call is given up after 40 s by itself.

double own_processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

}  // namespace

Round::Round(Runtime& runtime, const Target& target, const Scenario& scenario, const Shop& shop, Plan plan)
    : runtime_(runtime),
      target_(target),
      scenario_(scenario),
      shop_(shop),
      plan_(std::move(plan)),
      figures_(scenario.expected),
      dice_(plan_.seed),
      market_{scenario_, shop_, figures_, dice_, random_, is_ending_} {
  if (plan_.is_open()) arrivals_.emplace(plan_.pace, plan_.rate_per_s, scenario.arrivals, Dice(plan_.seed + 1));
}

Round::~Round() = default;

microseconds Round::now() const { return std::chrono::duration_cast<microseconds>(Steady::now() - start_); }

bool Round::may_begin() const { return !is_ending_ && (plan_.count == 0 || begun_ < plan_.count) && now() < plan_.pace.span(); }

/// False if the run ends before.
Task<bool> Round::wait_until(microseconds since_start) {
  while (!is_ending_) {
    const microseconds left = since_start - now();
    if (left <= microseconds(0)) co_return true;
    co_await runtime_.sleep_for(std::min<microseconds>(left, nap));
  }
  co_return false;
}

Task<void> Round::stay_closed(std::size_t number, Connection& connection) {
  while (may_begin()) {
    const auto wanted = static_cast<std::size_t>(std::llround(plan_.pace.level_at(now()) * static_cast<double>(plan_.clients)));
    if (number >= wanted) {
      co_await runtime_.sleep_for(nap);
      continue;
    }
    ++begun_;
    const seconds pause = co_await visit(market_, connection, microseconds(0));
    if (pause > seconds(0)) (void)co_await wait_until(std::min<microseconds>(now() + pause, plan_.pace.span()));
  }
}

/// The door of an open loop. Whoever is free takes the next visitor; if nobody is, the visitor waits, and that counts.
Task<void> Round::let_in() {
  while (plan_.count == 0 || begun_ < plan_.count) {
    const auto comes_at = arrivals_->next();
    if (!comes_at || !co_await wait_until(*comes_at)) break;
    ++begun_;
    waiting_.push_back(*comes_at);
    if (idle_.empty()) continue;
    OneShot<bool>* const free = idle_.back();
    idle_.pop_back();
    free->set(true);
  }
  is_closed_ = true;
  for (OneShot<bool>* const free : std::exchange(idle_, {})) free->set(true);
}

Task<void> Round::stay_open(Connection& connection) {
  while (!is_ending_) {
    if (waiting_.empty()) {
      if (is_closed_) co_return;
      OneShot<bool> somebody_came;
      idle_.push_back(&somebody_came);
      (void)co_await somebody_came;
      continue;
    }
    const microseconds came_at = waiting_.front();
    waiting_.pop_front();
    (void)co_await visit(market_, connection, now() - came_at);
  }
}

Task<void> Round::client(std::size_t number) {
  auto& connection = *connections_[number];
  if (plan_.is_open()) {
    co_await stay_open(connection);
  } else {
    co_await stay_closed(number, connection);
  }
}

Task<void> Round::look_on(std::function<void(const Moment&)> look) {
  microseconds next = look_pause, ended_at{0};
  while (clients_.running() > 0) {
    co_await runtime_.sleep_for(std::min<microseconds>(nap, std::max(microseconds(0), next - now())));
    const microseconds at = now();
    if (!is_ending_ && at >= plan_.pace.span() && !plan_.is_open()) is_ending_ = true;
    // In an open loop those who came in time are waited on, however late it has become; but not for ever.
    if (!is_ending_ && at >= plan_.pace.span() + ending_max) is_ending_ = true;
    if (is_ending_ && ended_at == microseconds(0)) ended_at = at;
    if (is_ending_ && at - ended_at > ending_max) cut_all();
    if (at < next) continue;
    next += look_pause;
    figures_.end_second();
    look({.elapsed = at,
          .begun = begun_,
          .waiting = static_cast<std::int64_t>(waiting_.size()),
          .is_ending = is_ending_ || at >= plan_.pace.span(),
          .phase = plan_.pace.phase_at(at),
          .figures = figures_});
  }
}

Task<void> Round::run(std::function<void(const Moment&)> look) {
  EMP_ASSERT(connections_.empty());
  const auto clients = static_cast<std::size_t>(plan_.clients);
  for (std::size_t i = 0; i < clients; ++i) connections_.push_back(std::make_unique<Connection>(runtime_, target_, figures_));
  const double processor_before = own_processor_seconds();
  start_ = Steady::now();
  for (std::size_t i = 0; i < clients; ++i) clients_.spawn(client(i));
  if (plan_.is_open()) clients_.spawn(let_in());
  Scope looking;
  looking.spawn(look_on(std::move(look)));
  co_await clients_.join();
  elapsed_ = now();
  processor_s_ = own_processor_seconds() - processor_before;
  begun_ -= static_cast<std::int64_t>(waiting_.size());  // They were sent away.
  co_await looking.join();
  figures_.finish();
}

void Round::stop() {
  if (was_stopped_) cut_all();
  was_stopped_ = is_ending_ = true;
}

void Round::cut_all() {
  cut_off_ += figures_.in_flight;
  for (auto& connection : connections_) connection->cut();
}

}  // namespace emporion::load
