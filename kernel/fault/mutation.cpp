#include "kernel/fault/mutation.hpp"

#include <cstdio>
#include <cstdlib>

namespace emporion::fault {
namespace {

std::string_view ordered(const char* variable) noexcept {
  const char* given = std::getenv(variable);
  return given == nullptr ? std::string_view() : std::string_view(given);
}

#if EMP_FAULT_POINTS
std::string with_line_feeds(std::string_view escaped) {
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const bool is_line_feed = escaped.substr(i).starts_with("\\n");
    out.push_back(is_line_feed ? '\n' : escaped[i]);
    i += is_line_feed;
  }
  return out;
}

[[noreturn]] void refuse(std::string_view place, std::string_view why) {
  std::fprintf(stderr, "EMPORION_MUTATE_SQL: %.*s: %.*s\n", static_cast<int>(place.size()), place.data(), static_cast<int>(why.size()), why.data());
  std::_Exit(mutation_does_not_apply);
}
#endif

}  // namespace

bool is_removed(std::string_view guard) noexcept {
  const std::string_view removed = ordered("EMPORION_MUTATE");
  return !removed.empty() && removed == guard;
}

std::string_view mutation() noexcept { return ordered("EMPORION_MUTATE_SQL"); }

std::string mutated(std::string_view place, std::string_view sql) {
  std::string out(sql);
#if EMP_FAULT_POINTS
  const std::string_view order = mutation();
  const std::size_t first = order.find('\n');
  if (order.empty() || order.substr(0, first) != place) return out;
  const std::size_t second = first == std::string_view::npos ? first : order.find('\n', first + 1);
  if (second == std::string_view::npos) refuse(place, "the order has no three lines");
  const std::string pattern = with_line_feeds(order.substr(first + 1, second - first - 1));
  const std::size_t at = out.find(pattern);
  if (pattern.empty() || at == std::string::npos || out.find(pattern, at + 1) != std::string::npos)
    refuse(place, "the pattern is not in the text, or more than once");
  out.replace(at, pattern.size(), with_line_feeds(order.substr(second + 1)));
#else
  (void)place;
#endif
  return out;
}

}  // namespace emporion::fault
