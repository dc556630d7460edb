#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace emporion {

namespace detail {
inline void append_text(std::string& out, std::string_view part) { out.append(part); }
inline void append_text(std::string& out, const char* part) { out.append(part); }
inline void append_text(std::string& out, char part) { out.push_back(part); }
inline void append_text(std::string& out, bool part) { out.append(part ? "true" : "false"); }
template <std::integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
void append_text(std::string& out, Number part) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, part).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}
template <typename Part>
  requires requires(const Part& part) {
    { part.to_string() } -> std::convertible_to<std::string>;
  }
void append_text(std::string& out, const Part& part) {
  out.append(part.to_string());
}
}  // namespace detail

/// Joins strings, integers and whatever has `to_string()` into one string: `text("wanted ", 3, ", available ", 1)`.
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::string out;
  (detail::append_text(out, parts), ...);
  return out;
}

/// True if `bytes` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_valid_utf8(std::string_view bytes) noexcept;

/// Lower-cases ASCII letters and leaves all other bytes as they are.
std::string ascii_lower(std::string_view input);
/// Upper-cases ASCII letters and leaves all other bytes as they are.
std::string ascii_upper(std::string_view input);
/// Without leading and trailing ASCII white space.
std::string_view trimmed(std::string_view input) noexcept;

}  // namespace emporion
