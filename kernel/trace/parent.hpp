#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/uuid.hpp"

namespace emporion::trace {

/// Where work comes from: its trace, the span that asked for it (0: none), and whether that one is recorded.
struct Parent {
  Uuid trace;
  std::uint64_t span = 0;
  bool sampled = false;
};

/// The value of the header `traceparent`. `span` is not 0.
std::string traceparent_of(const Parent& parent);
/// Nothing if `value` is not one. Source: https://www.w3.org/TR/trace-context/#traceparent-header, 00-{32 hexadecimal digits}-{16}-{2}; later versions may be
/// longer.
std::optional<Parent> parse_traceparent(std::string_view value);

/// As the header has them: 16 lower-case hexadecimal digits.
std::string hex_of_span(std::uint64_t id);

}  // namespace emporion::trace
