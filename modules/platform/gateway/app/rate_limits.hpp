#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "modules/platform/gateway/domain/leased_bucket.hpp"
#include "modules/platform/gateway/domain/token_bucket.hpp"

namespace emporion::gateway {

struct RatePlans {
  RatePlan guest{100, 20};
  RatePlan user{300, 60};
  RatePlan login{5, 5};
  RatePlan checkout_confirm{10, 3};
  RatePlan webhook{60'000, 5'000};  ///< All events of a provider come from a few addresses: room for a thousand a second, and still never off.
};

/// How a bucket stands: for the RateLimit-* headers.
struct RateState {
  std::int64_t limit = 0;      ///< Tokens at once.
  std::int64_t remaining = 0;  ///< Tokens left.
  std::int64_t reset_s = 0;    ///< Until there is a token again, or 0.
};

/// Where all replicas' buckets stand.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  struct Request {
    std::string policy;
    std::string subject;
    RatePlan plan;
    std::int64_t debt_milli = 0;  ///< Used already: taken from the bucket whatever it holds.
    std::int64_t want_milli = 0;  ///< Granted as far as whole tokens are there.
  };
  struct Answer {
    std::int64_t granted_milli = 0;
    std::int64_t level_milli = 0;
  };
  /// One answer per request, in their order. Each is booked once: after an error it is not known whether it was.
  virtual Task<Result<std::vector<Answer>>> lease(std::vector<Request> requests) = 0;
  /// Tells that this replica is there, forgets what is full again, and answers how many replicas are.
  virtual Task<Result<int>> heartbeat() = 0;
  virtual Task<Result<>> leave() = 0;
};

/// Buckets by (policy, subject). With a store they are shared by all replicas, and no request waits for it: tokens are leased in blocks, many buckets in one
/// statement, while requests go on. Without one, or while it is away or slow, each replica has buckets of its own with its share of the rate (G-I8: limits are
/// never off).
class RateLimits {
 public:
  RateLimits(RatePlans plans, const Clock& clock, LeaseStore* store = nullptr) : plans_(plans), clock_(clock), store_(store) {}

  /// Takes a token of the bucket (policy, subject). Errors: RATE_LIMITED with retry_after.
  Result<RateState> take(std::string_view policy, std::string_view subject);
  /// Undoes a `take` of a request that another limit refused.
  void give_back(std::string_view policy, std::string_view subject);
  RateState state(std::string_view policy, std::string_view subject);

  /// Plans by name that go before the settings'.
  void replace_plans(std::map<std::string, RatePlan, std::less<>> named) { named_ = std::move(named); }
  const RatePlan& plan_of(std::string_view policy) const;

  /// To be called every second or so.
  Task<void> keep_in_touch();
  /// Forgets buckets that are full again.
  void sweep();
  /// Waits for what is being asked of the store, and says good-bye to it.
  Task<void> close();

  std::size_t size() const noexcept { return own_.size() + leased_.size(); }
  bool is_shared() const;
  int replicas() const noexcept { return replicas_; }

 private:
  RatePlan own_plan_of(std::string_view policy) const;
  void ask(const std::string& key, LeasedBucket& bucket);
  Task<void> ask_store();

  RatePlans plans_;
  std::map<std::string, RatePlan, std::less<>> named_;
  const Clock& clock_;
  LeaseStore* store_;
  std::unordered_map<std::string, TokenBucket> own_;      ///< By "policy|subject".
  std::unordered_map<std::string, LeasedBucket> leased_;  ///< The same.
  std::vector<std::string> waiting_;                      ///< Keys whose bucket needs a lease.
  std::optional<UtcTime> asked_at_;                       ///< While the store is being asked.
  bool is_away_ = false;
  bool closing_ = false;
  int replicas_ = 1;
  Scope asking_;
};

}  // namespace emporion::gateway
