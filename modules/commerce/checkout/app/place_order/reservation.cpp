#include <algorithm>

#include "kernel/fault/mutation.hpp"
#include "modules/commerce/checkout/app/place_order/order_request.hpp"
#include "modules/commerce/checkout/app/place_order/place_order.hpp"

// The units of an order, from their reservation to their commit: how long they are held, when that is lengthened, and what is done if it was not long enough.
namespace emporion::checkout {

using saga::StepOutcome;

namespace {

constexpr seconds cod_hold{600};
constexpr seconds hold_margin{600};    // D5: the hold outlives the payment window by ten minutes.
constexpr seconds expiry_margin{60};   // Ruling 6: the payment deadline is a minute before the hold's end.
constexpr seconds commit_margin{120};  // A hold with less left than this is lengthened before its stock is committed.

}  // namespace

Task<StepOutcome> PlaceOrder::reserve(State& state, saga::Context& context) {
  const auto known = co_await basis_.of(context.saga(), state.session, state.quote, owner_of(state));
  if (!known) co_return StepOutcome::from(as_dependency_error(known.error()));
  const auto view = *known;
  EMP_ASSERT(view->plan.has_value() && view->session.shipping_address.has_value());
  warehouse::v1::ReserveRequest request;
  request.reservation_id = reservation_id(context.saga(), state.reserve_attempt);
  request.reference = warehouse::v1::ReservationReference::checkout;
  request.reference_id = context.saga();
  request.attempt = state.reserve_attempt;
  request.customer_id = state.customer;
  if (!state.customer) request.guest_key = state.guest_key;
  from_string(state.method, request.payment_method);
  const seconds window = window_of(state, settings_);
  request.ttl_seconds = static_cast<std::int32_t>((pays_online(state) ? window + hold_margin : cod_hold).count());
  const auto& address = *view->session.shipping_address;
  request.plan = warehouse::v1::ReservePlan{
      .destination = {
          .country = address.country, .region_code = address.region_code, .postal_code = address.postal_code, .location_path = address.location_path}};
  const auto lines = bought_lines(view->cart);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    warehouse::v1::ReserveLine line{.line_no = static_cast<std::int32_t>(i + 1), .sku = lines[i].sku, .qty = lines[i].qty};
    if (view->plan->groups.size() == 1) line.warehouse_id = view->plan->groups.front().warehouse_id;  // What was quoted is tried first.
    request.lines.push_back(std::move(line));
  }
  const auto held =
      co_await neighbours_.warehouse().reserve(context.call(context.step_key() + ":" + std::to_string(state.reserve_attempt)), std::move(request));
  if (!held) {
    const auto& error = held.error();
    if (error.reason() == "INSUFFICIENT_STOCK" || error.reason() == "WAREHOUSE_NOT_ACTIVE" || error.reason() == "NOT_COVERED") {
      const auto items = error.metadata_json("items");
      co_return StepOutcome::refused(
          Error(ErrorKind::conflict, "OUT_OF_STOCK", "not enough in stock").with_json("items", items.empty() ? "[]" : std::string(items)));
    }
    co_return StepOutcome::from(as_dependency_error(error));
  }
  EMP_ASSERT(!held->lines.empty());  // Invariant 9: warehouses come from this answer only.
  state.reservation_expires_at = held->expires_at ? held->expires_at->to_string() : "";
  state.held_version = held->version;
  if (held->expires_at && pays_online(state)) {
    context.set_deadline(std::min(context.now() + window, *held->expires_at - expiry_margin));
    if (*held->expires_at < context.now() + window / 2) state.short_hold = "yes";
  }
  basis_.keep(context.saga(), *held);
  co_return StepOutcome::done();
}

Task<StepOutcome> PlaceOrder::reserve_stock(State& state, saga::Context& context) { co_return co_await reserve(state, context); }

Task<Result<warehouse::v1::Reservation>> PlaceOrder::reservation_of(const State& state, saga::Context& context) {
  const Uuid id = reservation_id(context.saga(), state.reserve_attempt);
  // Another process may have reserved once more since, and kept a later version of it.
  if (auto kept = basis_.reservation(context.saga(), id); kept && kept->version == state.held_version) co_return std::move(*kept);
  co_return co_await neighbours_.warehouse().get_reservation(context.call(context.step_key()), {.id = id});
}

