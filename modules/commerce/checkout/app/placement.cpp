#include "modules/commerce/checkout/app/placement.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/app/payment_options.hpp"
#include "modules/commerce/checkout/app/place_order/order_request.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {
namespace {

std::string poll_url(Uuid session) { return text("/api/v1/checkout/", session, "/confirmation"); }

/// The members that every problem of a placement carries.
Error located(Error error, Uuid session) {
  if (!error.metadata_json("poll_url").empty()) return error;
  return std::move(error).with("checkout_id", session.to_string()).with("poll_url", poll_url(session));
}

Error declined(const PlaceOrderState& state, const CheckoutSettings& settings, UtcTime deadline) {
  return Error(ErrorKind::payment_refused, "PAYMENT_DECLINED", "the payment was declined")
      .with("order_id", state.order.to_string())
      .with("category", state.decline_category.empty() ? "generic" : state.decline_category)
      .with("attempts_left", settings.payment_attempts_max - state.payment_attempt)
      .with("payment_deadline", deadline.to_string());
}

std::string digest_of(std::string_view text) { return security::hex(security::sha256(text)); }

/// Why a saga failed, as the customer is told.
Error failure_of(const saga::Snapshot& saga) {
  if (!saga.error) return Error(ErrorKind::internal, "PLACEMENT_FAILED", "the order could not be placed");
  if (saga.error->is_transient()) return as_dependency_error(*saga.error);
  if (saga.error->reason() == "SAGA_DEADLINE" && saga.error->metadata_json("awaited") == R"("awaiting_review")") {
    return Error(ErrorKind::payment_refused, "PAYMENT_DECLINED", "the order was not accepted").with("category", "generic");
  }
  if (saga.error->reason() == "SAGA_DEADLINE") return Error(ErrorKind::gone, "PAYMENT_WINDOW_CLOSED", "the time to pay is over; nothing was charged");
  return *saga.error;
}

}  // namespace

Result<v1::PlacementResponse> placement_of(const saga::Snapshot& saga, const CheckoutSettings& settings) {
  EMP_ASSIGN(const auto state, parse_json<PlaceOrderState>(saga.context));
  v1::PlacementResponse out;
  out.checkout_id = state.session;
  out.poll_url = poll_url(state.session);
  if (!state.order_number.empty()) {
    out.order_id = state.order;
    out.order_number = state.order_number;
  }
  if (saga.state == "completed") {
    out.status = v1::PlacementStatus::confirmed;
    if (state.price_adjusted) out.price_adjusted = true;
    return out;
  }
  const bool is_being_undone = saga.direction == "comp";
  if (saga.state == "failed" || (saga.state == "stuck" && is_being_undone)) return fail(located(failure_of(saga), state.session));
  out.status_code = 202;
  out.expires_at = saga.deadline;
  if (saga.state == "awaiting_review") {
    out.status = v1::PlacementStatus::under_review;
    return out;
  }
  if (saga.state == "awaiting_payment") {
    if (state.payment_status == "failed") return fail(located(declined(state, settings, saga.deadline), state.session));
    if (state.payment_status == "requires_action") {
      out.status = v1::PlacementStatus::requires_action;
      EMP_ASSIGN(out.next_action, parse_json<v1::NextAction>(state.next_action));
      return out;
    }
    out.status = v1::PlacementStatus::payment_processing;
    out.do_not_pay_again = true;
    return out;
  }
  out.expires_at.reset();
  if (saga.step == "create_payment" && !is_being_undone && state.payment_status == "processing") {
    out.status = v1::PlacementStatus::payment_processing;
    out.do_not_pay_again = true;
    return out;
  }
  out.status = v1::PlacementStatus::processing;
  out.retry_after = 2;
  return out;
}

