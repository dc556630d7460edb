#include "kernel/fault/fault_order.hpp"

#include <algorithm>
#include <charconv>

#include "kernel/base/text.hpp"

namespace emporion::fault {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

/// Finalizer of SplitMix64: spreads neighbouring inputs over all outputs. Source: https://prng.di.unimi.it/splitmix64.c
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    out.emplace_back(text.substr(0, end));
    if (end == text.size()) return out;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<FaultOrder> FaultOrder::parse(std::string_view wanted) {
  const auto malformed = [&] {
    return fail(ErrorKind::invalid_argument, "FAULT_MALFORMED",
                text("\"", wanted, "\" is not crash:PREFIX:N, lose:PREFIX:N, list:PREFIX:PATH or delay:PREFIX:SEED/MS"));
  };
  const std::size_t first = wanted.find(':');
  const std::size_t second = first == std::string_view::npos ? first : wanted.find(':', first + 1);
  if (second == std::string_view::npos) return malformed();
  const std::string_view action = wanted.substr(0, first);
  std::string_view points = wanted.substr(first + 1, second - first - 1);
  const std::string_view last = wanted.substr(second + 1);
  FaultOrder out;
  if (points.starts_with("after=")) {
    out.begins_at = points.substr(6);
    points = {};
  }
  out.prefixes = split(points, '+');
  if (action == "list") {
    out.action = Action::list;
    out.list = last;
    if (out.list.empty()) return malformed();
  } else if (action == "delay") {
    out.action = Action::delay;
    const std::size_t slash = last.find('/');
    std::int64_t most = 0;
    if (slash == std::string_view::npos || !read_number(last.substr(0, slash), out.seed) || !read_number(last.substr(slash + 1), most) || most <= 0 ||
        most > 10'000)
      return malformed();
    out.delay_max = milliseconds(most);
  } else if (action == "crash" || action == "lose") {
    out.action = action == "crash" ? Action::crash : Action::lose;
    if (!read_number(last, out.at) || out.at == 0) return malformed();
  } else {
    return malformed();
  }
  return out;
}

bool FaultOrder::names(std::string_view point) const {
  return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return point.starts_with(prefix); });
}

microseconds FaultOrder::delay_of(std::string_view point, std::uint64_t pass) const {
  std::uint64_t value = 0xCBF29CE484222325U;  // FNV-1a, the same on every machine, as std::hash need not be.
  for (const char letter : point) value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
  value = mix(mix(value ^ seed) + pass);
  const auto most = static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(delay_max).count());
  return microseconds(value % (most + 1));
}

}  // namespace emporion::fault
