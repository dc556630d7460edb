#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "kernel/base/result.hpp"
#include "modules/platform/gateway/domain/token_bucket.hpp"

namespace emporion::gateway {

struct RatePlans {
  RatePlan guest{100, 20};
  RatePlan user{300, 60};
  RatePlan login{5, 5};
  RatePlan checkout_confirm{10, 3};
  RatePlan webhook{60'000, 5'000};  ///< All events of a provider come from a few addresses: room for a thousand a second, and still never off.
};

/// Buckets by (policy, subject), in this process's memory. Never off (G-I8); full buckets are forgotten.
class RateLimits {
 public:
  RateLimits(RatePlans plans, const Clock& clock) : plans_(plans), clock_(clock) {}

  /// Takes a token of the bucket (policy, subject). Errors: RATE_LIMITED with retry_after.
  Result<> take(std::string_view policy, std::string_view subject);
  /// Forgets buckets that are full again.
  void sweep();
  std::size_t size() const noexcept { return buckets_.size(); }

 private:
  const RatePlan& plan_of(std::string_view policy) const;
  RatePlans plans_;
  const Clock& clock_;
  std::unordered_map<std::string, TokenBucket> buckets_;
};

/// What is limited together: an IPv4 address, or the /64 of an IPv6 address.
std::string rate_subject(std::string_view address);

}  // namespace emporion::gateway
