#include "modules/commerce/payment/app/book.hpp"

#include <array>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

std::optional<Status> status_of(const ProviderReport& report, const Payment& payment) {
  using State = ProviderReport::State;
  switch (report.state) {
    case State::not_confirmed: return std::nullopt;
    // An action that nobody can tell the buyer is no news.
    case State::requires_action: return report.next_action || payment.status == Status::requires_action ? std::optional(Status::requires_action) : std::nullopt;
    case State::approved:
    case State::processing: return Status::processing;
    case State::authorized: return Status::authorized;
    case State::captured: return Status::captured;
    // A hold that does not become money is over; only what was never held has failed.
    case State::failed:
      return payment.status == Status::authorized ? status_of_cancellation(payment.status, payment.void_requested_at.has_value()) : Status::failed;
    case State::cancelled: return status_of_cancellation(payment.status, payment.void_requested_at.has_value());
  }
  return std::nullopt;
}

bool agrees(const ProviderReport& report, const Payment& payment) {
  const std::int64_t taken = payment.capture_amount.value_or(payment.amount.amount());
  const bool is_captured = report.state == ProviderReport::State::captured;
  // Of a capture some providers tell what was taken, others what was held.
  if (report.amount != payment.amount && !(is_captured && report.amount == Money(taken, payment.amount.currency()))) return false;
  if (payment.provider_ref && *payment.provider_ref != report.ref) return false;
  if (report.payment_id && *report.payment_id != payment.id) return false;
  return !is_captured || report.captured == taken;
}

void take_details(Payment& payment, const ProviderReport& report) {
  if (!report.ref.empty()) payment.provider_ref = report.ref;
  if (report.txn_id) payment.provider_txn_id = report.txn_id;
  if (report.card_brand) payment.card_brand = report.card_brand;
  if (report.card_last4) payment.card_last4 = report.card_last4;
  if (report.auth_expires_at) payment.auth_expires_at = report.auth_expires_at;
  if (report.state == ProviderReport::State::requires_action) payment.next_action = report.next_action;
  if (report.state == ProviderReport::State::failed) {
    payment.decline_category = report.decline_category.value_or("generic");
    payment.decline_code = report.decline_code;
  }
}

TransactionNote note_of(std::string type, std::optional<Status> from, std::optional<Status> to, std::string outcome,
                        std::optional<std::string> detail = std::nullopt, std::optional<std::int64_t> amount = std::nullopt) {
  return TransactionNote{std::move(type), from, to, amount, std::move(outcome), std::move(detail)};
}

}  // namespace

Task<Result<Booked>> Book::enter(CallContext context, Uuid payment_id, ProviderReport report, Source source, std::string type) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, payment_id));
  EMP_CO_ASSIGN(auto booked, co_await enter_locked(work, std::move(locked), std::move(report), source, std::move(type), context.trace));
  EMP_CO_TRY(co_await work.commit());
  co_return std::move(booked);
}

Task<Result<Booked>> Book::enter_locked(postgres::UnitOfWork& work, LockedPayment locked, ProviderReport report, Source source, std::string type, Uuid trace) {
  if (!EMP_GUARD("payment.amount_agrees", agrees(report, locked.payment)))
    co_return co_await refuse_mismatch(work, std::move(locked), std::move(report), std::move(type), trace);

  const Status from = locked.payment.status;
  const auto to = status_of(report, locked.payment);
  const Verdict verdict = to ? judge(from, *to, source) : Verdict::ignore;
  if (verdict == Verdict::apply) {
    take_details(locked.payment, report);
    std::optional<std::string> detail;
    if (*to == Status::failed) detail = report.decline_code;
    EMP_CO_ASSIGN(auto moved, co_await move(work, std::move(locked), *to, report.captured,
                                            note_of(std::move(type), from, to, "succeeded", std::move(detail), report.captured), trace));
    if (report.suspicion) EMP_CO_TRY(co_await raise_suspicion(work, moved.id, *report.suspicion));
    co_return Booked{std::move(moved), verdict, false};
  }
  // Late or repeated news leaves a trace only where it was a message; a query that finds nothing new is not history.
  if (source == Source::webhook) {
    Effects effects;
    effects.notes.push_back(note_of(std::move(type), from, to, "ignored", verdict == Verdict::query ? "the provider is asked" : "known or overtaken"));
    EMP_CO_TRY(co_await store_.save(work, locked.payment, std::move(effects), clock_.now(), trace));
  }
  co_return Booked{std::move(locked.payment), verdict, false};
}

