#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/commerce/payment/domain/rate_limit.hpp"

namespace emporion::payment {

/// How many calls a second the module's own work (voids, refunds, asking for outcomes) may make to each provider. The work is a job, which one replica at a
/// time does, so its memory is the whole of it. What a buyer waits for is not counted.
class ProviderBudget {
 public:
  static constexpr int default_rate = 20;  ///< Source: commerce.md §3.6.

  explicit ProviderBudget(std::map<std::string, int, std::less<>> rates = {}) : rates_(std::move(rates)) {}

  int left(std::string_view provider, UtcTime now) { return limit_of(provider).left(now); }
  void take(std::string_view provider, UtcTime now) { limit_of(provider).take(1, now); }

 private:
  RateLimit& limit_of(std::string_view provider) {
    const auto found = limits_.find(provider);
    if (found != limits_.end()) return found->second;
    const auto rate = rates_.find(provider);
    return limits_.emplace(std::string(provider), RateLimit(rate == rates_.end() ? default_rate : rate->second)).first->second;
  }

  std::map<std::string, int, std::less<>> rates_;
  std::map<std::string, RateLimit, std::less<>> limits_;
};

/// What may be claimed of each provider's work now.
struct ProviderQuota {
  std::string provider;
  int count = 0;
};

}  // namespace emporion::payment
