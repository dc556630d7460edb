#pragma once

#include <functional>
#include <string>

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/app/dispute_store.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

namespace emporion::payment {

/// Enters what providers say of disputes, and sends what staff answers. While a dispute is open no refund of its payment is sent and the order's escrow is
/// frozen; a lost one posts a chargeback, so a refund and a chargeback of the same money never both leave.
class Disputes {
 public:
  Disputes(PaymentStore& store, DisputeStore& disputes, Providers& providers, const Clock& clock, Random& random)
      : store_(store), disputes_(disputes), providers_(providers), clock_(clock), random_(random) {}

  /// A verified message. Answers what became of it. Errors: PAYMENT_NOT_CAPTURED (unavailable: the news of the capture is still to come).
  Task<Result<std::string>> hear(CallContext context, std::string provider, DisputeReport report);
  /// Stores an answer and sends it. Errors: as the contract's RespondToDispute says.
  Task<Result<Dispute>> respond(CallContext context, Uuid id, DisputeAnswer answer);
  /// Sends the answers that a provider has not confirmed.
  Task<Result<>> run_due(CallContext context);

 private:
  struct Entered {
    Dispute dispute;
    DisputeVerdict verdict = DisputeVerdict::ignore;
    bool mismatch = false;
  };
  Task<Result<std::optional<Payment>>> payment_of(std::string provider, DisputeReport report);
  struct News {
    std::string provider;
    DisputeReport report;
    bool is_present_state = false;  ///< The provider was asked just now.
    bool is_answered = false;       ///< It confirmed our answer with this.
  };
  Task<Result<Entered>> enter(CallContext context, Uuid payment_id, News news);
  Task<Result<>> refuse_mismatch(postgres::UnitOfWork& work, LockedPayment locked, DisputeReport report);
  Task<Result<Dispute>> open(postgres::UnitOfWork& work, Payment payment, News news, Uuid trace);
  Task<Result<Dispute>> decide(postgres::UnitOfWork& work, LockedPayment locked, Dispute dispute, bool won, Uuid trace);
  Task<Result<>> drop_refunds(postgres::UnitOfWork& work, LockedPayment locked, std::int64_t charged_back, Uuid dispute_id, Uuid trace);
  Task<Result<Dispute>> send(CallContext context, Dispute dispute);
  Task<Result<Dispute>> keep_answer(CallContext context, Dispute dispute, std::optional<std::string> refusal, std::optional<UtcTime> next);
  DisputeGateway* gateway_of(const std::string& provider);

  PaymentStore& store_;
  DisputeStore& disputes_;
  Providers& providers_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
