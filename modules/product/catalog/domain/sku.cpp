#include "modules/product/catalog/domain/sku.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::catalog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

constexpr std::size_t slug_length_max = 120;

// The base letter of U+00C0 to U+017F and of the Vietnamese block U+1EA0 to U+1EF9, or 0. Source: Unicode 15 canonical decompositions, and đ as d.
char latin_base(char32_t c) {
  static constexpr std::string_view from_00c0 = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty";
  static constexpr std::string_view from_0100 =
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
      "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
  static_assert(from_00c0.size() == 64 && from_0100.size() == 128);
  if (c == 0xD7 || c == 0xF7) return 0;  // Multiplication and division signs.
  if (c >= 0xC0 && c <= 0xFF) return from_00c0[c - 0xC0];
  if (c >= 0x100 && c <= 0x17F) return from_0100[c - 0x100];
  if (c == 0x1A0 || c == 0x1A1) return 'o';
  if (c == 0x1AF || c == 0x1B0) return 'u';
  if (c >= 0x1EA0 && c <= 0x1EB7) return 'a';
  if (c >= 0x1EB8 && c <= 0x1EC7) return 'e';
  if (c >= 0x1EC8 && c <= 0x1ECB) return 'i';
  if (c >= 0x1ECC && c <= 0x1EE3) return 'o';
  if (c >= 0x1EE4 && c <= 0x1EF1) return 'u';
  if (c >= 0x1EF2 && c <= 0x1EF9) return 'y';
  return 0;
}

// Decodes the code point at `at`, which moves on. The text is valid UTF-8; a stray byte counts as itself.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 1 || at + length > text.size()) return byte(at++);
  char32_t out = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) out = (out << 6) | (byte(at + i) & 0x3Fu);
  at += length;
  return out;
}

}  // namespace

Result<Sku> Sku::parse(std::string_view text) {
  std::string upper = ascii_upper(text);
  const auto is_first = [](char c) { return is_upper(c) || is_digit(c); };
  const auto is_rest = [&](char c) { return is_first(c) || c == '.' || c == '_' || c == '-'; };
  if (upper.size() < 2 || upper.size() > 64 || !is_first(upper[0]) || !std::ranges::all_of(upper, is_rest)) {
    return fail(Error(ErrorKind::rule_violated, "SKU_INVALID", "a SKU is 2 to 64 of A-Z, 0-9, dot, underscore and hyphen, and begins with a letter or digit")
                    .with("sku", text.substr(0, 80)));
  }
  return Sku(std::move(upper));
}

bool is_gtin(std::string_view digits) noexcept {
  const auto length = digits.size();
  if ((length != 8 && length != 12 && length != 13 && length != 14) || !std::ranges::all_of(digits, is_digit)) return false;
  int sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += (digits[length - 1 - i] - '0') * (i % 2 == 0 ? 1 : 3);
  return sum % 10 == 0;
}

Result<Slug> Slug::parse(std::string_view text) {
  const auto is_word = [](char c) { return is_lower(c) || is_digit(c); };
  bool good = !text.empty() && text.size() <= slug_length_max && is_word(text.front()) && is_word(text.back());
  for (std::size_t i = 1; good && i < text.size(); ++i) good = is_word(text[i]) || ((text[i] == '-' || text[i] == '_') && is_word(text[i - 1]));
  if (!good)
    return fail(Error(ErrorKind::rule_violated, "SLUG_INVALID", "a slug is words of a-z and 0-9 joined by single hyphens or underscores, at most 120")
                    .with("slug", text.substr(0, 140)));
  return Slug(std::string(text));
}

Slug Slug::of_name(std::string_view name, std::string_view fallback) {
  std::string out;
  bool gap = false;
  for (std::size_t at = 0; at < name.size() && out.size() < slug_length_max - 1;) {
    const char32_t point = next_code_point(name, at);
    char letter = 0;
    if (point < 0x80) {
      const char c = static_cast<char>(point);
      letter = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : is_lower(c) || is_digit(c) ? c : '\0';
    } else if (point >= 0x300 && point <= 0x36F) {
      continue;  // A combining accent belongs to the letter before it.
    } else {
      letter = latin_base(point);
    }
    if (letter == 0) {
      gap = !out.empty();
      continue;
    }
    if (gap) out.push_back('-');
    gap = false;
    out.push_back(letter);
  }
  if (out.empty()) {
    auto given = parse(fallback);
    EMP_ASSERT(given.has_value());
    return *given;
  }
  return Slug(std::move(out));
}

}  // namespace emporion::catalog
