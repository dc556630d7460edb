#include "modules/commerce/payment/app/refund_worker.hpp"

#include <array>
#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/fault_points.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"
#include "modules/commerce/payment/domain/breaker.hpp"

namespace emporion::payment {
namespace {

constexpr int failures_max = 5;
constexpr minutes pending_poll{5};

bool is_over(const Refund& refund) { return refund.status == "succeeded" || refund.status == "failed" || refund.status == "manual_required"; }

}  // namespace

Task<Result<>> RefundWorker::resolve(CallContext context, Refund refund) {
  if (is_over(refund)) co_return Result<>();
  EMP_CO_ASSIGN(const auto payment, co_await store_.find(refund.payment_id));
  ProviderGateway* gateway = providers_.find(payment.provider);
  EMP_ASSERT(gateway != nullptr);  // What is paid back by hand is never due.
  // One key for all tries: a repeat after a lost answer gets the first refund. A refund that the provider knows already is asked for.
  Result<RefundReport> report = fail(ErrorKind::internal, "UNREACHED");
  if (refund.provider_ref) {
    report = co_await gateway->query_refund(payment, refund);
  } else {
    report = co_await gateway->refund(payment, refund);
  }
  if (EMP_FAULT_POINT("payment.after_refund")) report = fail(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", "lost on order");
  if (!report) co_return co_await try_later(std::move(context), std::move(refund), report.error());
  co_return co_await enter(std::move(context), refund.id, std::move(*report));
}

Task<Result<>> RefundWorker::enter(CallContext context, Uuid refund_id, RefundReport report) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto known, co_await store_.find_refund(refund_id));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, known.payment_id));  // Always the payment first, then its refund.
  EMP_CO_ASSIGN(auto refund, co_await store_.lock_refund(work, refund_id));
  if (is_over(refund) && refund.status != "manual_required") co_return Result<>();
  if (report.amount != refund.amount) {
    const PaymentCase row{refund.payment_id, "amount_mismatch", text("refund ", refund.amount.amount()),
                          text("refund ", report.amount.amount(), " ", report.ref), text("refund:", refund.id, ":", report.amount.amount())};
    observe::error("AMOUNT_MISMATCH: a provider's refund does not agree with ours", {{"refund_id", refund.id.to_string()}});
    EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
    co_return co_await work.commit();
  }
  refund.provider_ref = report.ref;
  refund.next_run_at.reset();
  Payment& payment = locked.payment;
  Effects effects;
  TransactionNote note{"refund", payment.status, std::nullopt, refund.amount.amount(), "succeeded", report.failure};
  bool full = false;
  std::string_view topic;
  switch (report.state) {
    case RefundReport::State::pending:
      refund.status = "submitted";
      refund.next_run_at = now + pending_poll;
      EMP_CO_TRY(co_await store_.update_refund(work, refund, std::nullopt));
      co_return co_await work.commit();
    case RefundReport::State::succeeded: {
      refund.status = "succeeded";
      refund.finished_at = now;
      payment.refunded_amount += refund.amount.amount();
      full = payment.refunded_amount == payment.captured_amount;
      note.to = full ? Status::refunded : Status::partially_refunded;
      const bool waits = locked.around.order_waits(payment, now);
      advance(payment, *note.to, 0, waits, now, effects);
      topic = "payment.refund.completed";
      const Posting posting = posting_of_refund(refund.amount, is_paid_back_by_hand(payment.method) ? "bank_transfer" : payment.method);
      EMP_CO_TRY(co_await store_.post_ledger(work, payment, refund.id, posting, Uuid::from_name(text("refund:", refund.id)), now));
      if (payment.refunded_amount + locked.around.charged_back > payment.captured_amount) {
        const PaymentCase row{payment.id, "paid_back_twice", text("captured ", payment.captured_amount, " refunded ", payment.refunded_amount),
                              text("charged back ", locked.around.charged_back), text("paid_back_twice:", refund.id)};
        observe::error("money was refunded and charged back", {{"payment_id", payment.id.to_string()}});
        EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
      }
      break;
    }
    case RefundReport::State::failed:
      refund.status = "failed";
      refund.finished_at = now;
      note.outcome = "failed";
      topic = "payment.refund.failed";
      break;
  }
  effects.notes.push_back(std::move(note));
  EMP_CO_TRY(co_await store_.update_refund(work, refund, report.failure));
  EMP_CO_TRY(co_await store_.save(work, payment, std::move(effects), now, context.trace));
  EMP_CO_TRY(co_await store_.publish_refund(work, topic, payment, refund, full, context.trace));
  if (report.state == RefundReport::State::failed) {
    const PaymentCase row{payment.id, "refund_failed", text(refund.amount.amount()), report.failure.value_or(""), text("refund_failed:", refund.id)};
    observe::error("a refund failed and waits for staff", {{"refund_id", refund.id.to_string()}});
    EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
  }
  co_return co_await work.commit();
}

Task<Result<>> RefundWorker::try_later(CallContext context, Refund refund, Error error) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, refund.payment_id));
  EMP_CO_ASSIGN(auto fresh, co_await store_.lock_refund(work, refund.id));
  if (is_over(fresh)) co_return Result<>();
  if (was_not_made(error)) {
    // The provider is left alone for a while: that says nothing of this refund.
    fresh.next_run_at = now + Breaker::open_for;
    EMP_CO_TRY(co_await store_.update_refund(work, fresh, error.to_string()));
    co_return co_await work.commit();
  }
  const bool is_taken = locked.around.charged_back > 0 && locked.around.refunds_sum + locked.around.charged_back > locked.payment.captured_amount;
  if (is_taken && error.reason() == "PROVIDER_REFUSED") {
    // A dispute took the money meanwhile: there is nothing to refund any more.
    fresh.status = "failed";
    fresh.finished_at = now;
    fresh.next_run_at.reset();
    EMP_CO_TRY(co_await store_.update_refund(work, fresh, "the money was charged back"));
    EMP_CO_TRY(co_await store_.publish_refund(work, "payment.refund.failed", locked.payment, fresh, false, context.trace));
    co_return co_await work.commit();
  }
  if (locked.around.dispute_open() && error.reason() == "PROVIDER_REFUSED") {
    // The provider refuses because of the dispute: it waits like the others.
    fresh.held = true;
    fresh.status = "requested";
    fresh.next_run_at.reset();
    EMP_CO_TRY(co_await store_.update_refund(work, fresh, error.to_string()));
    co_return co_await work.commit();
  }
  ++fresh.tries;
  fresh.next_run_at = now + seconds(10) * (1 << std::min(fresh.tries, 6));
  const bool given_up = fresh.tries >= failures_max;
  if (given_up) {
    fresh.status = "manual_required";
    fresh.next_run_at.reset();
    const PaymentCase row{refund.payment_id, "refund_failed", text(refund.amount.amount()), error.to_string(), text("refund_failed:", refund.id)};
    observe::error("a refund was tried five times and waits for staff", {{"refund_id", refund.id.to_string()}, {"error", error.to_string()}});
    observe::counter("emporion_payment_refunds_given_up_total", "Refunds that were left to a person after five failures.",
                     {{"provider", locked.payment.provider}})
        .increment();
    EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
  }
  EMP_CO_TRY(co_await store_.update_refund(work, fresh, error.to_string()));
  if (given_up) EMP_CO_TRY(co_await store_.publish_refund(work, "payment.refund.failed", locked.payment, fresh, false, context.trace));
  co_return co_await work.commit();
}

}  // namespace emporion::payment
