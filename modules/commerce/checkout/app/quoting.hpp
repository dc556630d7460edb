#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/base/random.hpp"
#include "modules/commerce/checkout/app/checkout_settings.hpp"
#include "modules/commerce/checkout/app/neighbours.hpp"
#include "modules/commerce/checkout/app/ports.hpp"
#include "modules/commerce/checkout/app/recent_plans.hpp"

namespace emporion::checkout {

/// Turns a session into shipment groups with their fees, and into a quote. The one calculation path of all totals: preview, confirm and order use it alike.
class Quoting {
 public:
  Quoting(const Neighbours& neighbours, const CheckoutSettings& settings, const Clock& clock, Random& random)
      : neighbours_(neighbours), settings_(settings), clock_(clock), random_(random) {}

  /// Which warehouse would send what, and how. Group keys are warehouse ids.
  /// Errors: ADDRESS_REQUIRED, CART_EMPTY, OUT_OF_STOCK with items[], ADDRESS_NOT_DELIVERABLE, DEPENDENCY_UNAVAILABLE.
  Task<Result<v1::ListShippingMethodsResponse>> plan(CallContext context, SessionView view);

  /// The plan that was made for the session and the cart as they are, if that was a moment ago. Needs no lines.
  std::optional<v1::ListShippingMethodsResponse> recent_plan(const SessionView& view) const { return recent_.of(view.session, view.cart, clock_.now()); }

  /// Prices the session with the fees of `plan`, less what promotions take off. Groups without a selection cost nothing yet.
  /// Errors: CART_EMPTY, PRICE_NOT_FOUND …, COUPON_INVALID, DEPENDENCY_UNAVAILABLE: no quote then (invariant 6).
  Task<Result<v1::Quote>> price(CallContext context, SessionView view, v1::ListShippingMethodsResponse plan);

 private:
  const Neighbours& neighbours_;
  const CheckoutSettings& settings_;
  const Clock& clock_;
  Random& random_;
  RecentPlans recent_;
};

/// Units of an SKU that somebody wants.
struct Wanted {
  std::string sku;
  std::int32_t qty = 0;
};
/// Looks whether the units are there now. Errors: OUT_OF_STOCK with items[{sku, requested, available}], DEPENDENCY_UNAVAILABLE.
Task<Result<>> peek(const Neighbours& neighbours, CallContext context, std::vector<Wanted> wanted);

/// The lines that are bought: all that are not set aside.
std::vector<v1::CartLine> bought_lines(const v1::Cart& cart);
/// The option of a group that the session selected, if it is offered.
const v1::ShippingOption* selected_option(const v1::ShipmentGroup& group);
/// Marks the selections in the plan. Where stock ran out meanwhile the goods come from another warehouse, whose parcel nobody chose for: it is sent as the
/// parcels that are gone were to be, if that is one way and offered; the quote tells its price. Errors: METHOD_UNAVAILABLE with group_key.
Result<> apply_selections(v1::ListShippingMethodsResponse& plan, const std::vector<v1::ShippingSelection>& selections);
/// What is still to be chosen before a confirm: contact, shipping_address, shipping_method, and payment_method unless credit pays the whole quote.
std::vector<std::string> missing_for_confirm(const v1::CheckoutSession& session, const std::optional<v1::ListShippingMethodsResponse>& plan,
                                             const std::optional<v1::Quote>& quote);
/// A neighbour that cannot answer: DEPENDENCY_UNAVAILABLE (503). Its refusals pass as they are.
Error as_dependency_error(Error error);

}  // namespace emporion::checkout
