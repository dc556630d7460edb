#pragma once

#include "modules/commerce/payment/app/book.hpp"

namespace emporion::payment {

/// Sends stored refunds to the provider and enters what became of them. Five failures in a row leave a refund to a person.
class RefundWorker {
 public:
  RefundWorker(PaymentStore& store, CardGateway& gateway, const Clock& clock, Random& random) : store_(store), gateway_(gateway), clock_(clock), random_(random) {}

  /// Does what is owed for one refund that is due.
  Task<Result<>> resolve(CallContext context, Refund refund);
  /// Enters the provider's word on a refund. `tries` counts failures so far.
  Task<Result<>> enter(CallContext context, Uuid refund_id, RefundReport report);

 private:
  Task<Result<>> try_later(CallContext context, Refund refund, Error error);
  PaymentStore& store_;
  CardGateway& gateway_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