Task<Result<v1::PlacementResponse>> Placement::view_of(CallContext context, saga::Snapshot saga, std::optional<v1::Quote> quote) {
  auto placed = placement_of(saga, settings_);
  if (!placed) {
    if (saga.state != "awaiting_payment") co_return fail(std::move(placed).error());
    // Declined with tries left: how else it may be paid.
    EMP_CO_ASSIGN(const auto declined, parse_json<PlaceOrderState>(saga.context));
    auto options = co_await payment_options(neighbours_, settings_, context, amount_due(declined));
    if (options) keep_to_retries(*options);
    co_return fail(std::move(placed).error().with_json("methods", options ? eligible_methods(*options) : "[]"));
  }
  auto out = std::move(*placed);
  if (out.status != v1::PlacementStatus::confirmed) co_return out;
  EMP_CO_ASSIGN(const auto state, parse_json<PlaceOrderState>(saga.context));
  if (quote && quote->id == state.quote) {
    out.totals = std::move(quote->totals);
    co_return out;
  }
  // A new quote took the place of the one that was read. The order stands whether or not its sums can be read now.
  if (auto totals = co_await sessions_.totals(state.quote)) out.totals = std::move(*totals);
  co_return out;
}

Task<Result<v1::PlacementResponse>> Placement::outcome(CallContext context, Uuid session, std::optional<v1::Quote> quote, Uuid saga, bool first_time) {
  const UtcTime until = std::min(clock_.now() + settings_.confirm_wait, context.deadline - milliseconds(200));
  auto settled = co_await engine_.wait_settled(saga, until);
  if (!settled) co_return fail(located(settled.error(), session));
  if (first_time) note_sold_out(*settled);
  auto answer = co_await view_of(context, std::move(*settled), std::move(quote));
  if (!answer) co_return fail(located(answer.error(), session));
  if (answer->status == v1::PlacementStatus::confirmed) {
    answer->status_code = first_time ? 201 : 200;
  }
  if (!first_time) answer->idempotent_replayed = "true";
  co_return answer;
}

Task<std::optional<Error>> Placement::sold_out(CallContext context, v1::Quote quote) {
  std::vector<Wanted> wanted;
  for (auto& line : quote.lines) {
    if (sold_out_.is_closed(line.sku)) wanted.push_back({std::move(line.sku), line.qty});
  }
  if (wanted.empty()) co_return std::nullopt;
  const auto there = co_await peek(neighbours_, std::move(context), std::move(wanted));
  // Where Warehouse does not answer, the saga asks again, and says what it is told.
  if (there || there.error().reason() != "OUT_OF_STOCK") co_return std::nullopt;
  co_return there.error();
}

void Placement::note_sold_out(const saga::Snapshot& saga) {
  if (!saga.error || saga.error->reason() != "OUT_OF_STOCK") return;
  const auto items = json::Document::parse(std::string(saga.error->metadata_json("items")));
  if (!items) return;
  items->root().for_each_element([&](json::Value item) {
    const auto sku = item.member("sku");
    const auto available = item.member("available");
    if (sku && available && available->integer() == 0) sold_out_.close(std::string(sku->string().value_or("")));
    return true;
  });
}

