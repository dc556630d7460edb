#include "modules/commerce/payment/app/disputes.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::payment {
namespace {

std::unexpected<Error> not_found() { return fail(ErrorKind::not_found, "DISPUTE_NOT_FOUND", "no such dispute"); }

Posting posting_of(const Dispute& dispute, bool is_reversal) {
  return is_reversal ? posting_of_chargeback_reversal(dispute.amount) : posting_of_chargeback(dispute.amount);
}

TransactionNote note_of(const Dispute& dispute) {
  return TransactionNote{
      "dispute", std::nullopt, std::nullopt, dispute.amount.amount(), "succeeded", text(to_string(dispute.status), " ", dispute.provider_ref)};
}

}  // namespace

DisputeGateway* Disputes::gateway_of(const std::string& provider) {
  ProviderGateway* gateway = providers_.find(provider);
  return gateway == nullptr ? nullptr : gateway->disputes();
}

Task<Result<std::optional<Payment>>> Disputes::payment_of(std::string provider, DisputeReport report) {
  if (report.payment_ref) {
    EMP_CO_ASSIGN(auto found, co_await store_.find_by_ref(provider, *report.payment_ref));
    if (found) co_return std::move(found);
  }
  if (report.txn_id) co_return co_await disputes_.find_payment_by_txn(std::move(provider), *report.txn_id);
  co_return std::optional<Payment>();
}

Task<Result<std::string>> Disputes::hear(CallContext context, std::string provider, DisputeReport report) {
  EMP_CO_ASSIGN(const auto payment, co_await payment_of(provider, report));
  if (!payment) co_return std::string("ignored: not our payment");
  EMP_CO_ASSIGN(auto entered, co_await enter(context, payment->id, News{.provider = provider, .report = std::move(report)}));
  if (entered.mismatch) co_return std::string("ignored: AMOUNT_MISMATCH");
  DisputeGateway* gateway = gateway_of(provider);
  if (entered.verdict == DisputeVerdict::query && gateway != nullptr) {
    EMP_CO_ASSIGN(auto present, co_await gateway->query_dispute(entered.dispute));
    EMP_CO_ASSIGN(entered, co_await enter(std::move(context), payment->id, News{.provider = provider, .report = std::move(present), .is_present_state = true}));
  }
  if (entered.verdict == DisputeVerdict::ignore) co_return std::string("ignored: known or overtaken");
  co_return text("dispute ", entered.dispute.id, " ", to_string(entered.dispute.status));
}

Task<Result<Disputes::Entered>> Disputes::enter(CallContext context, Uuid payment_id, News news) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, payment_id));
  const Payment& payment = locked.payment;
  EMP_CO_ASSIGN(auto known, co_await disputes_.lock_by_ref(work, news.provider, news.report.ref));
  if (!known && !is_successful(payment.status)) {
    co_return fail(ErrorKind::unavailable, "PAYMENT_NOT_CAPTURED", "a dispute of money that we have not heard of as taken yet");
  }
  const std::int64_t left = payment.captured_amount - locked.around.charged_back - locked.around.disputed;
  const Money& amount = news.report.amount;
  const bool fits = amount.currency() == payment.amount.currency() && (known ? amount == known->amount : amount.amount() > 0 && amount.amount() <= left);
  if (!EMP_GUARD("payment.dispute_fits", fits)) {
    EMP_CO_TRY(co_await refuse_mismatch(work, std::move(locked), std::move(news.report)));
    EMP_CO_TRY(co_await work.commit());
    co_return Entered{known.value_or(Dispute{}), DisputeVerdict::ignore, true};
  }
  Entered out{known.value_or(Dispute{}), DisputeVerdict::apply, false};
  Effects effects;
  if (!known) {
    EMP_CO_ASSIGN(out.dispute, co_await open(work, payment, news, context.trace));
    locked.around.disputed += amount.amount();
    effects.notes.push_back(note_of(out.dispute));
  }
  Dispute& dispute = out.dispute;
  const DisputeStatus to = news.report.status;
  const DisputeVerdict verdict = judge_dispute(dispute.status, to, news.is_present_state);
  const bool moves = EMP_GUARD("payment.dispute_moves_once", verdict == DisputeVerdict::apply);
  if (known && !moves && !news.is_answered) co_return Entered{std::move(dispute), verdict, false};
  if (news.report.evidence_due_at) dispute.evidence_due_at = news.report.evidence_due_at;
  if (news.is_answered && dispute.answer) {
    dispute.answer->state = "sent";
    dispute.next_run_at.reset();
  }
  if (moves) {
    if (is_open(to)) {
      dispute.status = to;
    } else {
      EMP_CO_ASSIGN(dispute, co_await decide(work, locked, std::move(dispute), to == DisputeStatus::won, context.trace));
    }
    effects.notes.push_back(note_of(dispute));
  }
  EMP_CO_TRY(co_await disputes_.update(work, dispute));
  EMP_CO_TRY(co_await store_.save(work, payment, std::move(effects), clock_.now(), context.trace));
  EMP_CO_TRY(co_await work.commit());
  co_return out;
}

