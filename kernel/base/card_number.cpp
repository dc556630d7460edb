#include "kernel/base/card_number.hpp"

#include <array>
#include <charconv>

#include "kernel/base/uuid.hpp"

namespace emporion {
namespace {

constexpr std::size_t digits_min = 13;
constexpr std::size_t digits_max = 19;
constexpr std::size_t phone_digits_max = 15;  // Source: ITU-T E.164.
constexpr std::size_t uuid_length = 36;
constexpr std::size_t digest_length_min = 32;  // MD5 in hexadecimal; shorter words are no digests.

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool passes_luhn(std::string_view digits) noexcept {
  int sum = 0;
  bool doubled = false;
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, doubled = !doubled) {
    const int digit = *at - '0';
    sum += !doubled ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
  }
  return sum % 10 == 0;
}

int prefix(std::string_view digits, std::size_t length) noexcept {
  int out = 0;
  std::from_chars(digits.data(), digits.data() + length, out);
  return out;
}

/// Source: ISO/IEC 7812 ranges as the brands publish them. Left out: Visa's 13 digits, which are no longer issued, and Diners' 14,
/// which article numbers have too.
bool has_shape_of_a_brand(std::string_view digits) noexcept {
  const std::size_t length = digits.size();
  const int two = prefix(digits, 2);
  const int four = prefix(digits, 4);
  if (digits[0] == '4') return length == 16 || length == 19;                                                     // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length == 16;                           // Mastercard
  if (two == 34 || two == 37) return length == 15;                                                               // American Express
  if (four >= 3528 && four <= 3589) return length >= 16;                                                         // JCB
  if (four == 9704) return length == 16 || length == 19;                                                         // Napas
  if (two == 50 || two == 62 || two == 65 || digits[0] == '6' || (two >= 56 && two <= 58)) return length >= 16;  // Maestro, UnionPay, Discover, RuPay
  return false;
}

bool is_uuid_at(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < uuid_length || text[at + 8] != '-' || text[at + 13] != '-' || (at > 0 && is_hex(text[at - 1])) ||
      (at + uuid_length < text.size() && is_hex(text[at + uuid_length])))
    return false;
  return Uuid::parse(text.substr(at, uuid_length)).has_value();
}

/// Where a word of hexadecimal digits alone that is as long as a digest ends; `at` if none begins there. One of some 5,000 SHA-256 digests has within it what
/// passes for a card's number.
std::size_t end_of_digest(std::string_view text, std::size_t at) noexcept {
  const auto is_word = [](char c) { return is_hex(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (at > 0 && is_word(text[at - 1])) return at;
  std::size_t end = at;
  bool has_letter = false;
  for (; end < text.size() && is_hex(text[end]); ++end) has_letter = has_letter || !is_digit(text[end]);
  if (end < text.size() && is_word(text[end])) return at;
  return has_letter && end - at >= digest_length_min ? end : at;
}

/// True if text[begin, end) is part of one word with a single @ and a domain behind it.
bool is_in_email(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  for (std::size_t i = begin; i < end; ++i) {
    if (is_blank(text[i])) return false;
  }
  while (begin > 0 && !is_blank(text[begin - 1])) --begin;
  while (end < text.size() && !is_blank(text[end])) ++end;
  const std::string_view word = text.substr(begin, end - begin);
  const std::size_t at = word.find('@');
  return at != std::string_view::npos && at > 0 && word.find('@', at + 1) == std::string_view::npos && word.find('.', at) != std::string_view::npos;
}

/// Digits from text[begin] on, through single blanks and hyphens: one number, or several that stand side by side.
class Run {
 public:
  Run(std::string_view text, std::size_t begin) noexcept : text_(text), begin_(begin), end_(begin) {}

  /// Takes the next group of digits. False: there is none, or it would be too long for a card.
  bool next_group() noexcept {
    if (length_ > 0) {
      const bool joins = end_ + 1 < text_.size() && (text_[end_] == ' ' || text_[end_] == '-') && is_digit(text_[end_ + 1]) && !is_uuid_at(text_, end_ + 1);
      if (!joins) return false;
      ++end_;
    }
    for (; end_ < text_.size() && is_digit(text_[end_]); ++end_, ++length_) {
      if (length_ < digits_.size()) digits_[length_] = text_[end_];
    }
    return length_ <= digits_max;
  }
  bool is_card(CardSearch search) const noexcept {
    if (length_ < digits_min) return false;
    const std::string_view digits(digits_.data(), length_);
    return passes_luhn(digits) && (search == CardSearch::any || has_shape_of_a_brand(digits)) && !is_in_email(text_, begin_, end_);
  }
  std::size_t length() const noexcept { return length_; }
  std::size_t end() const noexcept { return end_; }

 private:
  std::string_view text_;
  std::size_t begin_;
  std::size_t end_;
  std::size_t length_ = 0;
  std::array<char, digits_max> digits_{};
};

/// Where a telephone number that begins with its plus sign at text[begin - 1] ends; `begin` if there is none.
std::size_t end_of_phone(std::string_view text, std::size_t begin) noexcept {
  if (begin == 0 || text[begin - 1] != '+') return begin;
  Run run(text, begin);
  while (run.next_group()) continue;
  return run.length() <= phone_digits_max ? run.end() : begin;
}

}  // namespace

bool holds_card_number(std::string_view text, CardSearch search) noexcept {
  if (search == CardSearch::none || text.size() < digits_min) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hex(text[i]) && is_uuid_at(text, i)) {
      i += uuid_length - 1;
      continue;
    }
    if (const std::size_t end = end_of_digest(text, i); end != i) {
      i = end - 1;
      continue;
    }
    if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1]))) continue;
    if (const std::size_t end = end_of_phone(text, i); end != i) {
      i = end - 1;
      continue;
    }
    // Each group of digits may begin a number that the groups after it go on with.
    for (Run run(text, i); run.next_group();) {
      if (run.is_card(search)) return true;
    }
  }
  return false;
}

bool is_card_number(std::int64_t number) noexcept {
  if (number < 1'000'000'000'000) return false;  // 13 digits.
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return passes_luhn({digits.data(), end});
}

}  // namespace emporion
