#include "modules/commerce/order/app/service.hpp"

#include <algorithm>
#include <utility>

#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/postgres/idempotency.hpp"
#include "modules/commerce/order/app/page_token.hpp"
#include "modules/commerce/order/app/snapshot.hpp"
#include "modules/commerce/order/domain/order_number.hpp"

namespace emporion::order {
namespace {

constexpr int track_tries_max = 5;  // In track_window and per address. Source: commerce.md §2.4.
constexpr minutes track_window{15};
constexpr int number_tries_max = 5;

Error not_found() { return Error(ErrorKind::not_found, "ORDER_NOT_FOUND", "no such order"); }

bool is_staff_or_service(const CallContext& context) { return context.principal.realm == Realm::staff || context.principal.realm == Realm::service; }

Cause cause_of(const CallContext& context) {
  const bool by_staff = context.principal.realm == Realm::staff || context.principal.acting_staff.has_value();
  std::optional<Uuid> actor = context.principal.id;
  if (context.principal.acting_staff) actor = context.principal.acting_staff;
  if (context.principal.realm == Realm::service) return Cause{context.principal.service, std::nullopt, std::nullopt, context.trace, "system"};
  return Cause{by_staff ? "staff" : "customer", actor, std::nullopt, context.trace, by_staff ? "staff" : "customer"};
}

Error refusal_of_creation(const std::string& outcome) {
  if (outcome == "IDEMPOTENCY_KEY_REUSED") return Error(ErrorKind::rule_violated, outcome, "this saga made another order");
  if (outcome == "ORDER_CANCELLED") return Error(ErrorKind::conflict, outcome, "the order was cancelled before it came");
  return Error(ErrorKind::conflict, outcome, "another live order has this session");
}

/// Refused while or after it left the house. The order as it is under the lock.
Result<> may_be_readdressed(const OrderState& state) {
  if (state.facts().units_dispatched > 0) return fail(ErrorKind::conflict, "ALREADY_DISPATCHED", "a parcel is on its way");
  const Status status = state.status;
  if (status == Status::pending_payment || status == Status::fraud_review || status == Status::confirmed || status == Status::processing) return {};
  return fail(Error(ErrorKind::conflict, "ORDER_NOT_EDITABLE", "the order is over").with("status", to_string(status)));
}

std::optional<std::string> status_text(const std::optional<v1::OrderStatus>& status) {
  return status ? std::optional(std::string(to_string(*status))) : std::nullopt;
}

}  // namespace

OrderService::OrderService(Runtime& runtime, OrderStore& store, Neighbours& neighbours, Cancelling& cancelling, Claiming& claiming, const Clock& clock,
                           Random& random)
    : store_(store),
      neighbours_(neighbours),
      cancelling_(cancelling),
      claiming_(claiming),
      clock_(clock),
      random_(random),
      confirming_(store),
      create_lane_(runtime, LaneOptions{.name = "order.create"}, [&store](std::vector<NewOrder> batch) { return store.create_batch(std::move(batch)); }),
      confirm_lane_(runtime, LaneOptions{.name = "order.confirm"},
                    [&store](std::vector<Confirmation> batch) { return store.confirm_batch(std::move(batch)); }) {}

Task<void> OrderService::close() {
  co_await create_lane_.close();
  co_await confirm_lane_.close();
}

// --- For the checkout saga ---

Task<Result<v1::CreateOrderResponse>> OrderService::create_order(CallContext context, v1::CreateOrderRequest request) {
  EMP_CO_TRY(check_snapshot(request));
  const Uuid digest = digest_of(request);
  NewOrder order{std::move(request), {}, digest, context.trace};
  CreationAnswer answer{"ORDER_NUMBER_TAKEN", {}};
  for (int tried = 0; answer.outcome == "ORDER_NUMBER_TAKEN" && tried < number_tries_max; ++tried) {
    order.order_number = make_order_number(clock_.now(), random_);
    EMP_CO_ASSIGN(answer, co_await create_lane_.submit(order));
  }
  if (answer.outcome != "created" && answer.outcome != "repeated") co_return fail(refusal_of_creation(answer.outcome));
  v1::CreateOrderResponse out;
  if (answer.outcome == "created") {
    out.status_code = 201;
    out.order = born(order.request, order.order_number, answer.placed_at);
    co_return out;
  }
  out.status_code = 200;
  EMP_CO_ASSIGN(out.order, co_await store_.load(order.request.order_id));
  co_return out;
}

Task<Result<v1::OrderConfirmation>> OrderService::confirm_order(CallContext context, v1::ConfirmOrderRequest request) {
  const Confirmation confirmation{request.id, request.payment_id, std::string(to_string(request.payment_status)), request.provider, context.trace};
  EMP_CO_ASSIGN(const auto answer, request.reservation ? co_await confirming_.confirm(std::move(context), std::move(request), confirmation)
                                                       : co_await confirm_lane_.submit(confirmation));
  if (answer.outcome != "confirmed" && answer.outcome != "repeated") co_return fail(refusal_of_confirmation(answer));
  v1::OrderConfirmation out{.id = confirmation.order_id};
  const bool is_known = answer.status && from_string(*answer.status, out.status);
  EMP_ASSERT(is_known);
  co_return out;
}

Task<Result<v1::Order>> OrderService::mark_review(CallContext context, v1::MarkReviewRequest request) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto order, co_await store_.lock(work, request.id));
  if (order.status != Status::fraud_review) {
    Facts facts = order.facts();
    facts.risk_is_review = true;                                                             // The caller's statement: its assessment says so,
    facts.allocations_committed = true;                                                      // the stock is committed,
    if (facts.payment == PaymentStatus::pending) facts.payment = PaymentStatus::authorized;  // and the funds are secured; their event may still be on its way.
    EMP_CO_TRY(judge(order.status, Status::fraud_review, Actor::checkout, facts));
    Move move{.order_id = request.id, .to = Status::fraud_review, .actor = "checkout"};
    move.assessment_id = request.assessment_id;
    move.trace = context.trace;
    EMP_CO_TRY(co_await store_.move(work, std::move(move)));
  }
  EMP_CO_TRY(co_await work.commit());
  co_return co_await store_.load(request.id);
}

