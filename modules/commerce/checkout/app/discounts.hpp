#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modules/commerce/checkout/app/neighbours.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// What Promotion is asked about a session whose lines cost this, and what its reservation is asked again: the same input gives the same answer.
promotion::v1::EvaluateRequest evaluation_of(const SessionView& view, const v1::ListShippingMethodsResponse& plan, const std::vector<v1::QuoteLine>& lines,
                                             UtcTime at);
/// The same for a cart that nobody checks out yet.
promotion::v1::EvaluateRequest evaluation_of(const v1::Cart& cart, const Owner& owner);

/// What the promotions take off, of what Promotion answered. Nothing: it did not answer, and no coupon depends on it (invariant 6). A coupon that brings
/// nothing is refused, never dropped silently. Errors: COUPON_INVALID {code, reason}, DEPENDENCY_UNAVAILABLE.
Result<std::optional<promotion::v1::Evaluation>> what_applies(Result<promotion::v1::Evaluation> answer, bool has_coupons);
/// Asks, and answers `what_applies`.
Task<Result<std::optional<promotion::v1::Evaluation>>> promotions_for(const Neighbours& neighbours, CallContext context,
                                                                      promotion::v1::EvaluateRequest request);

/// A code that cannot be used: expired, exhausted, customer_limit, not_applicable, not_stackable.
Error coupon_invalid(const std::string& code, std::string_view reason);
/// What Promotion calls a rejection, in the words of this contract.
std::string_view coupon_reason(std::string_view rejection);
/// Why a reservation of these promotions was refused, as the buyer is told: COUPON_INVALID for the coupon it is about, PRICE_CHANGED without one.
Error as_coupon_refusal(const Error& error, const std::vector<v1::QuotePromotion>& promotions);

}  // namespace emporion::checkout
