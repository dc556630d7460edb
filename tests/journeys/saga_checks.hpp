#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tests/journeys/checked_shop.hpp"

namespace emporion::journeys {

/// A check of commerce.md §4.5 as the buyer, the staff and the provider see it, smaller where the specification names thousands or an hour. Leaves the shop at
/// rest, so that the checks may be run one after the other; each has goods and buyers of its own.
struct SagaCheck {
  std::string_view number;               ///< "2"
  std::string (*outcome)(CheckedShop&);  ///< What came out, in words that name no id and no time.
  std::string_view expected;
  void (*begin)(CheckedShop&) = nullptr;  ///< What takes its time may begin before the other checks; then to be called before `outcome`.
};

std::span<const SagaCheck> saga_checks();

}  // namespace emporion::journeys
