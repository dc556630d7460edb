#include "apps/emporion/load/pace.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/base/assert.hpp"

namespace emporion::load {
namespace {

double in_seconds(microseconds span) { return static_cast<double>(span.count()) / 1e6; }

/// How far into a phase, which began `at_s` ago, `amount` more has passed; nothing if the phase holds less, and then `amount` is what is still wanted.
std::optional<double> passed_within(const Phase& phase, double at_s, double& amount) {
  const double span_s = in_seconds(phase.span);
  const double slope = (phase.to - phase.from) / span_s;
  const double level = phase.from + slope * at_s;
  const double left_s = span_s - at_s;
  const double holds = left_s * (level + phase.to) / 2;
  if (holds < amount) {
    amount -= holds;
    return std::nullopt;
  }
  // amount = level·x + slope·x²/2, in the form that stays exact when the slope is next to nothing.
  const double root = std::sqrt(std::max(0.0, level * level + 2 * slope * amount));
  if (level + root <= 0) return at_s;  // Nothing is wanted, and nothing passes.
  return std::min(span_s, at_s + 2 * amount / (level + root));
}

}  // namespace

Pace::Pace(std::vector<Phase> phases) : phases_(std::move(phases)) {
  EMP_ASSERT(!phases_.empty());
  for (const auto& phase : phases_) {
    EMP_ASSERT(phase.span > microseconds(0));
    span_ += phase.span;
  }
}

Pace Pace::stretched_to(microseconds span) const {
  EMP_ASSERT(span.count() >= static_cast<std::int64_t>(phases_.size()));
  std::vector<Phase> out = phases_;
  const double factor = in_seconds(span) / in_seconds(span_);
  microseconds left = span;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto others = static_cast<std::int64_t>(out.size() - i - 1);
    const auto wanted = static_cast<std::int64_t>(std::llround(static_cast<double>(out[i].span.count()) * factor));
    out[i].span = i + 1 == out.size() ? left : microseconds(std::clamp<std::int64_t>(wanted, 1, left.count() - others));
    left -= out[i].span;
  }
  return Pace(std::move(out));
}

double Pace::level_at(microseconds since_start) const {
  for (const auto& phase : phases_) {
    if (since_start < phase.span) return phase.from + (phase.to - phase.from) * in_seconds(since_start) / in_seconds(phase.span);
    since_start -= phase.span;
  }
  return 0;
}

const std::string& Pace::phase_at(microseconds since_start) const {
  static const std::string none;
  for (const auto& phase : phases_) {
    if (since_start < phase.span) return phase.name;
    since_start -= phase.span;
  }
  return none;
}

std::optional<double> Pace::when_passed(double from_s, double amount) const {
  double begun_s = 0;
  for (const auto& phase : phases_) {
    const double span_s = in_seconds(phase.span);
    const double at_s = std::max(0.0, from_s - begun_s);
    if (at_s < span_s) {
      if (const auto into_s = passed_within(phase, at_s, amount)) return begun_s + *into_s;
    }
    begun_s += span_s;
  }
  return std::nullopt;
}

ArrivalTimes::ArrivalTimes(Pace pace, double rate_per_s, Arrivals arrivals, Dice dice)
    : pace_(std::move(pace)), rate_per_s_(rate_per_s), arrivals_(arrivals), dice_(dice) {
  EMP_ASSERT(rate_per_s > 0);
}

std::optional<microseconds> ArrivalTimes::next() {
  // The first comes half a distance after the start, so that as many come as rate × time says.
  const double distance = arrivals_ == Arrivals::random ? -std::log(dice_.share()) : std::exchange(is_first_, false) ? 0.5 : 1.0;
  const auto at_s = pace_.when_passed(last_s_, distance / rate_per_s_);
  if (!at_s) return std::nullopt;
  last_s_ = *at_s;
  return microseconds(static_cast<std::int64_t>(last_s_ * 1e6));
}

}  // namespace emporion::load
