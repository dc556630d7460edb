#include "modules/commerce/payment/app/service.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/card_number.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/app/contract_mapping.hpp"
#include "modules/commerce/payment/app/page_token.hpp"

namespace emporion::payment {
namespace {

/// Card numbers belong into the provider's fields: a request that holds one is refused and kept nowhere.
Result<> refuse_card_numbers(std::initializer_list<std::string_view> fields) {
  for (const std::string_view field : fields) {
    if (holds_card_number(field)) return fail(ErrorKind::invalid_argument, "PAN_NOT_ACCEPTED", "card numbers are entered on the provider's page only");
  }
  return {};
}

std::string_view text_of(const std::optional<std::string>& field) { return field ? std::string_view(*field) : std::string_view(); }

Error not_found() { return Error(ErrorKind::not_found, "PAYMENT_NOT_FOUND", "no such payment"); }

Error wrong_state(const Payment& payment) {
  return Error(ErrorKind::conflict, "PAYMENT_STATE", text("the payment is ", to_string(payment.status))).with("status", to_string(payment.status));
}

/// What makes a repeat the same payment. Where the buyer returns to and how long there is may be told anew.
Uuid digest_of(const v1::CreatePaymentRequest& request) {
  return Uuid::from_name(text(request.order_id, " ", request.attempt_no, " ", request.amount.amount(), " ", request.amount.currency(), " ",
                              to_string(request.method), " ", text_of(request.provider_token)));
}

Error refusal_of(const NewPaymentAnswer& answer) {
  if (answer.outcome == "IDEMPOTENCY_KEY_REUSED") return Error(ErrorKind::rule_violated, answer.outcome, "this payment_id was used for another request");
  if (answer.outcome == "PAYMENT_VOIDED") return Error(ErrorKind::conflict, answer.outcome, "the payment was given up before it came");
  if (answer.outcome == "ORDER_CLOSED") return Error(ErrorKind::conflict, "PAYMENT_VOIDED", "the order is cancelled");
  Error error(ErrorKind::conflict, "PAYMENT_EXISTS", "the order has another payment that is live or successful");
  return answer.other ? std::move(error).with("payment_id", answer.other->to_string()) : error;
}

bool is_staff_or_service(const CallContext& context) { return context.principal.realm == Realm::staff || context.principal.realm == Realm::service; }

/// A saga that gives money back need not say that it cancels.
std::string source_of(const v1::RefundPaymentRequest& request, const CallContext& context) {
  if (request.source != v1::RefundSource::unspecified) return std::string(to_string(request.source));
  return context.principal.realm == Realm::staff ? "manual" : context.principal.service == "return" ? "return" : "cancel";
}

bool takes_currency(const Offer& offer, Currency currency) {
  return offer.currencies.empty() || std::ranges::find(offer.currencies, currency.code()) != offer.currencies.end();
}
bool is_within_limits(const Offer& offer, const Money& amount) {
  const bool too_little = offer.min_amount && offer.min_amount->currency() == amount.currency() && amount < *offer.min_amount;
  const bool too_much = offer.max_amount && offer.max_amount->currency() == amount.currency() && amount > *offer.max_amount;
  return !too_little && !too_much;
}
bool may_take(const Offer& offer, const Money& amount) { return takes_currency(offer, amount.currency()) && is_within_limits(offer, amount); }

/// Errors: MISSING_FIELD, METHOD_NOT_AVAILABLE (the currency), AMOUNT_OUT_OF_RANGE.
Result<> check_offer(const Offer& offer, const v1::CreatePaymentRequest& request) {
  if (offer.needs_token && text_of(request.provider_token).empty())
    return fail(ErrorKind::invalid_argument, "MISSING_FIELD", text("a ", offer.method, " payment needs provider_token"));
  if (!takes_currency(offer, request.amount.currency())) {
    return fail(Error(ErrorKind::rule_violated, "METHOD_NOT_AVAILABLE", text("not in ", request.amount.currency())).with("method", offer.method));
  }
  if (!is_within_limits(offer, request.amount)) {
    return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "outside the provider's limits").with("amount", request.amount.amount()));
  }
  return {};
}

Error unreachable(const Error& error) {
  const std::string_view told = error.metadata_json("retry_after");
  Error out(ErrorKind::unavailable, "PROVIDER_UNAVAILABLE", "the provider cannot be reached; the capture is tried again");
  return told.empty() ? std::move(out).with("retry_after", 5) : std::move(out).with_json("retry_after", std::string(told));
}

}  // namespace