// --- Reading ---

Task<Result<v1::Order>> OrderService::visible(CallContext context, Uuid id) {
  EMP_CO_ASSIGN(auto order, co_await store_.load(id));
  if (!is_staff_or_service(context) && order.customer_id != context.principal.id) co_return fail(not_found());
  co_return order;
}

Task<Result<v1::Order>> OrderService::get_order(CallContext context, v1::GetOrderRequest request) {
  co_return co_await visible(std::move(context), request.id);
}

Task<Result<v1::Order>> OrderService::get_order_by_number(CallContext context, v1::GetOrderByNumberRequest request) {
  const std::string number = canonical_order_number(request.order_number);
  if (number.empty()) co_return fail(not_found());
  EMP_CO_ASSIGN(const auto id, co_await store_.find_by_number(number));
  if (!id) co_return fail(not_found());
  co_return co_await visible(std::move(context), *id);
}

Task<Result<v1::ListOrdersResponse>> OrderService::list_page(OrderFilter filter, std::optional<std::string> page_token) {
  if (page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*page_token));
    filter.before_at = token.at;
    filter.before_id = token.id;
  }
  v1::ListOrdersResponse out;
  EMP_CO_ASSIGN(out.orders, co_await store_.list(filter));
  if (static_cast<std::int32_t>(out.orders.size()) == filter.count)
    out.next_page_token = PageToken{out.orders.back().placed_at, out.orders.back().id}.to_string();
  co_return out;
}

Task<Result<v1::ListOrdersResponse>> OrderService::list_my_orders(CallContext context, v1::ListMyOrdersRequest request) {
  if (!is_staff_or_service(context) && request.customer_id != context.principal.id) co_return fail(not_found());
  OrderFilter filter{.status = status_text(request.status),
                     .customer_id = request.customer_id,
                     .sku = request.sku,
                     .placed_from = request.placed_from,
                     .placed_to = request.placed_to};
  filter.count = request.page_size.value_or(20);
  co_return co_await list_page(std::move(filter), request.page_token);
}