Task<Result<v1::PlacementResponse>> Placement::confirm(CallContext context, v1::ConfirmCheckoutRequest request, Owner owner) {
  if (!request.terms_accepted) co_return fail(located(Error(ErrorKind::rule_violated, "TERMS_NOT_ACCEPTED", "the terms must be accepted"), request.id));
  auto view = co_await sessions_.view_without_lines(request.id, owner);
  if (!view) {
    // A key is bound to its saga, also when the session is over.
    if (view.error().reason() == "CHECKOUT_EXPIRED") {
      EMP_CO_ASSIGN(auto placed, co_await sessions_.placed(request.id, owner, context.idempotency_key));
      if (placed.key_saga) co_return co_await outcome(context, request.id, std::move(placed.quote), *placed.key_saga, false);
    }
    co_return fail(located(view.error(), request.id));
  }
  PlaceOrderState state;
  const Uuid saga = Uuid::v7(clock_.now(), random_);
  state.session = request.id;
  state.cart = view->session.cart_id;
  state.order = Uuid::v7(clock_.now(), random_);
  state.quote = request.quote_id;
  state.customer = owner.customer;
  if (owner.guest_sha256) state.guest_key = security::hex(*owner.guest_sha256);
  state.expected_total = request.expected_total;
  state.grand_total = request.expected_total;
  state.client_address = request.client_address;
  state.user_agent = request.user_agent.value_or("").substr(0, 512);
  state.return_url = request.return_url.value_or("");
  if (request.device && request.device->id) state.device = *request.device->id;
  state.acting_staff = context.principal.acting_staff;
  if (view->session.status == v1::CheckoutStatus::open) {
    const auto missing = missing_for_confirm(view->session, view->plan, view->quote);
    if (!missing.empty()) {
      std::string names;
      json::Writer writer(names);
      writer.begin_array();
      for (const auto& name : missing) writer.string(name);
      writer.end_array();
      co_return fail(located(Error(ErrorKind::rule_violated, "INCOMPLETE", "something is still to be chosen").with_json("missing", names), request.id));
    }
    if (view->quote && request.expected_total.currency() != view->quote->totals.grand_total.currency()) {
      co_return fail(located(Error(ErrorKind::rule_violated, "CURRENCY_MISMATCH", "the expected total has another currency than the quote"), request.id));
    }
    if (!view->saga && view->quote && view->quote->id == request.quote_id) {
      if (auto gone = co_await sold_out(context, *view->quote)) co_return fail(located(std::move(*gone), request.id));
    }
  }
  if (view->session.payment) {
    state.method = std::string(v1::to_string(view->session.payment->method));
    state.provider_token = view->session.payment->payment_method_id.value_or("");
  }
  Acceptance acceptance{.session = request.id,
                        .owner = owner,
                        .key = context.idempotency_key,
                        .request = text(request.quote_id, ' ', request.expected_total.amount(), ' ', request.expected_total.currency()),
                        .quote = request.quote_id,
                        .saga = saga,
                        .context = to_json(state),
                        .deadline = clock_.now() + window_of(state, settings_),
                        .method = state.method,
                        .email = view->session.contact ? view->session.contact->email : "",
                        .address = state.acting_staff ? "" : state.client_address,  // Staff at the till buy for many.
                        .pending_max = settings_.pending_transfers_max};
  const std::string first_context = acceptance.context;
  const UtcTime deadline = acceptance.deadline;
  const auto accepted = co_await sessions_.accept(std::move(acceptance));
  if (!accepted) co_return fail(located(accepted.error(), request.id));
  const bool started = accepted->outcome == AcceptOutcome::started;
  if (started) engine_.run_begun(saga, request.id.to_string(), first_context, deadline, context.trace);
  co_return co_await outcome(context, request.id, std::move(view->quote), accepted->saga, started);
}

Task<std::optional<v1::PlacementRefund>> Placement::refund_of(CallContext context, Uuid saga, PlaceOrderState state) {
  if (state.order_number.empty() || !pays_online(state)) co_return std::nullopt;
  for (std::int32_t attempt = state.payment_attempt; attempt >= 1; --attempt) {
    const auto payment = co_await neighbours_.payment().get_payment(context.as_service("checkout"), {.id = payment_id(saga, attempt)});
    if (!payment || payment->captured.is_zero()) continue;
    const bool is_back = payment->status == payment::v1::PaymentStatus::refunded;
    co_return v1::PlacementRefund{.amount = payment->captured, .status = is_back ? "succeeded" : "requested"};
  }
  co_return std::nullopt;
}

