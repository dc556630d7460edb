#include "modules/commerce/payment/app/order_refunds.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "modules/commerce/payment/domain/ledger.hpp"

namespace emporion::payment {

Task<Result<>> OrderRefunds::give_credit_back(postgres::UnitOfWork& work, OrderCredit credit, std::int64_t amount, std::string occasion, std::string reason,
                                              Uuid trace) {
  if (amount <= 0 || credit.left <= 0) co_return Result<>();
  co_return co_await credit_.give_back(work, credit.hold_id, amount, std::move(occasion), std::move(reason), clock_.now(), trace);
}

Task<Result<>> OrderRefunds::close_credit(postgres::UnitOfWork& work, Uuid order, std::string reason, Uuid trace) {
  co_return co_await credit_.close_order(work, order, std::move(reason), clock_.now(), trace);
}

Task<Result<RefundedOrder>> OrderRefunds::refund(postgres::UnitOfWork& work, Ask ask, Uuid trace) {
  EMP_CO_ASSIGN(auto payments, co_await payments_.lock_of_order(work, ask.order));
  std::optional<LockedPayment> paid;
  for (LockedPayment& locked : payments) {
    if (locked.payment.superseded) continue;
    if (locked.payment.status == Status::pending_collection) {
      co_return fail(Error(ErrorKind::conflict, "NOT_REFUNDABLE", "its cash is still to be collected; cancel the lines instead")
                         .with("status", to_string(locked.payment.status)));
    }
    if (is_successful(locked.payment.status)) paid = std::move(locked);
  }
  EMP_CO_ASSIGN(const OrderCredit credit, co_await credit_.lock_of_order(work, ask.order));
  RefundedOrder out;
  out.currency = ask.amount.currency();
  if (paid && paid->payment.amount.currency() != out.currency) co_return fail(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "the order has another currency");
  const std::int64_t money_left = paid ? paid->payment.captured_amount - paid->around.refunds_sum - paid->around.charged_back : 0;
  EMP_CO_ASSIGN(out.split, split_refund(ask.amount.amount(), {std::max<std::int64_t>(money_left, 0), credit.left}));
  if (out.split.from_payment > 0) {
    EMP_CO_ASSIGN(out.refund, co_await book_.request_refund(work, std::move(*paid), out.split.from_payment, ask.source, ask.reason, ask.key, true, trace));
  }
  EMP_CO_TRY(co_await give_credit_back(work, credit, out.split.to_credit, text("refund:", ask.key), ask.reason, trace));
  co_return out;
}

Task<Result<Refund>> OrderRefunds::refund_to_store_credit(postgres::UnitOfWork& work, LockedPayment locked, std::optional<std::int64_t> amount,
                                                          std::string source, std::string reason, std::string key, Uuid trace) {
  Payment& payment = locked.payment;
  EMP_CO_ASSIGN(const auto known, co_await payments_.find_refund_by_key(work, key));
  if (known) {
    const bool is_same = known->payment_id == payment.id && known->target == "store_credit" && (!amount || known->amount.amount() == *amount);
    if (!is_same) co_return fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this key was used for another refund; take a new key");
    co_return *known;
  }
  if (!payment.customer_id) co_return fail(ErrorKind::rule_violated, "STORE_CREDIT_NEEDS_CUSTOMER", "a guest has no store credit; refund it the way it came");
  if (locked.around.dispute_open()) {
    co_return fail(Error(ErrorKind::conflict, "NOT_REFUNDABLE", "the buyer's bank is deciding about this money; answer the dispute instead")
                       .with("disputed", locked.around.disputed));
  }
  const UtcTime now = clock_.now();
  const RefundFacts facts{.status = payment.status,
                          .captured_amount = payment.captured_amount,
                          .refunds_open_or_done = locked.around.refunds_sum,
                          .charged_back = locked.around.charged_back,
                          .captured_at = payment.captured_at.value_or(now),
                          .window_exempt = true};
  EMP_CO_ASSIGN(const std::int64_t granted, judge_refund(facts, amount, now));
  Refund refund;
  refund.id = Uuid::v7(now, random_);
  refund.payment_id = payment.id;
  refund.provider = payment.provider;
  refund.order_id = payment.order_id;
  refund.amount = Money(granted, payment.amount.currency());
  refund.reason = std::move(reason);
  refund.source = std::move(source);
  refund.target = "store_credit";
  refund.status = "succeeded";
  refund.key = std::move(key);
  refund.created_at = now;
  refund.finished_at = now;
  EMP_CO_TRY(co_await payments_.insert_refund(work, refund));
  EMP_CO_TRY(co_await payments_.update_refund(work, refund, std::nullopt));

  const Status from = payment.status;
  payment.refunded_amount += granted;
  const bool full = payment.refunded_amount == payment.captured_amount;
  const Status to = full ? Status::refunded : Status::partially_refunded;
  Effects effects;
  advance(payment, to, 0, locked.around.order_waits(payment, now), now, effects);
  effects.notes.push_back(TransactionNote{"refund", from, to, granted, "succeeded", "to store credit"});
  EMP_CO_TRY(
      co_await payments_.post_ledger(work, payment, refund.id, posting_of_store_credit(refund.amount), Uuid::from_name(text("refund:", refund.id)), now));
  EMP_CO_TRY(co_await payments_.save(work, payment, std::move(effects), now, trace));
  EMP_CO_TRY(co_await payments_.publish_refund(work, "payment.refund.completed", payment, refund, full, trace));
  CreditGrant grant{.posting = Uuid::from_name(text("refunded:", refund.id)),
                    .customer = *payment.customer_id,
                    .amount = refund.amount,
                    .cause = "refunded",
                    .order = payment.order_id,
                    .reason = refund.reason,
                    .actor = std::nullopt};
  EMP_CO_TRY(co_await credit_.grant(work, std::move(grant), Uuid::v7(now, random_), now, trace));
  co_return refund;
}

}  // namespace emporion::payment