Task<Result<>> Disputes::refuse_mismatch(postgres::UnitOfWork& work, LockedPayment locked, DisputeReport report) {
  const UtcTime now = clock_.now();
  const PaymentCase row{locked.payment.id, "amount_mismatch",
                        text("captured ", locked.payment.captured_amount, ", disputed ", locked.around.disputed + locked.around.charged_back),
                        text("dispute ", report.amount.amount(), " ", report.amount.currency(), " ", report.ref),
                        text("dispute:", report.ref, ":", report.amount.amount())};
  observe::error("AMOUNT_MISMATCH: a dispute does not agree with our payment", {{"payment_id", locked.payment.id.to_string()}, {"theirs", row.theirs}});
  co_return co_await store_.open_case(work, row, Uuid::v7(now, random_), now);
}

Task<Result<Dispute>> Disputes::open(postgres::UnitOfWork& work, Payment payment, News news, Uuid trace) {
  const UtcTime now = clock_.now();
  Dispute dispute;
  dispute.id = Uuid::v7(now, random_);
  dispute.payment_id = payment.id;
  dispute.order_id = payment.order_id;
  dispute.provider = news.provider;
  dispute.provider_ref = news.report.ref;
  dispute.reason_code = news.report.reason_code;
  dispute.amount = news.report.amount;
  dispute.evidence_due_at = news.report.evidence_due_at;
  dispute.opened_at = now;
  EMP_CO_TRY(co_await disputes_.insert(work, dispute));
  EMP_CO_TRY(co_await disputes_.hold_refunds(work, payment.id));
  EMP_CO_TRY(co_await disputes_.mark_payment(work, payment.id, "open", std::nullopt));
  EMP_CO_TRY(co_await disputes_.publish_opened(work, payment, dispute, trace));
  observe::warning("a payment is disputed", {{"dispute_id", dispute.id.to_string()}, {"payment_id", payment.id.to_string()}, {"reason", dispute.reason_code}});
  observe::counter("emporion_payment_disputes_total", "Disputes that were opened.", {{"provider", dispute.provider}}).increment();
  co_return dispute;
}

