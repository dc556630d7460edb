#pragma once

#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::payment::stripe {

/// How old or how far ahead a signature may be. Source: Stripe's default tolerance, commerce.md §3.7.
constexpr seconds signature_tolerance{300};

/// Checks `Stripe-Signature: t=<unix>,v1=<hex>[,v1=…]` over the raw body: HMAC-SHA256 of "{t}.{body}", any v1 may match, compared in constant time.
/// Errors: INVALID_SIGNATURE.
Result<> verify_signature(std::string_view header, std::string_view body, std::string_view secret, UtcTime now);

}  // namespace emporion::payment::stripe