Task<Result<v1::PlacementResponse>> Placement::confirmation(CallContext context, v1::GetConfirmationRequest request, Owner owner) {
  EMP_CO_ASSIGN(const auto placed, co_await sessions_.placed(request.id, owner, ""));
  if (!placed.saga) co_return fail(located(Error(ErrorKind::conflict, "NOT_CONFIRMED", "this checkout was never confirmed"), request.id));
  EMP_CO_ASSIGN(const auto saga, co_await engine_.find(*placed.saga));
  auto answer = co_await view_of(context, saga, placed.quote);
  if (answer) {
    answer->status_code = 200;
    co_return answer;
  }
  // Here a failure is news, not a refusal of this request.
  EMP_CO_ASSIGN(const auto state, parse_json<PlaceOrderState>(saga.context));
  v1::PlacementResponse out;
  out.status_code = 200;
  out.checkout_id = request.id;
  out.poll_url = poll_url(request.id);
  out.status = saga.state == "awaiting_payment" ? v1::PlacementStatus::payment_declined : v1::PlacementStatus::failed;
  if (!state.order_number.empty()) {
    out.order_id = state.order;
    out.order_number = state.order_number;
  }
  if (saga.state == "awaiting_payment") {
    out.attempts_left = settings_.payment_attempts_max - state.payment_attempt;
    out.expires_at = saga.deadline;
  } else if (auto refund = co_await refund_of(context, saga.id, state)) {
    out.status = v1::PlacementStatus::cancelled;
    out.refund = std::move(*refund);
  }
  std::string metadata;
  json::Writer writer(metadata);
  writer.begin_object();
  for (const auto& field : answer.error().metadata()) writer.key_escaped(field.name).raw(field.json);
  writer.end_object();
  out.failure = v1::PlacementFailure{.reason = answer.error().reason(), .metadata = json::Raw{metadata}};
  co_return out;
}

