#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::location {

enum class Level : std::int32_t { country = 0, province = 1, district = 2, ward = 3 };

/// A country or a part of one. Ids are never reused or deleted; what was merged away is inactive and names its successors (L-I4).
struct Place {
  Uuid id;
  std::string country_code;
  Level level = Level::country;
  std::string code;
  std::string name;
  std::string name_en;
  std::optional<Uuid> parent_id;
  std::vector<Uuid> path;           ///< From the country down to itself.
  std::optional<std::int32_t> lat;  ///< Degrees × 10⁷, both or neither.
  std::optional<std::int32_t> lng;
  bool is_active = true;
  std::vector<Uuid> successors;
  std::int64_t version = 1;
};

/// Which level lies directly above `level` in that country, by the scheme in force. Nothing for countries, and for levels that the country does not have.
/// Viet Nam has no districts since 2025-07-01.
std::optional<Level> level_above(std::string_view country_code, Level level);

/// A place may lie below `parent` if the country is the same and the scheme says so (L-I1). Errors: PARENT_LEVEL.
Result<> check_parent(std::string_view country_code, Level level, const Place* parent);

}  // namespace emporion::location
