#include "kernel/rpc/cancellation.hpp"

#include <utility>

namespace emporion {

void Cancellation::set() {
  if (std::exchange(is_set_, true)) return;
  for (const auto& then : listeners_) then();
}

Error Cancellation::error() { return {ErrorKind::deadline_exceeded, "CALL_CANCELLED", "the caller does not wait for the answer any more"}; }

Cancellation::Listener::Listener(std::shared_ptr<Cancellation> to, std::function<void()> then) : to_(std::move(to)) {
  if (!to_) return;
  at_ = to_->listeners_.insert(to_->listeners_.end(), std::move(then));
  if (to_->is_set_) (*at_)();
}

Cancellation::Listener::~Listener() {
  if (to_) to_->listeners_.erase(at_);
}

}  // namespace emporion
