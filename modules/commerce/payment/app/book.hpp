#pragma once

#include <optional>
#include <string>

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/app/payment_store.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

namespace emporion::payment {

/// What became of a provider's word.
struct Booked {
  Payment payment;
  Verdict verdict = Verdict::ignore;
  bool mismatch = false;
};

/// Enters news about payments: lock, judge by the table, change, history, ledger and events, commit. The only writer of a payment's status after its birth.
class Book {
 public:
  Book(PaymentStore& store, const Clock& clock, Random& random) : store_(store), clock_(clock), random_(random) {}

  /// Enters the provider's report. Amount, currency and reference must be ours: else nothing changes and a case is opened (invariant 5). `type` is the
  /// history's word.
  Task<Result<Booked>> enter(CallContext context, Uuid payment_id, ProviderReport report, Source source, std::string type);
  /// The same inside `work`, which the caller commits; also a mismatch has written its case there.
  Task<Result<Booked>> enter_locked(postgres::UnitOfWork& work, LockedPayment locked, ProviderReport report, Source source, std::string type, Uuid trace);
  /// Says that the outcome of a provider call is open: created → processing, and the worker asks. A payment that moved meanwhile stays as it is.
  Task<Result<Payment>> mark_unknown(CallContext context, Uuid payment_id, std::string detail);
  /// The same only as long as nothing at all was heard: a payment that waits for its buyer goes on waiting.
  Task<Result<Payment>> mark_begun(CallContext context, Uuid payment_id, std::string detail);
  /// Ends a payment that certainly took no money.
  Task<Result<Payment>> mark_failed(CallContext context, Uuid payment_id, std::string category, std::string detail);

  /// Gives the payment up inside `work`: cash on delivery ends at once, the rest is remembered for the worker.
  Task<Result<>> give_up(postgres::UnitOfWork& work, LockedPayment locked, std::string reason, Uuid trace);
  /// Moves the payment and writes everything that comes with it.
  Task<Result<Payment>> move(postgres::UnitOfWork& work, LockedPayment locked, Status to, std::int64_t taken, TransactionNote note, Uuid trace);
  /// Stores a refund for the worker. A repeated key gives the first refund again. Errors: NOT_REFUNDABLE, REFUND_WINDOW_CLOSED, OVER_REFUND,
  /// IDEMPOTENCY_KEY_REUSED.
  Task<Result<Refund>> request_refund(postgres::UnitOfWork& work, LockedPayment locked, std::optional<std::int64_t> amount, std::string source,
                                      std::string reason, std::string key, bool window_exempt, Uuid trace);

 private:
  Task<Result<Payment>> mark_open(CallContext context, Uuid payment_id, std::string detail, bool also_waiting);
  Task<Result<>> raise_suspicion(postgres::UnitOfWork& work, Uuid payment_id, std::string suspicion);
  Task<Result<Booked>> refuse_mismatch(postgres::UnitOfWork& work, LockedPayment locked, ProviderReport report, std::string type, Uuid trace);
  PaymentStore& store_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