Task<Result<v1::ListOrdersResponse>> OrderService::list_orders(CallContext, v1::ListOrdersRequest request) {
  OrderFilter filter{.status = status_text(request.status),
                     .customer_id = request.customer_id,
                     .sku = request.sku,
                     .placed_from = request.placed_from,
                     .placed_to = request.placed_to};
  if (request.email) filter.email = ascii_lower(trimmed(*request.email));
  filter.late_dispatch = request.late_dispatch;
  filter.count = request.page_size.value_or(20);
  co_return co_await list_page(std::move(filter), request.page_token);
}

Task<Result<v1::TrackedOrder>> OrderService::track_guest_order(CallContext, v1::TrackGuestOrderRequest request) {
  EMP_CO_ASSIGN(const std::int32_t wait_s, co_await store_.take_track_try(request.client_address, track_tries_max, track_window));
  if (wait_s > 0) co_return fail(Error(ErrorKind::resource_exhausted, "RATE_LIMITED", "too many tries; wait a while").with("retry_after", wait_s));
  const std::string number = canonical_order_number(request.order_number);
  std::optional<Uuid> id;
  if (!number.empty()) {
    EMP_CO_ASSIGN(id, co_await store_.find_by_number(number));
  }
  if (!id) co_return fail(not_found());
  EMP_CO_ASSIGN(const auto order, co_await store_.load(*id));
  // A registered customer's order shows itself to its owner only; a wrong address is told like a wrong number.
  if (order.customer_id || ascii_lower(order.contact.email) != ascii_lower(trimmed(request.email))) co_return fail(not_found());
  co_return tracked(order);
}

Task<Result<v1::ListStatusHistoryResponse>> OrderService::list_status_history(CallContext context, v1::ListStatusHistoryRequest request) {
  EMP_CO_TRY(co_await visible(context, request.id));
  v1::ListStatusHistoryResponse out;
  EMP_CO_ASSIGN(out.changes, co_await store_.history(request.id));
  if (!is_staff_or_service(context)) {
    for (v1::StatusChange& change : out.changes) {
      change.actor_id.reset();
      change.source_event_id.reset();
    }
  }
  co_return out;
}

Task<Result<v1::ListEditHistoryResponse>> OrderService::list_edit_history(CallContext context, v1::ListEditHistoryRequest request) {
  EMP_CO_TRY(co_await visible(std::move(context), request.id));
  v1::ListEditHistoryResponse out;
  EMP_CO_ASSIGN(out.edits, co_await store_.edits(request.id));
  co_return out;
}

Task<Result<v1::ListNotesResponse>> OrderService::list_notes(CallContext context, v1::ListNotesRequest request) {
  EMP_CO_TRY(co_await visible(std::move(context), request.id));
  v1::ListNotesResponse out;
  EMP_CO_ASSIGN(out.notes, co_await store_.notes(request.id));
  co_return out;
}

// --- Changing ---

Task<Result<v1::ClaimGuestOrdersResponse>> OrderService::claim_guest_orders(CallContext context, v1::ClaimGuestOrdersRequest request) {
  co_return co_await claiming_.claim(std::move(context), std::move(request));
}

Task<Result<v1::CancelOrderResponse>> OrderService::cancel_order(CallContext context, v1::CancelOrderRequest request) {
  if (context.principal.realm == Realm::service) {
    v1::CancelOrderResponse out;
    out.status_code = 200;
    EMP_CO_ASSIGN(out.order, co_await cancelling_.undo(std::move(context), request.id, request.saga_id, request.reason));
    co_return out;
  }
  EMP_CO_ASSIGN(auto order, co_await visible(context, request.id));
  const Actor actor = context.principal.realm == Realm::staff ? Actor::support : Actor::owner;
  Cause cause = cause_of(context);
  co_return co_await cancelling_.cancel(std::move(context), std::move(order), request.reason, actor, std::move(cause));
}

Task<Result<v1::Order>> OrderService::cancel_items(CallContext context, v1::CancelItemsRequest request) {
  EMP_CO_TRY(co_await visible(context, request.id));
  Cause cause = cause_of(context);
  co_return co_await cancelling_.cancel_items(std::move(context), std::move(request), std::move(cause));
}

