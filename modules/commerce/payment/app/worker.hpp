#pragma once

#include "modules/commerce/payment/app/driver.hpp"
#include "modules/commerce/payment/app/refund_worker.hpp"
#include "modules/commerce/payment/app/webhooks.hpp"

namespace emporion::payment {

/// The module's periodic work: what is owed to providers, and their stored messages.
class Worker {
 public:
  Worker(PaymentStore& store, Driver& driver, RefundWorker& refunds, Webhooks& webhooks, Providers& providers, ProviderBudget& budget, const Clock& clock)
      : store_(store), driver_(driver), refunds_(refunds), webhooks_(webhooks), providers_(providers), budget_(budget), clock_(clock) {}

  /// Open outcomes, captures, voids and windows that are due, and refunds: of each provider as many as its budget of this second allows.
  Task<Result<>> run_due(CallContext context);
  Task<Result<>> run_webhooks(CallContext context);

 private:
  /// What is left of each provider's budget; `share` of it.
  std::vector<ProviderQuota> quotas(int share_percent);
  PaymentStore& store_;
  Driver& driver_;
  RefundWorker& refunds_;
  Webhooks& webhooks_;
  Providers& providers_;
  ProviderBudget& budget_;
  const Clock& clock_;
};

}  // namespace emporion::payment
