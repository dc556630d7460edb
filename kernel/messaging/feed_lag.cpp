#include "kernel/messaging/feed_lag.hpp"

#include <algorithm>

namespace emporion::messaging {

FeedLag::FeedLag(const std::string& consumer, const std::string& producer)
    : gauge_(observe::gauge("emporion_feed_lag_seconds", "Age of the oldest event not yet applied; while none can be read, the time since that began.",
                            {{"consumer", consumer}, {"producer", producer}})) {}

void FeedLag::in_hand(UtcTime oldest) {
  oldest_ = oldest;
  blind_since_.reset();
}

void FeedLag::blind(UtcTime now) noexcept {
  if (!blind_since_) blind_since_ = now;
}

void FeedLag::caught_up() noexcept {
  oldest_.reset();
  blind_since_.reset();
  gauge_.set(0);
}

void FeedLag::show(UtcTime now) noexcept {
  if (!oldest_ && !blind_since_) return;
  const UtcTime since = std::min(oldest_.value_or(now), blind_since_.value_or(now));
  gauge_.set(static_cast<double>((now - since).count()) / 1e6);
}

}  // namespace emporion::messaging