PaymentService::PaymentService(Runtime& runtime, PaymentStore& store, Book& book, Driver& driver, Webhooks& webhooks, BankCredits& credits,
                               OrderRefunds& order_refunds, Providers& providers, const Clock& clock, Random& random, ServiceOptions options)
    : runtime_(runtime),
      store_(store),
      book_(book),
      driver_(driver),
      webhooks_(webhooks),
      credits_(credits),
      order_refunds_(order_refunds),
      providers_(providers),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      questions_(options_.risk, clock, random),
      create_lane_(runtime, LaneOptions{.name = "payment.create"}, [&store](std::vector<NewPayment> batch) { return store.create_batch(std::move(batch)); }),
      created_lane_(runtime, LaneOptions{.name = "payment.created", .unknown_tries_max = 1},
                    [&store](std::vector<Uuid> ids) { return store.find_all(std::move(ids)); }),
      risk_lane_(runtime, LaneOptions{.name = "payment.assess_risk"},
                 [&store](std::vector<RiskQuestion> batch) { return store.assess_batch(std::move(batch)); }) {}

Task<void> PaymentService::close() {
  co_await create_lane_.close();
  co_await created_lane_.close();
  co_await risk_lane_.close();
  co_await driver_.close();
}

v1::Payment PaymentService::shown(const Payment& payment, const CallContext& context) const {
  return to_contract(payment, payment.refunded_amount, context.principal);
}

Task<Result<v1::RiskAssessment>> PaymentService::assess_risk(CallContext context, v1::AssessRiskRequest request) {
  const v1::RiskFacts& facts = request.facts;
  EMP_CO_TRY(refuse_card_numbers({text_of(facts.email), text_of(facts.user_agent), text_of(facts.device_id), text_of(facts.shipping_fingerprint)}));
  auto question = co_await questions_.of(std::move(context), std::move(request));
  EMP_CO_ASSIGN(const auto assessment, co_await risk_lane_.submit(std::move(question)));
  co_return to_contract(assessment);
}

Task<Result<v1::CreatePaymentResponse>> PaymentService::answer_created(CallContext context, Payment payment, int status_code) {
  v1::CreatePaymentResponse out;
  out.status_code = status_code;
  out.payment = shown(payment, context);
  co_return out;
}

/// Nothing was sent, so the buyer may choose another of `other_methods`, or come back after `retry_after` seconds.
Error PaymentService::resting(const ProviderGateway& gateway, seconds rest, const v1::CreatePaymentRequest& request) const {
  std::string others;
  json::Writer writer(others);
  writer.begin_array();
  for (const ProviderGateway* other : providers_.all()) {
    if (other != &gateway && other->is_enabled() && !other->rests_for() && may_take(other->offer(), request.amount)) writer.string(other->offer().method);
  }
  if (options_.is_cod_enabled) writer.string("cod");
  writer.end_array();
  return Error(ErrorKind::unavailable, "PROVIDER_UNAVAILABLE", text(gateway.name(), " does not answer at present; nothing was charged"))
      .with("retry_after", rest.count())
      .with_json("other_methods", std::move(others));
}

