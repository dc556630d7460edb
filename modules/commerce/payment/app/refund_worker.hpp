#pragma once

#include "modules/commerce/payment/app/book.hpp"

namespace emporion::payment {

/// Sends stored refunds to their providers and enters what became of them. Five failures in a row leave a refund to a person.
class RefundWorker {
 public:
  RefundWorker(PaymentStore& store, Providers& providers, const Clock& clock, Random& random)
      : store_(store), providers_(providers), clock_(clock), random_(random) {}

  /// Does what is owed for one refund that is due.
  Task<Result<>> resolve(CallContext context, Refund refund);
  /// Enters the provider's word on a refund. `tries` counts failures so far.
  Task<Result<>> enter(CallContext context, Uuid refund_id, RefundReport report);

 private:
  Task<Result<>> try_later(CallContext context, Refund refund, Error error);
  PaymentStore& store_;
  Providers& providers_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