namespace {

enum class KeyUse : std::uint8_t { fresh, repeated, reused };

/// Whether a key of RetryPayment took effect on this saga before. Kept in its state, so that attempt and key are one commit.
KeyUse use_of(const PlaceOrderState& state, const std::string& key, const std::string& request) {
  const std::string used = state.retries.value_or("");
  if (used.find(key + ":" + request) != std::string::npos) return KeyUse::repeated;
  return used.find(key + ":") != std::string::npos ? KeyUse::reused : KeyUse::fresh;
}

Error key_reused() { return Error(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this key was used for another request; take a new key"); }

/// Why a saga that does not wait for another try to pay takes none.
Error not_retryable(const saga::Snapshot& saga, const PlaceOrderState& state, const CheckoutSettings& settings) {
  const bool is_over = saga.state == "failed" || saga.direction == "comp";
  if (is_over && state.payment_attempt >= settings.payment_attempts_max) return Error(ErrorKind::rule_violated, "ATTEMPTS_EXHAUSTED", "no attempt is left");
  if (is_over) return Error(ErrorKind::gone, "PAYMENT_WINDOW_CLOSED", "this order no longer waits for a payment");
  return Error(ErrorKind::conflict, "PAYMENT_IN_PROGRESS", "a payment is under way, or the order is paid; do not pay again");
}

}  // namespace

Task<Result<v1::PlacementResponse>> Placement::retry_payment(CallContext context, v1::RetryPaymentRequest request, Owner owner) {
  EMP_CO_ASSIGN(const auto placed, co_await sessions_.placed(request.id, owner, ""));
  if (!placed.saga) co_return fail(located(Error(ErrorKind::conflict, "NOT_CONFIRMED", "this checkout was never confirmed"), request.id));
  const std::string key = digest_of(context.idempotency_key);
  const std::string asked = digest_of(to_json(request.payment));
  EMP_CO_ASSIGN(const auto saga, co_await engine_.find(*placed.saga));
  EMP_CO_ASSIGN(const auto state, parse_json<PlaceOrderState>(saga.context));
  const auto used = use_of(state, key, asked);
  if (used == KeyUse::reused) co_return fail(located(key_reused(), request.id));
  if (used == KeyUse::repeated) co_return co_await outcome(context, request.id, placed.quote, *placed.saga, false);
  EMP_CO_ASSIGN(auto options, co_await payment_options(neighbours_, settings_, context, amount_due(state)));
  keep_to_retries(options);

  bool is_repeat = false;
  const auto amended = co_await engine_.amend(*placed.saga, "awaiting_payment", [&](const std::string& stored) -> Result<std::string> {
    EMP_ASSIGN(auto now, parse_json<PlaceOrderState>(stored));
    is_repeat = use_of(now, key, asked) == KeyUse::repeated;
    if (is_repeat) return stored;
    if (use_of(now, key, asked) == KeyUse::reused) return fail(key_reused());
    if (now.payment_status != "failed") return fail(ErrorKind::conflict, "PAYMENT_IN_PROGRESS", "the last payment may still succeed; do not pay again");
    if (now.payment_attempt >= settings_.payment_attempts_max) return fail(ErrorKind::rule_violated, "ATTEMPTS_EXHAUSTED", "no attempt is left");
    if (clock_.now() >= saga.deadline) return fail(ErrorKind::gone, "PAYMENT_WINDOW_CLOSED", "the time to pay is over; nothing was charged");
    EMP_TRY(check_selection(options, request.payment));
    now.payment_attempt += 1;
    now.method = std::string(v1::to_string(request.payment.method));
    now.provider_token = request.payment.payment_method_id.value_or("");
    now.return_url = request.return_url.value_or("");
    now.payment_status = "";
    now.decline_category = "";
    now.retries = now.retries.value_or("") + key + ":" + asked + " ";
    return to_json(now);
  });
  if (amended) co_return co_await outcome(context, request.id, placed.quote, *placed.saga, !is_repeat);
  if (amended.error().reason() != "SAGA_STATE") co_return fail(located(amended.error(), request.id));
  // Not waiting for a payment: the same request may have been quicker by another way. The present state tells.
  EMP_CO_ASSIGN(const auto now, co_await engine_.find(*placed.saga));
  EMP_CO_ASSIGN(const auto state_now, parse_json<PlaceOrderState>(now.context));
  if (use_of(state_now, key, asked) == KeyUse::repeated) co_return co_await outcome(context, request.id, placed.quote, *placed.saga, false);
  co_return fail(located(not_retryable(now, state_now, settings_), request.id));
}

Task<Result<v1::AbandonCheckoutResponse>> Placement::abandon(CallContext context, v1::AbandonCheckoutRequest request, std::optional<Owner> owner) {
  if (owner) {
    const auto view = co_await sessions_.view_without_lines(request.id, *owner);
    if (!view && view.error().reason() != "CHECKOUT_EXPIRED") co_return fail(view.error());
  }
  EMP_CO_ASSIGN(const auto given_up, co_await sessions_.abandon(request.id));
  v1::AbandonCheckoutResponse out;
  out.status = given_up.status;
  if (given_up.status == v1::CheckoutStatus::completed) co_return fail(ErrorKind::conflict, "CANNOT_ABANDON", "the order stands; cancel the order instead");
  const bool under_way = given_up.status == v1::CheckoutStatus::confirming || given_up.status == v1::CheckoutStatus::awaiting_payment ||
                         given_up.status == v1::CheckoutStatus::under_review;
  if (!under_way || !given_up.saga) co_return out;
  const Error why(ErrorKind::gone, "CHECKOUT_ABANDONED", request.reason.value_or("given up by the customer"));
  const auto aborted =
      co_await engine_.abort(*given_up.saga, why, text("abandon by ", context.principal.service.empty() ? "the owner" : context.principal.service));
  if (!aborted && aborted.error().is_transient()) co_return fail(aborted.error());
  if (!aborted) co_return fail(ErrorKind::conflict, "CANNOT_ABANDON", aborted.error().detail());
  out.status_code = 202;
  co_return out;
}

}  // namespace emporion::checkout
