#include "modules/commerce/payment/app/escrow.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

constexpr minutes look_again{5};  // A dispute's end wakes it at once; this finds the end of refunds.

}  // namespace

Task<Result<>> Escrow::complete(postgres::UnitOfWork& work, Uuid order_id, std::vector<SellerShare> shares, Uuid trace) {
  EMP_CO_TRY(co_await escrows_.insert(work, order_id, std::move(shares), clock_.now()));
  co_return co_await release(work, order_id, trace);
}

Task<Result<>> Escrow::release(postgres::UnitOfWork& work, Uuid order_id, Uuid trace) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(auto payments, co_await store_.lock_of_order(work, order_id));  // Payments before what hangs on them.
  EMP_CO_ASSIGN(const auto waiting, co_await escrows_.lock(work, order_id));
  if (!waiting) co_return Result<>();
  for (const LockedPayment& locked : payments) {
    const Payment& payment = locked.payment;
    if (payment.superseded || !is_successful(payment.status)) continue;
    if (locked.around.dispute_open()) co_return co_await escrows_.postpone(work, order_id, "dispute", now + look_again);
    EMP_CO_ASSIGN(const int open, co_await escrows_.refunds_under_way(work, payment.id));
    if (open > 0) co_return co_await escrows_.postpone(work, order_id, "refund", now + look_again);
    EMP_CO_ASSIGN(const std::int64_t fees, co_await escrows_.fees_of(work, payment.id));
    const EscrowFacts facts{Money(payment.captured_amount, payment.amount.currency()), payment.refunded_amount, locked.around.charged_back, fees};
    const EscrowRelease released = release_escrow(facts, waiting->shares, commission_);
    EMP_CO_TRY(co_await store_.post_ledger(work, payment, std::nullopt, released.posting, Uuid::from_name(text("release:", payment.id)), now));
    for (const SellerRelease& seller : released.sellers) {
      if (!seller.gross.is_zero()) EMP_CO_TRY(co_await escrows_.publish(work, order_id, seller, trace));
    }
  }
  co_return co_await escrows_.finish(work, order_id, now);
}

Task<Result<>> Escrow::run_one(CallContext context, Uuid order_id) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_TRY(co_await release(work, order_id, context.trace));
  co_return co_await work.commit();
}

Task<Result<>> Escrow::run_due(CallContext context) {
  EMP_CO_ASSIGN(const auto due, co_await escrows_.due(clock_.now(), 200));
  for (const Uuid& order_id : due) {
    if (const auto done = co_await run_one(context, order_id); !done) {
      observe::warning("the escrow of an order could not be released and is tried again",
                       {{"order_id", order_id.to_string()}, {"error", done.error().to_string()}});
    }
  }
  co_return Result<>();
}

}  // namespace emporion::payment
