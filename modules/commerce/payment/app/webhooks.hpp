#pragma once

#include <map>
#include <string>

#include "modules/commerce/payment/app/driver.hpp"
#include "modules/commerce/payment/app/refund_worker.hpp"

namespace emporion::payment {

/// A provider's messages: verified, stored once, acknowledged; they take effect later, by the job.
class Webhooks {
 public:
  Webhooks(PaymentStore& store, Book& book, Driver& driver, RefundWorker& refunds, CardGateway& gateway, const Clock& clock, Random& random)
      : store_(store), book_(book), driver_(driver), refunds_(refunds), gateway_(gateway), clock_(clock), random_(random) {}

  /// Errors: INVALID_SIGNATURE (nothing is stored), MALFORMED_JSON. A message that came before is acknowledged again.
  Task<Result<>> receive(std::string body, std::map<std::string, std::string> headers);
  /// Lets stored messages that are due take effect; answers how many there were.
  Task<Result<int>> process(CallContext context, int count);

 private:
  Task<Result<>> apply(CallContext context, WebhookRow row);
  Task<Result<std::string>> take_effect(CallContext context, ProviderEvent event);
  PaymentStore& store_;
  Book& book_;
  Driver& driver_;
  RefundWorker& refunds_;
  CardGateway& gateway_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