Task<StepOutcome> PlaceOrder::release_stock(State& state, saga::Context& context) {
  // Every attempt that may hold something; an id that never arrived leaves a tombstone that refuses the late call.
  for (std::int32_t attempt = 1; attempt <= state.reserve_attempt; ++attempt) {
    warehouse::v1::ReleaseReservationRequest request{.reservation_id = reservation_id(context.saga(), attempt),
                                                     .reason = context.failure() ? context.failure()->reason().substr(0, 64) : "checkout_failed"};
    const auto released =
        co_await neighbours_.warehouse().release_reservation(context.call(context.undo_key() + ":" + std::to_string(attempt)), std::move(request));
    if (!released && released.error().reason() != "RESERVATION_EXPIRED") co_return StepOutcome::unknown(released.error());
  }
  basis_.forget(context.saga());
  co_return StepOutcome::done();
}

Task<void> PlaceOrder::lengthen_hold(State& state, saga::Context& context) {
  if (state.lengthened || context.now() < context.deadline()) co_return;
  state.lengthened = "yes";
  const auto longer = co_await extend_hold(state, context, window_of(state, settings_));
  if (longer && longer->expires_at && *longer->expires_at - expiry_margin > context.now()) context.set_deadline(*longer->expires_at - expiry_margin);
}

Task<Result<warehouse::v1::Reservation>> PlaceOrder::extend_hold(State& state, saga::Context& context, seconds span) {
  const Uuid id = reservation_id(context.saga(), state.reserve_attempt);
  auto longer =
      co_await neighbours_.warehouse().extend_reservation(context.call(context.step_key() + ":extend"), {.id = id, .expires_at = context.now() + span});
  if (longer && longer->expires_at) {
    // One version more and another end: the extension alone. Without another end that version was a move.
    const bool is_longer = longer->expires_at->to_string() != state.reservation_expires_at;
    if (is_longer && state.held_version && EMP_GUARD("checkout.longer_by_one_version", longer->version == *state.held_version + 1))
      state.held_version = longer->version;
    state.reservation_expires_at = longer->expires_at->to_string();
  }
  co_return longer;
}

Task<StepOutcome> PlaceOrder::commit_stock(State& state, saga::Context& context) {
  const auto ends = time_of(state.reservation_expires_at);
  if (ends && *ends - context.now() < commit_margin) {
    // It may be as long as it can be, or gone: then the commit says so.
    const auto longer = co_await extend_hold(state, context, hold_margin);
    if (!longer && longer.error().is_transient()) co_return StepOutcome::from(as_dependency_error(longer.error()));
  }
  for (;;) {
    const auto confirmed =
        co_await neighbours_.warehouse().confirm_reservation(context.call(context.step_key() + ":" + std::to_string(state.reserve_attempt)),
                                                             {.id = reservation_id(context.saga(), state.reserve_attempt), .order_id = state.order});
    if (confirmed) {
      // Bound by the very next version, nothing was moved since the order was made. Else it may have been, by a warehouse that closes; what is moved from here
      // on is told with the order's id.
      const bool is_as_made =
          state.reserve_attempt == 1 && state.held_version && EMP_GUARD("checkout.bound_by_the_next_version", confirmed->version == *state.held_version + 1);
      if (!is_as_made) state.held_elsewhere = "yes";
      co_return StepOutcome::done();
    }
    if (confirmed.error().reason() != "RESERVATION_EXPIRED") co_return StepOutcome::from(as_dependency_error(confirmed.error()));
    if (state.reserve_attempt >= 2)
      co_return StepOutcome::refused(Error(ErrorKind::conflict, "OUT_OF_STOCK", "the goods could not be held long enough").with_json("items", "[]"));
    // The hold ran out while the customer paid: one more try to get the same units.
    state.reserve_attempt = 2;
    auto again = co_await reserve(state, context);
    if (again.kind() != StepOutcome::Kind::done) co_return again;
  }
}

}  // namespace emporion::checkout
