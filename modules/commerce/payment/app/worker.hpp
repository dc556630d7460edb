#pragma once

#include "modules/commerce/payment/app/driver.hpp"
#include "modules/commerce/payment/app/refund_worker.hpp"
#include "modules/commerce/payment/app/webhooks.hpp"

namespace emporion::payment {

/// The module's periodic work: what is owed to providers, and their stored messages.
class Worker {
 public:
  Worker(PaymentStore& store, Driver& driver, RefundWorker& refunds, Webhooks& webhooks, const Clock& clock) : store_(store), driver_(driver), refunds_(refunds), webhooks_(webhooks), clock_(clock) {}

  /// Open outcomes, captures, voids and windows that are due, and refunds. At most `per_run` calls a run each, so with one run per second that is the provider's rate.
  Task<Result<>> run_due(CallContext context);
  Task<Result<>> run_webhooks(CallContext context);

 private:
  static constexpr int per_run = 20;  ///< Source: commerce.md §3.6, 20 requests per second.
  PaymentStore& store_;
  Driver& driver_;
  RefundWorker& refunds_;
  Webhooks& webhooks_;
  const Clock& clock_;
};

}  // namespace emporion::payment
