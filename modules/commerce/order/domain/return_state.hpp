#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "modules/commerce/order/domain/transitions.hpp"

namespace emporion::order {

/// What has come back of an order's goods: a facet beside the status. Source: commerce.md §2.1, D10.
enum class ReturnState : std::uint8_t { none, open, partial, full };

std::string_view to_string(ReturnState state) noexcept;
std::optional<ReturnState> parse_return_state(std::string_view text) noexcept;

/// `open` while any return is under way; else by the units: `full` when everything delivered has come back.
ReturnState return_state_of(int returns_open, const Facts& facts) noexcept;

}  // namespace emporion::order