Task<Result<v1::CreatePaymentResponse>> PaymentService::create_payment(CallContext context, v1::CreatePaymentRequest request) {
  EMP_CO_TRY(refuse_card_numbers({text_of(request.provider_token), text_of(request.return_url), text_of(request.order_number)}));
  const bool is_cod = request.method == v1::PaymentMethod::cod;
  const ProviderGateway* gateway = is_cod ? nullptr : providers_.of_method(to_string(request.method));
  if (gateway == nullptr && !(is_cod && options_.is_cod_enabled)) {
    co_return fail(Error(ErrorKind::rule_violated, "METHOD_NOT_AVAILABLE", "this shop does not offer the method").with("method", to_string(request.method)));
  }
  if (gateway != nullptr) EMP_CO_TRY(check_offer(gateway->offer(), request));
  if (const auto rest = gateway == nullptr ? std::nullopt : gateway->rests_for()) {
    // A payment that is there already is answered as it stands; a new one is not begun.
    if (const auto known = co_await store_.find(request.payment_id); !known) co_return fail(resting(*gateway, *rest, request));
  }
  if (request.amount.amount() <= 0)
    co_return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "nothing to pay").with("amount", request.amount.amount()));

  EMP_CO_ASSIGN(const auto allowed, co_await rules());
  EMP_CO_TRY(allowed->admit(to_string(request.method), request.amount));
  EMP_CO_ASSIGN(auto token, co_await paying_token(request));

  const UtcTime now = clock_.now();
  Payment payment{.id = request.payment_id,
                  .order_id = request.order_id,
                  .order_number = request.order_number,
                  .attempt_no = request.attempt_no,
                  .customer_id = request.customer_id};
  payment.method = std::string(to_string(request.method));
  payment.provider = gateway == nullptr ? "cod" : std::string(gateway->name());
  payment.amount = request.amount;
  payment.provider_token = std::move(token);
  payment.assessment_id = request.assessment_id;
  payment.return_url = request.return_url;
  payment.window_ends_at = request.window_ends_at;
  payment.created_at = now;
  const Uuid digest = digest_of(request);
  EMP_CO_ASSIGN(const auto answer, co_await create_lane_.submit(NewPayment{payment, digest}));
  if (answer.outcome != "created" && answer.outcome != "repeated") co_return fail(refusal_of(answer));

  EMP_CO_ASSIGN(auto stored, co_await created_lane_.submit(request.payment_id));
  if (is_cod) co_return co_await answer_created(std::move(context), std::move(stored), answer.outcome == "created" ? 201 : 200);
  if (answer.outcome == "created") {
    EMP_CO_ASSIGN(auto begun,
                  gateway->offer().is_slow ? co_await driver_.begin_within(context, std::move(stored)) : co_await driver_.begin(context, std::move(stored)));
    if (on_work) on_work();
    co_return co_await answer_created(std::move(context), std::move(begun), 201);
  }
  EMP_CO_ASSIGN(auto waited, co_await driver_.wait_begun(std::move(stored)));
  co_return co_await answer_created(std::move(context), std::move(waited), 200);
}

Task<Result<v1::Payment>> PaymentService::capture_payment(CallContext context, v1::CapturePaymentRequest request) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, request.id));
  Payment& payment = locked.payment;
  if (is_successful(payment.status)) co_return shown(payment, context);
  if (payment.status == Status::expired) co_return fail(Error(ErrorKind::gone, "AUTHORIZATION_EXPIRED", "the authorization has ended"));
  if (payment.status != Status::authorized || payment.void_requested_at || !payment.provider_ref) co_return fail(wrong_state(payment));
  const std::int64_t amount = request.amount ? request.amount->amount() : payment.amount.amount();
  const bool same_currency = !request.amount || request.amount->currency() == payment.amount.currency();
  if (amount <= 0 || amount > payment.amount.amount() || !same_currency) {
    co_return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "not within the authorization").with("max", payment.amount.amount()));
  }
  if (!payment.capture_asked_at) {
    const UtcTime now = clock_.now();
    payment.capture_asked_at = now;
    payment.capture_amount = amount;
    payment.next_run_at = now + capture_retry_delay(0);
    payment.run_tries = 0;
    Effects effects;
    effects.notes.push_back(TransactionNote{"capture", payment.status, std::nullopt, amount, "unknown", "asked"});
    EMP_CO_TRY(co_await store_.save(work, payment, std::move(effects), now, context.trace));
    EMP_CO_TRY(co_await work.commit());
  } else if (payment.capture_amount != amount) {
    co_return fail(Error(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "a capture of another amount was asked before"));
  } else {
    EMP_CO_TRY(co_await work.commit());
  }
  auto captured = co_await driver_.capture(context, payment);
  if (!captured) {
    if (captured.error().reason() == "PROVIDER_UNREACHABLE" || captured.error().reason() == "PROVIDER_BUSY") {
      co_return fail(unreachable(captured.error()));
    }
    // Outcome unknown: still authorized, with the capture pending; the worker finds out.
    EMP_CO_ASSIGN(auto stored, co_await store_.find(request.id));
    co_return shown(stored, context);
  }
  if (captured->status == Status::expired || captured->status == Status::voided)
    co_return fail(Error(ErrorKind::gone, "AUTHORIZATION_EXPIRED", "the authorization has ended"));
  co_return shown(*captured, context);
}

