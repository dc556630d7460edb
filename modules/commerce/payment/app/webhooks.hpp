#pragma once

#include <cstdint>
#include <string>

#include "modules/commerce/payment/app/bank_credits.hpp"
#include "modules/commerce/payment/app/disputes.hpp"
#include "modules/commerce/payment/app/driver.hpp"
#include "modules/commerce/payment/app/refund_worker.hpp"

namespace emporion::payment {

/// What became of a message that is answered with its effect.
enum class Recorded : std::uint8_t { now, before, unknown_reference, amount_differs };

/// The providers' messages: verified, stored once, acknowledged; they take effect later, by the job.
class Webhooks {
 public:
  Webhooks(PaymentStore& store, Book& book, Driver& driver, RefundWorker& refunds, BankCredits& credits, Disputes& disputes, Providers& providers,
           const Clock& clock, Random& random)
      : store_(store),
        book_(book),
        driver_(driver),
        refunds_(refunds),
        credits_(credits),
        disputes_(disputes),
        providers_(providers),
        clock_(clock),
        random_(random) {}

  /// Errors: INVALID_SIGNATURE, MALFORMED_JSON, MALFORMED_MESSAGE (nothing is stored), ROUTE_NOT_FOUND (the provider is not enabled). A message that came
  /// before is acknowledged again.
  Task<Result<>> receive(std::string provider, ProviderMessage message);
  /// For a provider that wants to know what its message did: verifies, judges and stores it in one transaction. Errors: as `receive`.
  Task<Result<Recorded>> record(CallContext context, std::string provider, ProviderMessage message);
  /// Lets stored messages that are due take effect; answers how many there were.
  Task<Result<int>> process(CallContext context, int count);

 private:
  NewWebhook row_of(std::string provider, std::string dedup_key, ProviderMessage message, UtcTime now);
  Task<Result<>> apply(CallContext context, WebhookRow row);
  Task<Result<std::string>> take_effect(CallContext context, std::string provider, ProviderEvent event);
  PaymentStore& store_;
  Book& book_;
  Driver& driver_;
  RefundWorker& refunds_;
  BankCredits& credits_;
  Disputes& disputes_;
  Providers& providers_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
