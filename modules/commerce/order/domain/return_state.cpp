#include "modules/commerce/order/domain/return_state.hpp"

#include <array>

namespace emporion::order {
namespace {

constexpr std::array<std::string_view, 4> names{"none", "open", "partial", "full"};

}  // namespace

std::string_view to_string(ReturnState state) noexcept { return names[static_cast<std::size_t>(state)]; }

std::optional<ReturnState> parse_return_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<ReturnState>(i);
  }
  return std::nullopt;
}

ReturnState return_state_of(int returns_open, const Facts& facts) noexcept {
  if (returns_open > 0) return ReturnState::open;
  if (facts.units_returned == 0) return ReturnState::none;
  return facts.units_returned == facts.units_delivered ? ReturnState::full : ReturnState::partial;
}

}  // namespace emporion::order
