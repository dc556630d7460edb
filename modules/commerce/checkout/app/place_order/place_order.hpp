#pragma once

#include "kernel/saga/definition.hpp"
#include "modules/commerce/checkout/app/place_order/basis.hpp"
#include "modules/commerce/checkout/app/place_order/state.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {

/// Either an order stands with its stock committed and its money secured, or nothing is left behind. Source: commerce.md §4.
///
///   quote → reserve_stock → assess_risk → create_order → create_payment → commit_stock → review → capture_payment (pivot) → confirm_order
///
/// Undone in the order payment, order, promotions, credit, stock. create_order is S5 and S7: uses of promotions are reserved before the order is made and
/// committed to it after; then gift cards and store credit are held for it (ADR 0016), which confirm_order redeems. Loyalty (S6, S12) joins when its service
/// exists.
class PlaceOrder {
 public:
  using State = PlaceOrderState;
  using Outcome = saga::StepOutcome;

  PlaceOrder(const Neighbours& neighbours, SessionStore& sessions, Quoting& quoting, const CheckoutSettings& settings)
      : neighbours_(neighbours), sessions_(sessions), basis_(sessions), quoting_(quoting), settings_(settings) {}

  saga::ErasedDefinition definition();

 private:
  Task<Outcome> quote(State& state, saga::Context& context);          // S2
  Task<Outcome> reserve_stock(State& state, saga::Context& context);  // S3
  Task<Outcome> release_stock(State& state, saga::Context& context);
  Task<Outcome> assess_risk(State& state, saga::Context& context);   // S4
  Task<Outcome> create_order(State& state, saga::Context& context);  // S5, S7, credit
  Task<Outcome> cancel_order(State& state, saga::Context& context);
  Task<Outcome> create_payment(State& state, saga::Context& context);  // S8
  Task<Outcome> void_payment(State& state, saga::Context& context);
  Task<Outcome> commit_stock(State& state, saga::Context& context);     // S9
  Task<Outcome> review(State& state, saga::Context& context);           // S9r
  Task<Outcome> capture_payment(State& state, saga::Context& context);  // S10, the pivot
  Task<Outcome> confirm_order(State& state, saga::Context& context);    // S11
  bool is_not_reviewed(const State& state) const;
  bool has_nothing_to_capture(const State& state) const;
  std::vector<postgres::Bound> show(const State& state, const std::string& saga_state, const std::optional<Error>& failure, Uuid saga);

  struct Requoted {
    v1::Quote offered;  ///< What the customer confirmed.
    v1::Quote now;      ///< What it costs; the same quote if nothing has changed.
  };
  /// Prices what was confirmed once more and keeps the quote if it is another one. A repeat answers the quote that it kept. Errors: CART_CHANGED, OUT_OF_STOCK,
  /// those of Quoting.
  Task<Result<Requoted>> requote(const State& state, saga::Context& context, PlacementBasis::View view);
  Task<Outcome> reserve(State& state, saga::Context& context);
  /// As the window ends with the payment's outcome unknown: lengthens hold and window once, as far as Warehouse allows. Without its answer the window ends.
  Task<void> lengthen_hold(State& state, saga::Context& context);
  /// As it was made, or read again where another process made it.
  Task<Result<warehouse::v1::Reservation>> reservation_of(const State& state, saga::Context& context);
  Task<Result<warehouse::v1::Reservation>> extend_hold(State& state, saga::Context& context, seconds span);
  Task<Outcome> reserve_promotions(State& state, saga::Context& context, const SessionView& view);
  Task<Outcome> commit_promotions(State& state, saga::Context& context, const SessionView& view);
  Task<Outcome> release_promotions(State& state, saga::Context& context);
  /// Takes what the quote says off gift cards and store credit. A refusal has undone what this step made before it.
  Task<Outcome> hold_credit(State& state, saga::Context& context, const SessionView& view);
  Task<Outcome> release_credit(State& state, saga::Context& context);
  Task<Outcome> redeem_credit(State& state, saga::Context& context);

  const Neighbours& neighbours_;
  SessionStore& sessions_;
  PlacementBasis basis_;
  Quoting& quoting_;
  const CheckoutSettings& settings_;
};

/// The owner that a saga acts for.
Owner owner_of(const PlaceOrderState& state);

}  // namespace emporion::checkout
