#include "modules/logistics/location/domain/place.hpp"

#include "kernel/base/text.hpp"

namespace emporion::location {

std::optional<Level> level_above(std::string_view country_code, Level level) {
  const bool has_districts = country_code != "VN";
  switch (level) {
    case Level::country: return std::nullopt;
    case Level::province: return Level::country;
    case Level::district: return has_districts ? std::optional(Level::province) : std::nullopt;
    case Level::ward: return has_districts ? Level::district : Level::province;
  }
  return std::nullopt;
}

Result<> check_parent(std::string_view country_code, Level level, const Place* parent) {
  const auto wanted = level_above(country_code, level);
  if (level == Level::country && parent == nullptr) return {};
  if (level == Level::country || parent == nullptr || !wanted || parent->level != *wanted || parent->country_code != country_code) {
    return fail(ErrorKind::rule_violated, "PARENT_LEVEL", text("a place of this type does not lie there in ", country_code));
  }
  return {};
}

}  // namespace emporion::location