Task<Result<Dispute>> Disputes::decide(postgres::UnitOfWork& work, LockedPayment locked, Dispute dispute, bool won, Uuid trace) {
  const UtcTime now = clock_.now();
  const Payment& payment = locked.payment;
  const bool was_lost = is_lost(dispute.status);
  const bool by_our_word = dispute.answer && dispute.answer->action == "accept" && dispute.answer->state != "refused";
  dispute.status = won ? DisputeStatus::won : by_our_word ? DisputeStatus::accepted : DisputeStatus::lost;
  dispute.closed_at = now;
  dispute.next_run_at.reset();
  ++dispute.decision_no;
  if (dispute.answer && dispute.answer->state == "pending") {
    dispute.answer->state = by_our_word && !won ? "sent" : "refused";
    if (dispute.answer->state == "refused") dispute.answer->refusal = "the dispute was decided before";
  }
  std::int64_t charged_back = locked.around.charged_back;
  if (!won || was_lost) {
    // Lost now, or won after it had been lost: the money moves.
    charged_back += won ? -dispute.amount.amount() : dispute.amount.amount();
    const Posting posting = posting_of(dispute, won);
    EMP_CO_TRY(co_await store_.post_ledger(work, payment, std::nullopt, posting, Uuid::from_name(text("dispute:", dispute.id, ":", dispute.decision_no)), now));
  }
  dispute.charged_back = won ? 0 : dispute.amount.amount();
  EMP_CO_TRY(co_await disputes_.update(work, dispute));
  EMP_CO_ASSIGN(const int open, co_await disputes_.count_open(work, payment.id));
  EMP_CO_TRY(co_await disputes_.mark_payment(work, payment.id, open > 0 ? "open" : charged_back > 0 ? "lost" : "won", charged_back));
  if (!won) EMP_CO_TRY(co_await drop_refunds(work, locked, charged_back, dispute.id, trace));
  if (open == 0) {
    EMP_CO_TRY(co_await disputes_.free_refunds(work, payment.id, now));
    EMP_CO_TRY(co_await disputes_.thaw_escrow(work, payment.order_id, now));
  }
  EMP_CO_TRY(co_await disputes_.publish_closed(work, payment, dispute, open > 0, trace));
  co_return dispute;
}

/// Refunds of money that the dispute took are not sent any more, the newest first.
Task<Result<>> Disputes::drop_refunds(postgres::UnitOfWork& work, LockedPayment locked, std::int64_t charged_back, Uuid dispute_id, Uuid trace) {
  const UtcTime now = clock_.now();
  std::int64_t over = locked.around.refunds_sum + charged_back - locked.payment.captured_amount;
  EMP_CO_ASSIGN(auto held, co_await disputes_.held_refunds(work, locked.payment.id));
  for (Refund& refund : held) {
    if (over <= 0) break;
    over -= refund.amount.amount();
    refund.held = false;
    refund.status = "failed";
    refund.finished_at = now;
    EMP_CO_TRY(co_await store_.update_refund(work, refund, "the money was charged back"));
    EMP_CO_TRY(co_await store_.publish_refund(work, "payment.refund.failed", locked.payment, refund, false, trace));
  }
  // What was sent and is not finished may still be refused: its end tells.
  const std::int64_t both = locked.payment.refunded_amount + charged_back - locked.payment.captured_amount;
  if (both <= 0) co_return Result<>();
  // The provider let both happen: what left is in the ledger, and a person gets the rest back from the buyer.
  const PaymentCase row{locked.payment.id, "paid_back_twice", text("captured ", locked.payment.captured_amount, " refunded ", locked.payment.refunded_amount),
                        text("charged back ", charged_back), text("paid_back_twice:", dispute_id)};
  observe::error("money was refunded and charged back", {{"payment_id", locked.payment.id.to_string()}, {"too_much", text(both)}});
  co_return co_await store_.open_case(work, row, Uuid::v7(now, random_), now);
}

