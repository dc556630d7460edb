#include "modules/commerce/payment/domain/breaker.hpp"

namespace emporion::payment {

Breaker::State Breaker::state(UtcTime now) const noexcept {
  if (!opened_at_) return State::closed;
  return now < *opened_at_ + open_for ? State::open : State::probing;
}

std::optional<seconds> Breaker::rests_for(UtcTime now) const noexcept {
  if (state(now) == State::open) return std::chrono::ceil<seconds>(*opened_at_ + open_for - now);
  if (state(now) == State::probing && probes_begun_ >= probes) return seconds(1);  // Until the probes under way have said how it stands.
  return std::nullopt;
}

bool Breaker::admit(UtcTime now) {
  if (rests_for(now)) return false;
  if (opened_at_) ++probes_begun_;
  return true;
}

void Breaker::succeeded() {
  if (!opened_at_ || probes_begun_ == 0) return;  // Calls that began before it opened prove nothing of now.
  if (++probes_passed_ < probes) return;
  opened_at_.reset();
  failures_.clear();
}

void Breaker::failed(UtcTime now) {
  if (opened_at_) {
    if (state(now) == State::probing && probes_begun_ > 0) open(now);
    return;
  }
  failures_.push_back(now);
  while (failures_.front() + failure_window <= now) failures_.pop_front();
  if (static_cast<int>(failures_.size()) >= failures_max) open(now);
}

void Breaker::open(UtcTime now) {
  opened_at_ = now;
  probes_begun_ = 0;
  probes_passed_ = 0;
}

}  // namespace emporion::payment
