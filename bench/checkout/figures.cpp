#include "bench/checkout/figures.hpp"

#include <algorithm>
#include <cstdio>

#include "kernel/base/text.hpp"

namespace emporion::bench {
namespace {

/// The smallest span that the share `percent` of all does not exceed.
double milliseconds_at(const std::vector<std::int64_t>& sorted, std::size_t percent) {
  return static_cast<double>(sorted[(sorted.size() * percent + 99) / 100 - 1]) / 1000;
}

}  // namespace

std::string decimal(double value) {
  char digits[48];
  std::snprintf(digits, sizeof digits, "%.2f", value);
  return digits;
}

void Figures::write(json::Writer& writer) {
  writer.key("steps").begin_array();
  for (auto& [answer, spans] : spans_) {
    std::ranges::sort(spans);
    writer.begin_object()
        .key("step")
        .string(text(answer.first, answer.second ? ", refused" : ""))
        .key("calls")
        .integer(static_cast<std::int64_t>(spans.size()));
    writer.key("p50_ms").raw(decimal(milliseconds_at(spans, 50))).key("p99_ms").raw(decimal(milliseconds_at(spans, 99))).end_object();
  }
  writer.end_array().key("errors").begin_object();
  for (const auto& [reason, count] : errors_) writer.key_escaped(reason).integer(count);
  writer.end_object();
}

}  // namespace emporion::bench
