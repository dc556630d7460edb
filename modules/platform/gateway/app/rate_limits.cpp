#include "modules/platform/gateway/app/rate_limits.hpp"

#include "kernel/base/text.hpp"

namespace emporion::gateway {

const RatePlan& RateLimits::plan_of(std::string_view policy) const {
  if (policy == "user") return plans_.user;
  if (policy == "login") return plans_.login;
  if (policy == "checkout_confirm") return plans_.checkout_confirm;
  if (policy == "webhook") return plans_.webhook;
  return plans_.guest;
}

Result<> RateLimits::take(std::string_view policy, std::string_view subject) {
  const RatePlan& plan = plan_of(policy);
  const UtcTime now = clock_.now();
  auto& bucket = buckets_.try_emplace(text(policy, '|', subject), plan, now).first->second;
  if (bucket.take(plan, now)) return {};
  return fail(Error(ErrorKind::resource_exhausted, "RATE_LIMITED", "too many requests; wait and try again").with("retry_after", bucket.retry_after_s(plan)));
}

void RateLimits::sweep() {
  const UtcTime now = clock_.now();
  std::erase_if(buckets_, [&](auto& entry) { return entry.second.is_full(plan_of(std::string_view(entry.first).substr(0, entry.first.find('|'))), now); });
}

std::string rate_subject(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  // The first four groups of the address; `::` inside them stands for zeros and keeps the text distinct anyway.
  std::size_t end = 0;
  for (int groups = 0; groups < 4 && end != std::string_view::npos; ++groups) end = address.find(':', end + 1);
  return std::string(address.substr(0, end)) + "::/64";
}

}  // namespace emporion::gateway
