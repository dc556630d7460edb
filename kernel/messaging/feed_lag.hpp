#pragma once

#include <optional>
#include <string>

#include "kernel/base/time.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::messaging {

/// How far one consumer is behind one producer, shown as emporion_feed_lag_seconds: the age of the oldest event that was read and is not applied. While nothing
/// can be read that may be there (the producer is away, or a long transaction of its holds up the feed), the time since that began.
class FeedLag {
 public:
  FeedLag(const std::string& consumer, const std::string& producer);

  /// Events were read; the oldest of them happened then.
  void in_hand(UtcTime oldest);
  /// They took effect or were parked. Shown is still the last lag, until a read tells more.
  void applied() noexcept { oldest_.reset(); }
  /// There may be events that cannot be read yet.
  void blind(UtcTime now) noexcept;
  /// Everything is applied, or somebody else's business.
  void caught_up() noexcept;
  /// Brings what is shown up to `now`.
  void show(UtcTime now) noexcept;

 private:
  observe::Gauge& gauge_;
  std::optional<UtcTime> oldest_;
  std::optional<UtcTime> blind_since_;
};

}  // namespace emporion::messaging
