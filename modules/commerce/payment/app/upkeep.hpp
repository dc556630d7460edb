#pragma once

#include <string>
#include <vector>

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/app/driver.hpp"
#include "modules/commerce/payment/app/provider_budget.hpp"

namespace emporion::payment {

class UpkeepStore {
 public:
  virtual ~UpkeepStore() = default;
  /// Payments that are authorized and were not asked for since `before`, marked as asked for now.
  virtual Task<Result<std::vector<Payment>>> claim_held(UtcTime now, UtcTime before, std::vector<ProviderQuota> quotas) = 0;
  /// Failed attempts whose object may still stand at the provider; tried again at `next` unless they are ended.
  virtual Task<Result<std::vector<Payment>>> claim_left_over(UtcTime now, UtcTime next, std::vector<ProviderQuota> quotas) = 0;
  virtual Task<Result<>> mark_ended(Uuid payment_id) = 0;
  /// Authorized payments whose hold ends before `until` and of which nobody was warned.
  virtual Task<Result<std::vector<Payment>>> ending(UtcTime until, std::int32_t count) = 0;
};

/// What is owed to payments beside their way: those held for long are asked for every quarter of an hour, failed attempts are ended at their providers, and the
/// end of a hold is told a day before. Source: commerce.md §3.6, §3.7.
class Upkeep {
 public:
  Upkeep(PaymentStore& store, UpkeepStore& upkeep, Driver& driver, Providers& providers, ProviderBudget& budget, const Clock& clock, Random& random)
      : store_(store), upkeep_(upkeep), driver_(driver), providers_(providers), budget_(budget), clock_(clock), random_(random) {}

  Task<Result<>> sync_held(CallContext context);
  Task<Result<>> end_left_over(CallContext context);
  Task<Result<>> warn_of_ends(CallContext context);

 private:
  std::vector<ProviderQuota> quotas(bool ended_by_call_only);
  Task<Result<>> end_one(CallContext context, Payment payment);
  Task<Result<>> warn(CallContext context, Payment payment);

  PaymentStore& store_;
  UpkeepStore& upkeep_;
  Driver& driver_;
  Providers& providers_;
  ProviderBudget& budget_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