Task<Result<>> Book::raise_suspicion(postgres::UnitOfWork& work, Uuid payment_id, std::string suspicion) {
  const UtcTime now = clock_.now();
  observe::error("a provider took money and warns of fraud", {{"payment_id", payment_id.to_string()}, {"provider_says", suspicion}});
  const PaymentCase row{payment_id, "suspected_fraud", "", std::move(suspicion), text("suspicion:", payment_id)};
  co_return co_await store_.open_case(work, row, Uuid::v7(now, random_), now);
}

Task<Result<Booked>> Book::refuse_mismatch(postgres::UnitOfWork& work, LockedPayment locked, ProviderReport report, std::string type, Uuid trace) {
  const UtcTime now = clock_.now();
  PaymentCase row{locked.payment.id, "amount_mismatch",
                  text(locked.payment.amount.amount(), " ", locked.payment.amount.currency(), " ", locked.payment.provider_ref.value_or("")),
                  text(report.amount.amount(), " ", report.amount.currency(), " captured ", report.captured, " ", report.ref), ""};
  row.dedup_key = text("amount:", locked.payment.id, ":", row.theirs);
  observe::error("AMOUNT_MISMATCH: a provider's message does not agree with our payment",
                 {{"payment_id", locked.payment.id.to_string()}, {"ours", row.ours}, {"theirs", row.theirs}});
  EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
  Effects effects;
  effects.notes.push_back(note_of(std::move(type), locked.payment.status, std::nullopt, "ignored", text("AMOUNT_MISMATCH: ", row.theirs)));
  EMP_CO_TRY(co_await store_.save(work, locked.payment, std::move(effects), now, trace));
  co_return Booked{std::move(locked.payment), Verdict::ignore, true};
}

Task<Result<Payment>> Book::move(postgres::UnitOfWork& work, LockedPayment locked, Status to, std::int64_t taken, TransactionNote note, Uuid trace) {
  const UtcTime now = clock_.now();
  Effects effects;
  const bool waits = locked.around.order_waits(locked.payment, now);
  // The window closes for those who have not paid; money that is held already may be taken.
  const bool was_held = locked.payment.status == Status::authorized || locked.payment.status == Status::pending_collection;
  const bool wanted = waits || (was_held && !locked.around.order_closed && !locked.payment.void_requested_at);
  const std::int64_t part =
      locked.payment.method == "bank_transfer" && !is_live(to) && to != Status::captured ? std::exchange(locked.payment.collected_amount, 0) : 0;
  if (part > 0) {
    // A transfer that stayed short of its amount has nothing to wait for any more.
    const PaymentCase row{locked.payment.id,
                          "transfer_to_return",
                          text(to_string(to)),
                          text(part, " ", locked.payment.amount.currency()),
                          text("short:", locked.payment.id, ":", locked.payment.version),
                          Money(part, locked.payment.amount.currency())};
    EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
  }
  advance(locked.payment, to, taken, wanted, now, effects);
  effects.notes.push_back(std::move(note));
  const bool return_money = effects.return_money;
  EMP_CO_TRY(co_await store_.save(work, locked.payment, std::move(effects), now, trace));
  if (return_money) {
    Payment saved = locked.payment;
    EMP_CO_TRY(co_await request_refund(work, LockedPayment{saved, locked.around}, std::nullopt, "late", "the order no longer waits for this money",
                                       text("late:", saved.id), true, trace));
  }
  co_return std::move(locked.payment);
}

Task<Result<Payment>> Book::mark_unknown(CallContext context, Uuid payment_id, std::string detail) {
  co_return co_await mark_open(std::move(context), payment_id, std::move(detail), true);
}

Task<Result<Payment>> Book::mark_begun(CallContext context, Uuid payment_id, std::string detail) {
  co_return co_await mark_open(std::move(context), payment_id, std::move(detail), false);
}

