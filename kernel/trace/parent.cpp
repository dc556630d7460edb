#include "kernel/trace/parent.hpp"

#include <array>

#include "kernel/base/text.hpp"

namespace emporion::trace {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& out, std::uint8_t byte) {
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

/// Two digits for each byte; upper-case ones are not of the standard.
bool read_hex(std::string_view text, std::uint8_t* out) {
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = digits.find(text[i]);
    const auto low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    out[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace

std::string hex_of_span(std::uint64_t id) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) append_hex(out, static_cast<std::uint8_t>(id >> shift));
  return out;
}

std::string traceparent_of(const Parent& parent) {
  std::string trace;
  for (const std::uint8_t byte : parent.trace.bytes()) append_hex(trace, byte);
  return text("00-", trace, '-', hex_of_span(parent.span), parent.sampled ? "-01" : "-00");
}

std::optional<Parent> parse_traceparent(std::string_view value) {
  if (value.size() < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-') return std::nullopt;
  if (value.size() > 55 && (value.starts_with("00") || value[55] != '-')) return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 16> trace{};
  std::array<std::uint8_t, 8> span{};
  std::array<std::uint8_t, 1> flags{};
  if (!read_hex(value.substr(0, 2), version.data()) || !read_hex(value.substr(3, 32), trace.data()) || !read_hex(value.substr(36, 16), span.data()) ||
      !read_hex(value.substr(53, 2), flags.data())) {
    return std::nullopt;
  }
  Parent out{.trace = Uuid(trace), .sampled = (flags[0] & 1) != 0};
  for (const std::uint8_t byte : span) out.span = out.span << 8 | byte;
  if (version[0] == 0xFF || out.trace.is_nil() || out.span == 0) return std::nullopt;
  return out;
}

}  // namespace emporion::trace
