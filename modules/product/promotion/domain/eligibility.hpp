#pragma once

#include <optional>

#include "modules/product/promotion/domain/evaluate.hpp"

namespace emporion::promotion {

/// Why this buyer cannot have this promotion with this cart at all, whatever its turn brings.
std::optional<Reason> refusal_of(const Candidate& candidate, const Cart& cart, const Buyer& buyer);

}  // namespace emporion::promotion