Task<Result<Dispute>> Disputes::respond(CallContext context, Uuid id, DisputeAnswer answer) {
  EMP_CO_ASSIGN(const auto found, co_await disputes_.find(id));
  DisputeGateway* gateway = gateway_of(found.provider);
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_TRY(co_await store_.lock(work, found.payment_id));
  EMP_CO_ASSIGN(auto locked, co_await disputes_.lock_by_ref(work, found.provider, found.provider_ref));
  if (!locked) co_return not_found();
  Dispute& dispute = *locked;
  if (dispute.answer && dispute.answer->key == answer.key) {
    if (dispute.answer->digest != answer.digest)
      co_return fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this key was used for another answer; take a new key");
    co_return std::move(dispute);
  }
  const UtcTime now = clock_.now();
  if (!is_open(dispute.status))
    co_return fail(Error(ErrorKind::conflict, "DISPUTE_CLOSED", text("the dispute is ", to_string(dispute.status))).with("status", to_string(dispute.status)));
  if (dispute.answer && dispute.answer->state != "refused") co_return fail(ErrorKind::conflict, "DISPUTE_ANSWERED", "the dispute was answered before");
  if (answer.action == "evidence" && dispute.evidence_due_at && now > *dispute.evidence_due_at) {
    co_return fail(Error(ErrorKind::gone, "EVIDENCE_OVERDUE", "evidence is not taken any more").with("evidence_due_at", dispute.evidence_due_at->to_string()));
  }
  if (gateway == nullptr) co_return fail(ErrorKind::rule_violated, "RESPONSE_REFUSED", "this provider takes answers on its own pages only");
  answer.at = now;
  dispute.answer = std::move(answer);
  ++dispute.answer_no;
  dispute.tries = 0;
  dispute.next_run_at = now + seconds(30);  // Should we not live to send it.
  EMP_CO_TRY(co_await disputes_.update(work, dispute));
  EMP_CO_TRY(co_await work.commit());
  EMP_CO_ASSIGN(auto sent, co_await send(std::move(context), std::move(dispute)));
  if (sent.answer && sent.answer->state == "refused" && is_open(sent.status))
    co_return fail(ErrorKind::rule_violated, "RESPONSE_REFUSED", sent.answer->refusal.value_or(""));
  co_return std::move(sent);
}

Task<Result<Dispute>> Disputes::send(CallContext context, Dispute dispute) {
  DisputeGateway* gateway = gateway_of(dispute.provider);
  if (gateway == nullptr || !dispute.answer) co_return std::move(dispute);
  Result<DisputeReport> report = fail(ErrorKind::internal, "UNREACHED");
  if (dispute.answer->action == "accept") {
    report = co_await gateway->accept_dispute(dispute);
  } else {
    report = co_await gateway->submit_evidence(dispute);
  }
  if (!report && report.error().reason() == "PROVIDER_REFUSED") {
    // An answer that was taken before is refused now: the dispute's present state tells.
    auto present = co_await gateway->query_dispute(dispute);
    if (present && present->status == DisputeStatus::opened)
      co_return co_await keep_answer(std::move(context), std::move(dispute), report.error().detail(), std::nullopt);
    report = std::move(present);
  }
  if (!report) {
    observe::warning("an answer to a dispute stays open", {{"dispute_id", dispute.id.to_string()}, {"error", report.error().to_string()}});
    const UtcTime next = clock_.now() + seconds(10) * (1 << std::min(dispute.tries, 5));
    co_return co_await keep_answer(std::move(context), std::move(dispute), std::nullopt, next);
  }
  EMP_CO_ASSIGN(auto entered, co_await enter(std::move(context), dispute.payment_id, News{dispute.provider, std::move(*report), true, true}));
  co_return std::move(entered.dispute);
}

/// Notes that the provider refused the answer, or when it is sent again.
Task<Result<Dispute>> Disputes::keep_answer(CallContext context, Dispute dispute, std::optional<std::string> refusal, std::optional<UtcTime> next) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_TRY(co_await store_.lock(work, dispute.payment_id));
  EMP_CO_ASSIGN(auto fresh, co_await disputes_.lock_by_ref(work, dispute.provider, dispute.provider_ref));
  if (!fresh) co_return not_found();
  if (!fresh->answer || fresh->answer->state != "pending") co_return std::move(*fresh);  // Confirmed meanwhile.
  ++fresh->tries;
  fresh->next_run_at = next;
  if (refusal) {
    fresh->answer->state = "refused";
    fresh->answer->refusal = std::move(refusal);
  }
  EMP_CO_TRY(co_await disputes_.update(work, *fresh));
  EMP_CO_TRY(co_await work.commit());
  co_return std::move(*fresh);
}

Task<Result<>> Disputes::run_due(CallContext context) {
  EMP_CO_ASSIGN(auto due, co_await disputes_.claim_due(clock_.now(), seconds(60), 20));
  for (Dispute& dispute : due) {
    if (auto sent = co_await send(context.as_service("payment"), std::move(dispute)); !sent) {
      observe::warning("an answer to a dispute failed and is tried again", {{"error", sent.error().to_string()}});
    }
  }
  co_return Result<>();
}

}  // namespace emporion::payment