Task<Result<v1::Order>> OrderService::change_shipping_address(CallContext context, v1::ChangeShippingAddressRequest request) {
  EMP_CO_ASSIGN(const auto seen, co_await visible(context, request.id));
  const Cause cause = cause_of(context);
  const postgres::IdempotencyScope scope{text(cause.actor, ":", cause.actor_id ? cause.actor_id->to_string() : ""), "order.change_shipping_address",
                                         context.idempotency_key, to_json(request)};
  // Judged once before the neighbours are asked, so that nobody is asked for what cannot be; and again under the lock.
  for (const bool is_last : {false, true}) {
    EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
    EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
    if (first) co_return parse_json<v1::Order>(first->body);
    EMP_CO_ASSIGN(const auto state, co_await store_.lock(work, request.id));
    EMP_CO_TRY(may_be_readdressed(state));
    EMP_CO_ASSIGN(const auto order, co_await store_.load_in(work, request.id));
    if (!is_last) {
      {
        const auto dropped = std::move(work);
      }  // Rolls back: nothing may be open while another module is called.
      EMP_CO_ASSIGN(const auto changes, co_await neighbours_.changes_of_address(context, order, request.address));
      if (changes.empty()) continue;
      std::string all;
      for (const std::string& what : changes) all += (all.empty() ? "" : ", ") + what;
      co_return fail(
          Error(ErrorKind::rule_violated, "ADDRESS_CHANGES_TOTAL", text("not the same there: ", all, "; cancel and order again")).with("changes", all));
    }
    // Another correction may have come between: what was asked about holds for that place only.
    if (order.shipping_address != seen.shipping_address)
      co_return fail(ErrorKind::conflict, "VERSION_CONFLICT", "the address was changed meanwhile; read the order again");
    EMP_CO_TRY(co_await store_.set_address(work, request.id, to_json(request.address)));
    EMP_CO_ASSIGN(const std::int32_t seq, co_await store_.add_edit(work, request.id,
                                                                   Edit{.kind = "shipping_address",
                                                                        .before = to_json(order.shipping_address),
                                                                        .after = to_json(request.address),
                                                                        .actor = cause.actor,
                                                                        .actor_id = cause.actor_id}));
    EMP_CO_ASSIGN(auto changed, co_await store_.load_in(work, request.id));
    EMP_CO_TRY(co_await work.run(messaging::outbox_row(address_changed(changed, seq), request.id, changed.version, context.trace)));
    EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {200, to_json(changed)}));
    EMP_CO_TRY(co_await work.commit());
    co_return changed;
  }
  co_return fail(ErrorKind::internal, "UNREACHED");
}

Task<Result<v1::Order>> OrderService::decide_review(CallContext context, v1::DecideReviewRequest request) {
  const std::string decision(to_string(request.decision));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto order, co_await store_.lock(work, request.id));
  if (order.review_decision && *order.review_decision != decision) {
    co_return fail(Error(ErrorKind::conflict, "ALREADY_DECIDED", "the review ended otherwise").with("decision", *order.review_decision));
  }
  if (!order.review_decision) {
    if (order.status != Status::fraud_review) {
      co_return fail(
          Error(ErrorKind::conflict, "INVALID_TRANSITION", "the order is not under review").with("from", to_string(order.status)).with("to", decision));
    }
    EMP_CO_TRY(co_await store_.set_review(work, order, decision, context.principal.id, request.reason, context.trace));
  }
  EMP_CO_TRY(co_await work.commit());
  co_return co_await store_.load(request.id);
}