Task<Result<v1::VoidPaymentResponse>> PaymentService::void_payment(CallContext context, v1::VoidPaymentRequest request) {
  EMP_CO_TRY(refuse_card_numbers({request.reason}));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  auto locked = co_await store_.lock(work, request.id);
  if (!locked) {
    if (locked.error().kind() != ErrorKind::not_found || context.principal.realm != Realm::service) co_return fail(locked.error());
    EMP_CO_TRY(co_await work.commit());
    EMP_CO_TRY(co_await store_.leave_tombstone(request.id, request.order_id, clock_.now()));
    // The payment may have come between the two: then it is there now and is given up like any other.
    EMP_CO_ASSIGN(auto again, co_await store_.begin(context));
    auto late = co_await store_.lock(again, request.id);
    if (!late) co_return v1::VoidPaymentResponse{};
    EMP_CO_TRY(co_await book_.give_up(again, std::move(*late), request.reason, context.trace));
    EMP_CO_TRY(co_await again.commit());
  } else {
    if (is_successful(locked->payment.status)) {
      co_return fail(Error(ErrorKind::conflict, "USE_REFUND", "the money was taken; refund it").with("status", to_string(locked->payment.status)));
    }
    // To Checkout, which undoes, a void is remembered whatever is under way. Nobody else may turn a capture under way into a refund of an order that then
    // stands.
    if (locked->payment.capture_asked_at && context.principal.realm != Realm::service) {
      co_return fail(Error(ErrorKind::conflict, "USE_REFUND", "the money is being taken; refund it then").with("status", to_string(locked->payment.status)));
    }
    EMP_CO_TRY(co_await book_.give_up(work, std::move(*locked), request.reason, context.trace));
    EMP_CO_TRY(co_await work.commit());
  }
  if (on_work) on_work();
  EMP_CO_ASSIGN(auto stored, co_await store_.find(request.id));
  v1::VoidPaymentResponse out;
  out.payment = shown(stored, context);
  co_return out;
}

Task<Result<v1::Payment>> PaymentService::sync_payment(CallContext context, v1::SyncPaymentRequest request) {
  EMP_CO_ASSIGN(auto payment, co_await store_.find(request.id));
  auto synced = co_await driver_.sync(context, payment);
  if (!synced) co_return fail(Error(ErrorKind::unavailable, "PROVIDER_UNAVAILABLE", synced.error().detail()).with("retry_after", 5));
  co_return shown(*synced, context);
}

Task<Result<v1::Refund>> PaymentService::refund_payment(CallContext context, v1::RefundPaymentRequest request) {
  EMP_CO_TRY(refuse_card_numbers({request.reason}));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, request.id));
  if (request.amount && request.amount->currency() != locked.payment.amount.currency()) {
    co_return fail(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "the payment has another currency");
  }
  const std::optional<std::int64_t> amount = request.amount ? std::optional(request.amount->amount()) : std::nullopt;
  const std::string caller = context.principal.realm == Realm::service ? context.principal.service : text("staff:", context.principal.id);
  const std::string key = text(caller, ":", context.idempotency_key);
  Result<Refund> refund = fail(ErrorKind::internal, "UNREACHED");
  if (request.target == v1::RefundTarget::store_credit) {
    refund = co_await order_refunds_.refund_to_store_credit(work, std::move(locked), amount, source_of(request, context), request.reason, key, context.trace);
  } else {
    refund = co_await book_.request_refund(work, std::move(locked), amount, source_of(request, context), request.reason, key, is_staff_or_service(context),
                                           context.trace);
  }
  if (!refund) co_return fail(refund.error());
  EMP_CO_TRY(co_await work.commit());
  if (on_work) on_work();
  co_return to_contract(*refund);
}

Task<Result<Payment>> PaymentService::visible(CallContext context, Uuid id) {
  EMP_CO_ASSIGN(auto payment, co_await store_.find(id));
  if (!is_staff_or_service(context) && payment.customer_id != context.principal.id) co_return fail(not_found());
  co_return payment;
}

Task<Result<v1::Payment>> PaymentService::get_payment(CallContext context, v1::GetPaymentRequest request) {
  EMP_CO_ASSIGN(const auto payment, co_await visible(context, request.id));
  co_return shown(payment, context);
}

