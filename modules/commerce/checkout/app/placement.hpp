#pragma once

#include "kernel/base/momentary_gate.hpp"
#include "kernel/saga/engine.hpp"
#include "modules/commerce/checkout/app/checkout_settings.hpp"
#include "modules/commerce/checkout/app/neighbours.hpp"
#include "modules/commerce/checkout/app/place_order/state.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// Confirm, its outcome, another try to pay, and giving up. What the customer sees of a saga is one table: commerce.md §4.4.
class Placement {
 public:
  Placement(const Neighbours& neighbours, SessionStore& sessions, saga::Engine& engine, const CheckoutSettings& settings, const Clock& clock, Random& random)
      : neighbours_(neighbours), sessions_(sessions), engine_(engine), settings_(settings), clock_(clock), random_(random), sold_out_(clock) {}

  Task<Result<v1::PlacementResponse>> confirm(CallContext context, v1::ConfirmCheckoutRequest request, Owner owner);
  Task<Result<v1::PlacementResponse>> confirmation(CallContext context, v1::GetConfirmationRequest request, Owner owner);
  Task<Result<v1::PlacementResponse>> retry_payment(CallContext context, v1::RetryPaymentRequest request, Owner owner);
  Task<Result<v1::AbandonCheckoutResponse>> abandon(CallContext context, v1::AbandonCheckoutRequest request, std::optional<Owner> owner);

 private:
  /// `placement_of` the saga, with what was charged if the order stands. `quote`: the session's as it was last read; the sums of an order that came of it are
  /// its.
  Task<Result<v1::PlacementResponse>> view_of(CallContext context, saga::Snapshot saga, std::optional<v1::Quote> quote);
  Task<Result<v1::PlacementResponse>> outcome(CallContext context, Uuid session, std::optional<v1::Quote> quote, Uuid saga, bool first_time);

  /// OUT_OF_STOCK if something of the quote had no unit left a moment ago and has too few now: the rush for the last units begins no saga to say so again. What
  /// has come in since is sold.
  Task<std::optional<Error>> sold_out(CallContext context, v1::Quote quote);
  void note_sold_out(const saga::Snapshot& saga);

  /// Where the money is that was taken for an order which did not come about; nothing if none was taken, or Payment cannot say.
  Task<std::optional<v1::PlacementRefund>> refund_of(CallContext context, Uuid saga, PlaceOrderState state);

  const Neighbours& neighbours_;
  SessionStore& sessions_;
  saga::Engine& engine_;
  const CheckoutSettings& settings_;
  const Clock& clock_;
  Random& random_;
  MomentaryGate sold_out_;
};

/// What a saga's state means for the customer: an answer, or the problem that Confirm gives.
Result<v1::PlacementResponse> placement_of(const saga::Snapshot& saga, const CheckoutSettings& settings);

}  // namespace emporion::checkout