Task<Result<Payment>> Book::mark_open(CallContext context, Uuid payment_id, std::string detail, bool also_waiting) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, payment_id));
  const Status from = locked.payment.status;
  if (from != Status::created && !(also_waiting && from == Status::requires_action)) co_return std::move(locked.payment);
  EMP_CO_ASSIGN(auto moved, co_await move(work, std::move(locked), Status::processing, 0,
                                          note_of("authorize", from, Status::processing, "unknown", std::move(detail)), context.trace));
  EMP_CO_TRY(co_await work.commit());
  co_return moved;
}

Task<Result<Payment>> Book::mark_failed(CallContext context, Uuid payment_id, std::string category, std::string detail) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, payment_id));
  const Status from = locked.payment.status;
  if (!has_edge(from, Status::failed)) co_return std::move(locked.payment);
  locked.payment.decline_category = std::move(category);
  locked.payment.decline_code = detail;
  EMP_CO_ASSIGN(auto moved, co_await move(work, std::move(locked), Status::failed, 0, note_of("authorize", from, Status::failed, "failed", std::move(detail)),
                                          context.trace));
  EMP_CO_TRY(co_await work.commit());
  co_return moved;
}

Task<Result<>> Book::give_up(postgres::UnitOfWork& work, LockedPayment locked, std::string reason, Uuid trace) {
  const UtcTime now = clock_.now();
  Payment& payment = locked.payment;
  if (!is_live(payment.status)) co_return Result<>();
  const Status from = payment.status;
  if (from == Status::pending_collection) {
    payment.void_requested_at = now;
    payment.void_reason = reason;
    EMP_CO_TRY(co_await move(work, std::move(locked), Status::voided, 0, note_of("void", from, Status::voided, "succeeded", std::move(reason)), trace));
    co_return Result<>();
  }
  if (payment.void_requested_at) co_return Result<>();
  payment.void_requested_at = now;
  payment.void_reason = reason;
  payment.next_run_at = now;
  payment.run_tries = 0;
  Effects effects;
  effects.notes.push_back(note_of("void", from, std::nullopt, "unknown", text("remembered: ", reason)));
  co_return co_await store_.save(work, payment, std::move(effects), now, trace);
}

Task<Result<Refund>> Book::request_refund(postgres::UnitOfWork& work, LockedPayment locked, std::optional<std::int64_t> amount, std::string source,
                                          std::string reason, std::string key, bool window_exempt, Uuid trace) {
  EMP_CO_ASSIGN(auto known, co_await store_.find_refund_by_key(work, key));
  if (known) {
    if (known->payment_id != locked.payment.id || known->target != "source" || (amount && known->amount.amount() != *amount)) {
      co_return fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this key was used for another refund; take a new key");
    }
    co_return *known;
  }
  if (locked.around.dispute_open() && source == "manual") {
    co_return fail(Error(ErrorKind::conflict, "NOT_REFUNDABLE", "the buyer's bank is deciding about this money; answer the dispute instead")
                       .with("disputed", locked.around.disputed));
  }
  const UtcTime now = clock_.now();
  const RefundFacts facts{.status = locked.payment.status,
                          .captured_amount = locked.payment.captured_amount,
                          .refunds_open_or_done = locked.around.refunds_sum,
                          .charged_back = locked.around.charged_back,
                          .captured_at = locked.payment.captured_at.value_or(now),
                          .window_exempt = window_exempt};
  EMP_CO_ASSIGN(const std::int64_t granted, judge_refund(facts, amount, now));
  Refund refund;
  refund.id = Uuid::v7(now, random_);
  refund.payment_id = locked.payment.id;
  refund.order_id = locked.payment.order_id;
  refund.amount = Money(granted, locked.payment.amount.currency());
  refund.reason = std::move(reason);
  refund.source = std::move(source);
  const bool by_provider = locked.payment.provider_ref.has_value() && !is_paid_back_by_hand(locked.payment.method);
  refund.status = by_provider ? "requested" : "manual_required";
  // While a dispute is open nothing is sent: the same money must not leave both ways.
  refund.held = by_provider && locked.around.dispute_open();
  if (by_provider && !refund.held) refund.next_run_at = now;
  refund.key = std::move(key);
  refund.created_at = now;
  EMP_CO_TRY(co_await store_.insert_refund(work, refund));
  const bool full = locked.around.refunds_sum + granted == locked.payment.captured_amount;
  EMP_CO_TRY(co_await store_.publish_refund(work, "payment.refund.requested", locked.payment, refund, full, trace));
  co_return refund;
}

}  // namespace emporion::payment