Task<Result<v1::ListPaymentsResponse>> PaymentService::list_payments(CallContext context, v1::ListPaymentsRequest request) {
  PaymentFilter filter{.order_id = request.order_id,
                       .customer_id = request.customer_id,
                       .status = std::nullopt,
                       .before_at = std::nullopt,
                       .before_id = std::nullopt,
                       .count = request.page_size.value_or(20)};
  if (request.status) filter.status = std::string(to_string(*request.status));
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*request.page_token));
    filter.before_at = token.at;
    filter.before_id = token.id;
  }
  EMP_CO_ASSIGN(const auto payments, co_await store_.list(filter));
  v1::ListPaymentsResponse out;
  for (const Payment& payment : payments) out.payments.push_back(shown(payment, context));
  if (static_cast<std::int32_t>(payments.size()) == filter.count)
    out.next_page_token = PageToken{payments.back().created_at, payments.back().id, 0}.to_string();
  co_return out;
}

Task<Result<v1::ListTransactionsResponse>> PaymentService::list_transactions(CallContext context, v1::ListTransactionsRequest request) {
  EMP_CO_ASSIGN(const auto payment, co_await visible(context, request.id));
  EMP_CO_ASSIGN(const auto rows, co_await store_.transactions(request.id));
  v1::ListTransactionsResponse out;
  for (const TransactionRow& row : rows) out.transactions.push_back(to_contract(row, payment.amount.currency(), context.principal));
  co_return out;
}

Task<Result<v1::Refund>> PaymentService::get_refund(CallContext context, v1::GetRefundRequest request) {
  EMP_CO_ASSIGN(const auto refund, co_await store_.find_refund(request.id));
  if (!co_await visible(context, refund.payment_id)) co_return fail(ErrorKind::not_found, "REFUND_NOT_FOUND", "no such refund");
  co_return to_contract(refund);
}

Task<Result<v1::ListLedgerResponse>> PaymentService::list_ledger(CallContext, v1::ListLedgerRequest request) {
  LedgerFilter filter;
  filter.payment_id = request.payment_id;
  filter.order_id = request.order_id;
  filter.account = request.account;
  filter.count = request.page_size.value_or(20);
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*request.page_token));
    filter.after_at = token.at;
    filter.after_posting = token.id;
    filter.after_line = token.line;
  }
  EMP_CO_ASSIGN(const auto rows, co_await store_.ledger(filter));
  v1::ListLedgerResponse out;
  for (const LedgerRow& row : rows) out.entries.push_back(to_contract(row));
  if (static_cast<std::int32_t>(rows.size()) == filter.count)
    out.next_page_token = PageToken{rows.back().at, rows.back().posting_id, rows.back().line_no}.to_string();
  co_return out;
}

Task<Result<v1::CollectCodResponse>> PaymentService::collect_cod(CallContext context, v1::CollectCodRequest request) {
  EMP_CO_TRY(refuse_card_numbers({text_of(request.courier_reference)}));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, request.id));
  const Payment& payment = locked.payment;
  v1::CollectCodResponse out;
  // The report stands for the whole payment: the payment's own id takes the place of a parcel's.
  if (payment.method == "cod" && payment.status == Status::captured && request.amount == Money(payment.captured_amount, payment.amount.currency())) {
    out.payment = shown(payment, context);
    co_return out;
  }
  if (payment.status != Status::pending_collection) co_return fail(wrong_state(payment));
  const Money due(payment.cash_due() - payment.collected_amount, payment.amount.currency());
  const UtcTime now = clock_.now();
  if (request.amount != due) {
    const PaymentCase row{payment.id, "cod_mismatch", text(due.amount(), " ", due.currency()), text(request.amount.amount(), " ", request.amount.currency()),
                          text("cod:", payment.id, ":", request.amount.amount(), ":", request.amount.currency())};
    EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
    EMP_CO_TRY(co_await work.commit());
    out.payment = shown(payment, context);
    out.mismatch = true;
    co_return out;
  }
  locked.payment.collected_amount = payment.cash_due();
  TransactionNote note{"collect", Status::pending_collection, Status::captured, payment.cash_due(), "succeeded", request.courier_reference};
  const std::int64_t taken = payment.cash_due();
  EMP_CO_ASSIGN(const auto moved, co_await book_.move(work, std::move(locked), Status::captured, taken, std::move(note), context.trace));
  EMP_CO_TRY(co_await work.commit());
  out.payment = shown(moved, context);
  co_return out;
}

}  // namespace emporion::payment
