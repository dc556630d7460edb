#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::pricing {

/// A published exchange rate: one major unit of `base` buys `rate` major units of `quote`.
struct FxRate {
  Uuid id;
  Currency base;
  Currency quote;
  Rate rate;
  UtcTime as_of;
};

/// Older rates are not used. Source: PRC-10.
constexpr hours fx_age_max{24};

struct FxSettings {
  Currency pivot = Currency::of("USD");
  /// Prices are multiples of this many minor units of the target currency; 1 is no snapping.
  std::int64_t price_increment = 1;
};

struct Conversion {
  Money amount;
  std::vector<Uuid> rate_ids;  ///< One for a published pair, two through the pivot.
};

/// `amount` in `target`, exact until one ROUND, then snapped half up to the price increment. Uses the published pair, or the pivot's two rates if there is
/// none. Errors: FX_STALE (unavailable) if a rate that is needed is missing or older than 24 h at `at`; AMOUNT_OVERFLOW.
Result<Conversion> convert(Money amount, Currency target, std::span<const FxRate> rates, const FxSettings& settings, UtcTime at);

}  // namespace emporion::pricing
