#include "modules/platform/gateway/app/rate_limits.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::gateway {
namespace {

constexpr milliseconds patience{500};  // With a store that does not answer; then each replica for itself.

std::string key_of(std::string_view policy, std::string_view subject) { return text(policy, '|', subject); }
std::string_view policy_of(std::string_view key) { return key.substr(0, key.find('|')); }
std::string_view subject_of(std::string_view key) { return key.substr(key.find('|') + 1); }

std::unexpected<Error> limited(std::int64_t retry_after_s) {
  return fail(Error(ErrorKind::resource_exhausted, "RATE_LIMITED", "too many requests; wait and try again").with("retry_after", retry_after_s));
}

}  // namespace

const RatePlan& RateLimits::plan_of(std::string_view policy) const {
  if (!named_.empty()) {
    if (const auto named = named_.find(policy); named != named_.end()) return named->second;
  }
  if (policy == "user") return plans_.user;
  if (policy == "login") return plans_.login;
  if (policy == "checkout_confirm") return plans_.checkout_confirm;
  if (policy == "webhook") return plans_.webhook;
  return plans_.guest;
}

RatePlan RateLimits::own_plan_of(std::string_view policy) const {
  const RatePlan& plan = plan_of(policy);
  return {std::max<std::int64_t>(1, plan.per_minute / replicas_), std::max<std::int64_t>(1, plan.burst / replicas_)};
}

bool RateLimits::is_shared() const { return store_ != nullptr && !is_away_ && (!asked_at_ || clock_.now() - *asked_at_ <= patience); }

Result<RateState> RateLimits::take(std::string_view policy, std::string_view subject) {
  const UtcTime now = clock_.now();
  const std::string key = key_of(policy, subject);
  if (!is_shared()) {
    const RatePlan plan = own_plan_of(policy);
    auto& bucket = own_.try_emplace(key, plan, now).first->second;
    if (!bucket.take(plan, now)) return limited(bucket.retry_after_s(plan));
    return RateState{plan.burst, bucket.tokens_left(), bucket.tokens_left() > 0 ? 0 : bucket.retry_after_s(plan)};
  }
  const RatePlan& plan = plan_of(policy);
  auto& bucket = leased_.try_emplace(key, plan).first->second;
  const bool taken = bucket.take(plan, replicas_, now);
  if (bucket.needs_lease(now)) ask(key, bucket);
  if (!taken) return limited(bucket.retry_after_s(now));
  return RateState{plan.burst, bucket.remaining(), bucket.remaining() > 0 ? 0 : bucket.retry_after_s(now)};
}

void RateLimits::give_back(std::string_view policy, std::string_view subject) {
  const std::string key = key_of(policy, subject);
  if (const auto leased = leased_.find(key); is_shared() && leased != leased_.end()) {
    leased->second.give_back();
  } else if (const auto own = own_.find(key); own != own_.end()) {
    own->second.give_back(own_plan_of(policy));
  }
}

RateState RateLimits::state(std::string_view policy, std::string_view subject) {
  const UtcTime now = clock_.now();
  const std::string key = key_of(policy, subject);
  if (const auto leased = leased_.find(key); is_shared() && leased != leased_.end()) {
    const auto left = leased->second.remaining();
    return {plan_of(policy).burst, left, left > 0 ? 0 : leased->second.retry_after_s(now)};
  }
  const RatePlan plan = own_plan_of(policy);
  const auto own = own_.find(key);
  if (own == own_.end()) return {plan.burst, plan.burst, 0};
  return {plan.burst, own->second.tokens_left(), own->second.tokens_left() > 0 ? 0 : own->second.retry_after_s(plan)};
}

void RateLimits::ask(const std::string& key, LeasedBucket& bucket) {
  if (closing_) return;
  bucket.mark_asking();
  waiting_.push_back(key);
  if (!asked_at_) asking_.spawn(ask_store());
}

/// Asks until nobody waits; those who come meanwhile go with the next statement.
Task<void> RateLimits::ask_store() {
  while (!waiting_.empty()) {
    asked_at_ = clock_.now();
    std::vector<std::string> keys;
    keys.swap(waiting_);
    std::vector<LeaseStore::Request> requests;
    for (const auto& key : keys) {
      const RatePlan& plan = plan_of(policy_of(key));
      requests.push_back({std::string(policy_of(key)), std::string(subject_of(key)), plan, leased_.at(key).ask(), LeasedBucket::block_milli(plan)});
    }
    const auto answers = co_await store_->lease(std::move(requests));
    const UtcTime now = clock_.now();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto& bucket = leased_.at(keys[i]);
      if (answers) {
        bucket.answered(plan_of(policy_of(keys[i])), (*answers)[i].granted_milli, (*answers)[i].level_milli, now);
      } else {
        bucket.failed();
      }
    }
    if (!answers) {
      if (!is_away_) observe::warning("limits are each replica's own: their store is away", {{"error", answers.error().to_string()}});
      is_away_ = true;
      for (const auto& key : waiting_) leased_.at(key).failed();
      waiting_.clear();
    }
  }
  asked_at_.reset();
}

Task<void> RateLimits::keep_in_touch() {
  if (store_ == nullptr) co_return;
  const auto replicas = co_await store_->heartbeat();
  static observe::Gauge& shared =
      observe::gauge("emporion_gateway_limits_shared", "1: limits are shared by all replicas; 0: each has its own, their store is away.");
  shared.set(replicas ? 1 : 0);
  if (replicas) replicas_ = std::max(1, *replicas);
  is_away_ = !replicas;
}

void RateLimits::sweep() {
  const UtcTime now = clock_.now();
  std::erase_if(own_, [&](auto& entry) { return entry.second.is_full(own_plan_of(policy_of(entry.first)), now); });
  std::erase_if(leased_, [&](auto& entry) { return entry.second.is_idle(now); });
}

Task<void> RateLimits::close() {
  closing_ = true;
  co_await asking_.join();
  if (store_ != nullptr) (void)co_await store_->leave();
}

}  // namespace emporion::gateway
