#include "modules/commerce/checkout/app/place_order/place_order.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/money/money_json.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/app/credits.hpp"
#include "modules/commerce/checkout/app/place_order/order_request.hpp"

namespace emporion::checkout {
namespace {

using saga::StepOutcome;

constexpr Uuid no_saga{};
constexpr seconds provider_budget{9};
constexpr seconds look_again{5};  // While an outcome is unknown.

constexpr postgres::Statement show_move{"checkout.placement_moved", "SELECT placement_moved($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                                        postgres::Effect::writes};

StepOutcome outcome_of(const Error& error) { return StepOutcome::from(error.is_transient() ? as_dependency_error(error) : error); }

payment::v1::RiskAddress risk_address(const v1::Address& from) {
  return {.country = from.country, .city = from.city, .line1 = from.line1, .line2 = from.line2, .postal_code = from.postal_code};
}

payment::v1::PaymentMethod payment_method(const std::string& name) {
  auto out = payment::v1::PaymentMethod::unspecified;
  from_string(name, out);
  return out;
}

/// The changes between what was offered and what it costs now, for PRICE_CHANGED.
std::string changes_json(const v1::Quote& offered, const v1::Quote& now) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (std::size_t i = 0; i < now.lines.size() && i < offered.lines.size(); ++i) {
    if (now.lines[i].unit_price == offered.lines[i].unit_price) continue;
    writer.begin_object().key("sku").string(now.lines[i].sku).key("field").string("unit_price").key("old").integer(offered.lines[i].unit_price.amount());
    writer.key("new_value").integer(now.lines[i].unit_price.amount()).end_object();
  }
  const auto term = [&](std::string_view field, const Money& old, const Money& value) {
    if (old == value) return;
    writer.begin_object().key("field").string(field).key("old").integer(old.amount()).key("new_value").integer(value.amount()).end_object();
  };
  term("discount", offered.totals.discount, now.totals.discount);
  term("shipping", offered.totals.shipping, now.totals.shipping);
  term("shipping_discount", offered.totals.shipping_discount, now.totals.shipping_discount);
  term("tax", offered.totals.tax_total, now.totals.tax_total);
  term("payment_fee", offered.totals.payment_fee, now.totals.payment_fee);
  writer.end_array();
  return out;
}

}  // namespace

Owner owner_of(const PlaceOrderState& state) {
  if (state.customer) return {.customer = state.customer};
  const auto bytes = security::from_hex(state.guest_key);
  EMP_ASSERT(bytes.has_value());
  return {.guest_sha256 = *bytes};
}

saga::ErasedDefinition PlaceOrder::definition() {
  using saga::WhenUnknown;
  return saga::Definition<PlaceOrder, PlaceOrderState>(this, "checkout.place_order")
      .step("quote", &PlaceOrder::quote)
      .step("reserve_stock", &PlaceOrder::reserve_stock, &PlaceOrder::release_stock)
      .step("assess_risk", &PlaceOrder::assess_risk)
      .step("create_order", &PlaceOrder::create_order, &PlaceOrder::cancel_order)
      .step("create_payment", &PlaceOrder::create_payment, &PlaceOrder::void_payment, WhenUnknown::wait_to_deadline)
      .step("commit_stock", &PlaceOrder::commit_stock, nullptr, WhenUnknown::wait_to_deadline)
      .step("review", &PlaceOrder::review, nullptr, WhenUnknown::wait_to_deadline)
      .idle_when(&PlaceOrder::is_not_reviewed)
      .pivot("capture_payment", &PlaceOrder::capture_payment)
      .idle_when(&PlaceOrder::has_nothing_to_capture)
      .then("confirm_order", &PlaceOrder::confirm_order)
      .on_state(&PlaceOrder::show)
      .erased();
}

Task<Result<PlaceOrder::Requoted>> PlaceOrder::requote(const State& state, saga::Context& context, PlacementBasis::View view) {
  const Uuid own = Uuid::from_name(text("checkout.quote:", context.saga()));
  if (!view->quote || !view->plan || (view->quote->id != state.quote && view->quote->id != own)) {
    co_return fail(ErrorKind::conflict, "CART_CHANGED", "the quote is not the session's any more");
  }
  if (view->quote->id != state.quote) {
    // This step was here before and did not get to say so: what it kept is its answer.
    EMP_CO_ASSIGN(auto offered, co_await sessions_.quote(state.quote));
    co_return Requoted{.offered = std::move(offered), .now = *view->quote};
  }
  const auto call = context.call(context.step_key(), seconds(3));
  std::vector<Wanted> wanted;
  for (auto& line : bought_lines(view->cart)) wanted.push_back({std::move(line.sku), line.qty});
  EMP_CO_TRY(co_await peek(neighbours_, call, std::move(wanted)));
  EMP_CO_ASSIGN(auto now, co_await quoting_.price(call, *view, *view->plan));
  const auto& offered = *view->quote;
  if (now.totals.grand_total == offered.totals.grand_total && now.lines == offered.lines && now.evaluation_hash == offered.evaluation_hash &&
      now.credits == offered.credits) {
    now.id = offered.id;
    co_return Requoted{.offered = offered, .now = std::move(now)};
  }
  // A new figure is a new quote: kept first, so that the customer can confirm it by its id.
  now.id = own;
  EMP_CO_TRY(co_await sessions_.keep_quote({.session = state.session, .saga = context.saga(), .quote = now, .plan = *view->plan}));
  co_return Requoted{.offered = offered, .now = std::move(now)};
}

Task<StepOutcome> PlaceOrder::quote(State& state, saga::Context& context) {
  const auto read = co_await basis_.read(context.saga(), state.session, owner_of(state));
  if (!read) co_return outcome_of(read.error());
  const auto requoted = co_await requote(state, context, *read);
  if (!requoted) co_return outcome_of(requoted.error());
  const auto& now = requoted->now;
  const Money total = now.totals.grand_total;
  state.quote = now.id;
  if (total > state.expected_total) {
    co_return StepOutcome::refused(Error(ErrorKind::conflict, "PRICE_CHANGED", text("the total is now ", total.to_string()))
                                       .with_json("old_total", to_json(state.expected_total))
                                       .with_json("new_total", to_json(total))
                                       .with_json("changes", changes_json(requoted->offered, now))
                                       .with("quote_id", state.quote.to_string()));
  }
  const Money credit = sum_of(now.credits, total.currency());
  const Money offered_credit = sum_of(requoted->offered.credits, total.currency());
  if (credit < offered_credit && total - credit > requoted->offered.totals.grand_total - offered_credit) {
    // Spent elsewhere meanwhile: nobody is charged more by another way than they saw.
    co_return StepOutcome::refused(Error(ErrorKind::rule_violated, "CREDIT_INSUFFICIENT", "less of the gift cards or store credit is left than was offered")
                                       .with_json("available", to_json(credit))
                                       .with_json("amount_due", to_json(total - credit))
                                       .with("quote_id", state.quote.to_string()));
  }
  state.price_adjusted = total < state.expected_total;
  if (!credit.is_zero()) state.credit = credit;
  if (!now.promotions.empty()) state.redemption = context.saga();
  state.grand_total = total;
  state.items = static_cast<std::int32_t>(now.lines.size());
  if (amount_due(state).is_zero()) state.method = "none";
  const auto limits = settings_.amounts(total.currency());
  if (const auto fits = check_order_amount(limits, total); !fits) co_return StepOutcome::refused(fits.error());
  if (state.method == "cod") {
    if (const auto fits = check_cod_amount(limits, total); !fits) co_return StepOutcome::refused(fits.error());
  }
  co_return StepOutcome::done();
}

Task<StepOutcome> PlaceOrder::assess_risk(State& state, saga::Context& context) {
  // A transfer takes a day, and what is hot is held for minutes (§4.2). Said here and not when it was held, so that the hold is undone like any other.
  if (state.method == "bank_transfer" && state.short_hold) {
    co_return StepOutcome::refused(
        Error(ErrorKind::rule_violated, "PAYMENT_METHOD_NOT_ELIGIBLE", "what is in such demand is not held for a bank transfer").with("why", "FLASH_SALE"));
  }
  const auto known = co_await basis_.of(context.saga(), state.session, state.quote, owner_of(state));
  if (!known) co_return outcome_of(known.error());
  const auto view = *known;
  const auto& shipping = *view->session.shipping_address;
  const auto& billing = view->session.billing_address ? *view->session.billing_address : shipping;
  payment::v1::AssessRiskRequest request;
  request.saga_id = context.saga();
  request.customer_id = state.customer;
  request.amount = state.grand_total;
  request.method = payment_method(state.method);
  request.distinct_skus = state.items;
  request.acting_staff_id = state.acting_staff;
  request.facts.email = view->session.contact->email;
  request.facts.phone = view->session.contact->phone;
  if (!state.client_address.empty()) request.facts.ip_address = state.client_address;
  if (!state.user_agent.empty()) request.facts.user_agent = state.user_agent;
  if (!state.device.empty()) request.facts.device_id = state.device;
  request.facts.billing_country = billing.country;
  request.facts.shipping_country = shipping.country;
  request.facts.addresses_differ = billing != shipping;
  request.facts.shipping_address = risk_address(shipping);
  request.facts.billing_address = risk_address(billing);
  request.order_id = state.order;
  if (!state.provider_token.empty()) request.provider_token = state.provider_token;
  const auto assessed = co_await neighbours_.payment().assess_risk(context.call(context.step_key()), std::move(request));
  if (!assessed) co_return outcome_of(assessed.error());
  state.assessment = assessed->id;
  state.risk = std::string(payment::v1::to_string(assessed->decision));
  if (assessed->decision == payment::v1::RiskDecision::deny) {
    co_return StepOutcome::refused(Error(ErrorKind::payment_refused, "PAYMENT_DECLINED", "the payment was declined").with("category", "generic"));
  }
  co_return StepOutcome::done();
}

Task<StepOutcome> PlaceOrder::create_order(State& state, saga::Context& context) {
  const auto view = co_await basis_.of(context.saga(), state.session, state.quote, owner_of(state));
  if (!view) co_return outcome_of(view.error());
  const auto held = co_await reservation_of(state, context);
  if (!held) co_return outcome_of(held.error());
  if (state.redemption) {  // Last of what may be refused before the order is asked for.
    auto reserved = co_await reserve_promotions(state, context, **view);
    if (reserved.kind() != StepOutcome::Kind::done) co_return reserved;
  }
  const auto created = co_await neighbours_.order().create_order(context.call(context.step_key()), order_request(state, context, **view, *held));
  if (!created) {
    if (created.error().is_transient()) co_return outcome_of(created.error());
    // A step that is refused is not undone: what it reserved goes back here.
    auto released = co_await release_promotions(state, context);
    co_return released.kind() == StepOutcome::Kind::done ? outcome_of(created.error()) : std::move(released);
  }
  state.order_number = created->order.order_number;
  if (state.redemption) {
    auto committed = co_await commit_promotions(state, context, **view);
    if (committed.kind() != StepOutcome::Kind::done) co_return committed;
  }
  if (state.credit) co_return co_await hold_credit(state, context, **view);
  co_return StepOutcome::done();
}

Task<StepOutcome> PlaceOrder::cancel_order(State& state, saga::Context& context) {
  order::v1::CancelOrderRequest request{
      .id = state.order, .reason = context.failure() ? context.failure()->reason() : "checkout_failed", .saga_id = context.saga()};
  const auto cancelled = co_await neighbours_.order().cancel_order(context.call(context.undo_key()), std::move(request));
  if (!cancelled) co_return StepOutcome::unknown(cancelled.error());
  auto released = co_await release_promotions(state, context);
  if (released.kind() != StepOutcome::Kind::done) co_return released;
  co_return co_await release_credit(state, context);
}

Task<StepOutcome> PlaceOrder::create_payment(State& state, saga::Context& context) {
  if (state.method == "none") co_return StepOutcome::done();
  payment::v1::CreatePaymentRequest request;
  request.payment_id = payment_id(context.saga(), state.payment_attempt);
  request.order_id = state.order;
  request.order_number = state.order_number;
  request.attempt_no = state.payment_attempt;
  request.customer_id = state.customer;
  request.amount = amount_due(state);
  request.method = payment_method(state.method);
  if (!state.provider_token.empty()) request.provider_token = state.provider_token;
  request.assessment_id = state.assessment;
  if (!state.return_url.empty()) request.return_url = state.return_url;
  if (pays_online(state)) request.window_ends_at = context.deadline();
  const Uuid id = request.payment_id;
  auto made = co_await neighbours_.payment().create_payment(context.call(context.step_key() + ":" + std::to_string(state.payment_attempt), provider_budget),
                                                            std::move(request));
  if (!made) {
    if (!made.error().is_transient()) co_return StepOutcome::refused(made.error());
    // Whether money moved is not known. Asked again with the same key; meanwhile nobody may pay again.
    state.payment_status = "processing";
    co_await lengthen_hold(state, context);
    if (made.error().kind() == ErrorKind::deadline_exceeded) co_return StepOutcome::wait("awaiting_payment", look_again);
    co_return StepOutcome::unknown(made.error());
  }
  auto payment = std::move(made->payment);
  using Status = payment::v1::PaymentStatus;
  const auto is_open = [&] { return payment.status == Status::requires_action || payment.status == Status::processing || payment.status == Status::created; };
  if (is_open() && context.now() >= context.deadline()) {  // Before the window closes, the provider has the last word.
    if (auto asked = co_await neighbours_.payment().sync_payment(context.call(context.step_key() + ":sync", provider_budget), {.id = id}))
      payment = std::move(*asked);
  }
  state.payment_status = std::string(payment::v1::to_string(payment.status));
  state.provider = payment.provider;
  if (payment.auth_expires_at) state.auth_expires_at = payment.auth_expires_at->to_string();
  switch (payment.status) {
    case Status::authorized:
    case Status::captured:
    case Status::pending_collection: co_return StepOutcome::done();
    case Status::requires_action:
      state.next_action = payment.next_action ? to_json(*payment.next_action) : "null";
      co_return StepOutcome::wait("awaiting_payment", seconds(60));
    case Status::created:
    case Status::processing: co_await lengthen_hold(state, context); co_return StepOutcome::wait("awaiting_payment", look_again);
    default: break;
  }
  if (payment.status == Status::expired) {  // Payment's own watch was quicker: nobody declined anything.
    co_return StepOutcome::refused(Error(ErrorKind::gone, "PAYMENT_WINDOW_CLOSED", "the time to pay is over; nothing was charged"));
  }
  state.decline_category = payment.decline ? std::string(payment::v1::to_string(payment.decline->category)) : "generic";
  if (state.payment_attempt >= settings_.payment_attempts_max || payment.status != Status::failed) {
    co_return StepOutcome::refused(Error(ErrorKind::payment_refused, "PAYMENT_DECLINED", "the payment was declined")
                                       .with("order_id", state.order.to_string())
                                       .with("category", state.decline_category)
                                       .with("attempts_left", settings_.payment_attempts_max - state.payment_attempt));
  }
  co_return StepOutcome::wait("awaiting_payment", settings_.payment_window);  // For RetryPayment.
}

Task<StepOutcome> PlaceOrder::void_payment(State& state, saga::Context& context) {
  if (state.method == "none") co_return StepOutcome::done();
  for (std::int32_t attempt = 1; attempt <= state.payment_attempt; ++attempt) {
    const Uuid id = payment_id(context.saga(), attempt);
    const std::string key = context.undo_key() + ":" + std::to_string(attempt);
    const auto voided = co_await neighbours_.payment().void_payment(context.call(key), {.id = id, .reason = "checkout aborted", .order_id = state.order});
    if (voided || voided.error().reason() == "PAYMENT_STATE") continue;  // A failed, expired or voided payment holds no money.
    if (voided.error().reason() != "USE_REFUND") co_return StepOutcome::unknown(voided.error());
    payment::v1::RefundPaymentRequest refund;
    refund.id = id;
    refund.reason = "checkout aborted";
    const auto refunded = co_await neighbours_.payment().refund_payment(context.call(key + ":refund"), std::move(refund));
    if (!refunded && refunded.error().reason() != "NOT_REFUNDABLE") co_return StepOutcome::unknown(refunded.error());
  }
  co_return StepOutcome::done();
}

bool PlaceOrder::is_not_reviewed(const State& state) const { return state.risk != "review"; }
bool PlaceOrder::has_nothing_to_capture(const State& state) const { return !pays_online(state) || state.payment_status == "captured"; }

Task<StepOutcome> PlaceOrder::review(State& state, saga::Context& context) {
  if (is_not_reviewed(state)) co_return StepOutcome::done();
  if (state.review.empty()) {
    const auto marked = co_await neighbours_.order().mark_review(context.call(context.step_key()), {.id = state.order, .assessment_id = state.assessment});
    if (!marked) co_return outcome_of(marked.error());
    state.review = "asked";
    context.set_deadline(context.now() + settings_.review_window);
  }
  const auto decision = co_await sessions_.review_decision(context.saga());
  if (!decision) co_return outcome_of(decision.error());
  if (!*decision) co_return StepOutcome::wait("awaiting_review", minutes(30));
  state.review = **decision;
  if (**decision == "approve") co_return StepOutcome::done();
  co_return StepOutcome::refused(Error(ErrorKind::payment_refused, "PAYMENT_DECLINED", "the order was not accepted").with("category", "generic"));
}

Task<StepOutcome> PlaceOrder::capture_payment(State& state, saga::Context& context) {
  if (has_nothing_to_capture(state)) co_return StepOutcome::done();
  // The window was for the buyer. A capture is tried until the authorization ends, which Payment says: a good order is not lost to a provider's bad hour.
  if (const auto lapses = time_of(state.auth_expires_at.value_or("")); lapses && *lapses > context.deadline()) context.set_deadline(*lapses);
  const auto captured = co_await neighbours_.payment().capture_payment(context.call(context.step_key(), provider_budget),
                                                                       {.id = payment_id(context.saga(), state.payment_attempt)});
  if (!captured && captured.error().is_transient()) co_return StepOutcome::unknown(captured.error());
  if (!captured) {  // The money is gone: voided, or the authorization lapsed. To the customer that is one thing.
    co_return StepOutcome::refused(
        Error(ErrorKind::payment_refused, "PAYMENT_DECLINED", text("the payment could not be taken: ", captured.error().reason())).with("category", "generic"));
  }
  state.payment_status = std::string(payment::v1::to_string(captured->status));
  if (captured->status == payment::v1::PaymentStatus::captured) co_return StepOutcome::done();
  co_return StepOutcome::unknown(Error(ErrorKind::unavailable, "CAPTURE_PENDING", "the provider has not said yet"));
}

Task<StepOutcome> PlaceOrder::confirm_order(State& state, saga::Context& context) {
  order::v1::ConfirmOrderRequest request{.id = state.order};
  request.payment_status = state.method == "none"  ? order::v1::PaymentFacet::none
                           : state.method == "cod" ? order::v1::PaymentFacet::cod_pending
                                                   : order::v1::PaymentFacet::captured;
  if (state.method != "none") {
    request.payment_id = payment_id(context.saga(), state.payment_attempt);
    request.provider = state.provider;
  }
  if (state.held_elsewhere) {
    const auto held = co_await neighbours_.warehouse().get_reservation(context.call(context.step_key() + ":held"),
                                                                       {.id = reservation_id(context.saga(), state.reserve_attempt)});
    if (!held) co_return outcome_of(held.error());
    request.reservation = confirmed_reservation(*held);
  }
  const auto confirmed = co_await neighbours_.order().confirm_order(context.call(context.step_key()), std::move(request));
  if (!confirmed) co_return outcome_of(confirmed.error());
  auto redeemed = co_await redeem_credit(state, context);
  if (redeemed.kind() == StepOutcome::Kind::done) basis_.forget(context.saga());
  co_return redeemed;
}

std::vector<postgres::Bound> PlaceOrder::show(const State& state, const std::string& saga_state, const std::optional<Error>& failure, Uuid saga) {
  const auto reason = failure ? std::optional(failure->reason()) : std::nullopt;
  const auto order = state.order_number.empty() ? std::nullopt : std::optional(state.order);
  std::vector<postgres::Bound> out;
  out.push_back(postgres::bind(show_move, saga, state.session, saga_state, order, state.grand_total.amount(), state.grand_total.currency().code(), state.items,
                               reason, reason, no_saga));
  return out;
}

}  // namespace emporion::checkout