/// Locks, judges with the row's facts, moves. An order that is there already stays as it is, save for operations, who are told; `once` answers a repeated key
/// as the first time.
Task<Result<v1::Order>> OrderService::move_judged(CallContext context, Uuid id, Status to, Actor actor, Move move,
                                                  std::optional<postgres::IdempotencyScope> once) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  if (once) {
    EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, *once));
    if (first) co_return parse_json<v1::Order>(first->body);
  }
  EMP_CO_ASSIGN(auto order, co_await store_.lock(work, id));
  if (order.status != to || actor == Actor::operations) {
    EMP_CO_TRY(judge(order.status, to, actor, order.facts()));
    if (order.status == Status::delivery_failed && to == Status::shipped) {
      for (LineState& line : order.lines) line.counters.redispatch();
      EMP_CO_TRY(co_await store_.save_lines(work, order));
      EMP_CO_TRY(co_await store_.reopen_groups(work, id));
    }
    move.trace = context.trace;
    EMP_CO_TRY(co_await store_.move(work, std::move(move)));
  }
  EMP_CO_ASSIGN(auto answer, co_await store_.load_in(work, id));
  if (once) EMP_CO_TRY(co_await postgres::remember_answer(work, *once, {200, to_json(answer)}));
  EMP_CO_TRY(co_await work.commit());
  co_return answer;
}

/// Before dispatch a cancellation by staff takes the way of every cancellation: Fulfillment is asked, which is safe to repeat.
Task<Result<v1::Order>> OrderService::cancel_by_override(CallContext context, v1::Order order, v1::OverrideStatusRequest request,
                                                         postgres::IdempotencyScope once) {
  Cause cause = cause_of(context);
  EMP_CO_ASSIGN(auto cancelled, co_await cancelling_.cancel(context, std::move(order), request.reason, Actor::operations, std::move(cause)));
  EMP_ASSERT(cancelled.order.has_value());
  EMP_CO_ASSIGN(auto work, co_await store_.begin(std::move(context)));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, once));
  if (first) co_return parse_json<v1::Order>(first->body);
  EMP_CO_TRY(co_await postgres::remember_answer(work, std::move(once), {200, to_json(*cancelled.order)}));
  EMP_CO_TRY(co_await work.commit());
  co_return std::move(*cancelled.order);
}

Task<Result<v1::Order>> OrderService::override_status(CallContext context, v1::OverrideStatusRequest request) {
  const auto to = parse_status(to_string(request.status));
  EMP_ASSERT(to.has_value());  // Both enumerations have the same names.
  postgres::IdempotencyScope once{text("staff:", context.principal.id), "order.override_status", context.idempotency_key, to_json(request)};
  EMP_CO_ASSIGN(auto order, co_await store_.load(request.id));
  const bool before_dispatch = order.status == v1::OrderStatus::confirmed || order.status == v1::OrderStatus::processing;
  if (*to == Status::cancelled && before_dispatch)
    co_return co_await cancel_by_override(std::move(context), std::move(order), std::move(request), std::move(once));
  Move move{.order_id = request.id, .to = *to, .actor = "staff"};
  move.actor_id = context.principal.id;
  move.reason = request.reason;
  move.cancel_by = "staff";
  co_return co_await move_judged(std::move(context), request.id, *to, Actor::operations, std::move(move), std::move(once));
}

Task<Result<v1::Order>> OrderService::confirm_receipt(CallContext context, v1::ConfirmReceiptRequest request) {
  EMP_CO_ASSIGN(auto order, co_await visible(context, request.id));
  const Cause cause = cause_of(context);
  Move move{.order_id = request.id, .to = Status::completed, .actor = cause.actor};
  move.actor_id = cause.actor_id;
  move.reason = "receipt confirmed";
  const Actor actor = cause.actor == "staff" ? Actor::support : Actor::owner;
  co_return co_await move_judged(std::move(context), request.id, Status::completed, actor, std::move(move), std::nullopt);
}

Task<Result<v1::Note>> OrderService::add_note(CallContext context, v1::AddNoteRequest request) {
  const postgres::IdempotencyScope scope{text("staff:", context.principal.id), "order.add_note", context.idempotency_key, to_json(request)};
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::Note>(first->body);
  EMP_CO_TRY(co_await store_.lock(work, request.id));
  v1::Note note;
  note.id = Uuid::v7(clock_.now(), random_);
  note.text = request.text;
  note.author_id = context.principal.id;
  note.at = clock_.now();
  EMP_CO_TRY(co_await store_.add_note(work, request.id, note));
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {201, to_json(note)}));
  EMP_CO_TRY(co_await work.commit());
  co_return note;
}

}  // namespace emporion::order
