#pragma once

#include "kernel/rpc/breaker.hpp"

namespace emporion::remote {

using rpc::Instant;

/// Bounds what second tries add to the load of a module in trouble: in every 10 s one for each 10 calls, and 10 more so that few calls have some, too.
class RetryBudget {
 public:
  void call_begins(Instant now) {
    roll(now);
    ++calls_;
  }
  /// Whether one more try may be made; it is spent then.
  bool take(Instant now) {
    roll(now);
    if (retries_ >= retries_min + calls_ / calls_per_retry) return false;
    ++retries_;
    return true;
  }

  static constexpr seconds window{10};
  static constexpr int calls_per_retry = 10;
  static constexpr int retries_min = 10;

 private:
  void roll(Instant now) {
    if (now - began_ < window) return;
    began_ = now;
    calls_ = 0;
    retries_ = 0;
  }

  Instant began_{};
  int calls_ = 0;
  int retries_ = 0;
};

}  // namespace emporion::remote
