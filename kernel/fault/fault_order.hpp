#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::fault {

enum class Action : std::uint8_t { none, crash, lose, list, delay };

/// What is to happen at which fault points, as FaultPoints describes it.
struct FaultOrder {
  Action action = Action::none;
  std::vector<std::string> prefixes;  ///< Of the points that count; never empty, and an empty one is any point.
  std::string begins_at;              ///< Counting begins when this point is passed; empty: at once.
  std::uint64_t at = 0;               ///< crash, lose: the point of this number.
  std::string list;                   ///< list: the file.
  std::uint64_t seed = 0;             ///< delay.
  milliseconds delay_max{0};

  /// Errors: FAULT_MALFORMED.
  static Result<FaultOrder> parse(std::string_view text);
  bool names(std::string_view point) const;
  /// How long the `pass`th pass of the point is to take: from nothing to `delay_max`, by seed, name and number alone.
  microseconds delay_of(std::string_view point, std::uint64_t pass) const;
};

}  // namespace emporion::fault
