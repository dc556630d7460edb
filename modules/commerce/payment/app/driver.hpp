#pragma once

#include <memory>
#include <string>

#include "kernel/async/runtime.hpp"
#include "modules/commerce/payment/app/book.hpp"

namespace emporion::payment {

struct DriverOptions {
  std::string public_base_url;        ///< Where a provider's page sends the browser back to; empty: straight to the storefront.
  milliseconds answer_within{8'000};  ///< How long CreatePayment waits for the provider.
};

/// Makes the calls to the providers: the first ones in the caller's time, whatever is still owed later by the worker. Each call is stored as owed before it is
/// made, its key is the same for all tries, and an answer that does not come leaves the payment in a state from which the provider is asked (invariants 3, 6,
/// 8).
class Driver {
 public:
  Driver(Runtime& runtime, PaymentStore& store, Book& book, Providers& providers, const Clock& clock, DriverOptions options)
      : runtime_(runtime), store_(store), book_(book), providers_(providers), clock_(clock), options_(std::move(options)) {}

  /// Takes a new payment as far as the provider answers: create the object, store its reference, and confirm it unless it is the buyer's turn already.
  Task<Result<Payment>> begin(CallContext context, Payment payment);
  /// The same for a provider that may take its time: after `answer_within` the payment is `processing`, and the driving goes on by itself.
  Task<Result<Payment>> begin_within(CallContext context, Payment payment);
  /// Waits until somebody else's driving has moved the payment on, at most `answer_within`.
  Task<Result<Payment>> wait_begun(Payment payment);
  /// Sends a capture that is stored as owed.
  Task<Result<Payment>> capture(CallContext context, Payment payment);
  /// Asks the provider and enters the answer. Errors: those of the gateway.
  Task<Result<Payment>> sync(CallContext context, Payment payment, std::string type = "sync");
  /// Ends with what is still being driven.
  Task<void> close() { co_await scope_.join(); }
  /// Does what is owed for a payment that is due: asks for open outcomes, releases, captures, ends. Sets when it is due again.
  Task<Result<>> resolve(CallContext context, Payment payment);

 private:
  Task<void> begin_alone(CallContext context, Payment payment, std::shared_ptr<bool> done);
  ProviderGateway& gateway_of(const Payment& payment) const;
  Task<Buyer> buyer_of(Payment payment);
  Task<Result<Payment>> take(CallContext context, Payment payment, ProviderReport report);
  Task<Result<Payment>> confirm(CallContext context, Payment payment);
  Task<Result<Payment>> after_lost_answer(CallContext context, Payment payment, Error error);
  Task<Result<Payment>> cancel(CallContext context, Payment payment, std::string type);
  Task<Result<Payment>> give_up_unconfirmed(CallContext context, Payment payment);
  Task<Result<>> resolve_open_outcome(CallContext context, Payment payment);
  Task<Result<>> resolve_authorized(CallContext context, Payment payment);
  Task<Result<>> later(Payment payment, microseconds delay);
  Task<Result<>> settle(Result<Payment> answer, Payment payment, microseconds delay);

  Runtime& runtime_;
  PaymentStore& store_;
  Book& book_;
  Providers& providers_;
  const Clock& clock_;
  DriverOptions options_;
  Scope scope_;
};

/// True for errors that say: the provider certainly did nothing.
bool is_certainly_not_executed(const Error& error);

}  // namespace emporion::payment
