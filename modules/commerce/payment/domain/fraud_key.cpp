#include "modules/commerce/payment/domain/fraud_key.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80) != 0; }

/// Letters and digits only, ASCII in lower case.
std::string folded(std::string_view value) {
  std::string out = ascii_lower(value);
  std::erase_if(out, [](char c) { return !is_letter_or_digit(c); });
  return out;
}

}  // namespace

std::string email_domain(std::string_view email) {
  const std::string_view plain = trimmed(email);
  const std::size_t at = plain.rfind('@');
  return at == std::string_view::npos ? std::string() : ascii_lower(plain.substr(at + 1));
}

std::optional<Uuid> email_key(std::string_view email) {
  const std::string_view plain = trimmed(email);
  const std::size_t at = plain.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == plain.size()) return std::nullopt;
  std::string_view local = plain.substr(0, at);
  if (const std::size_t tag = local.find('+'); tag != std::string_view::npos && tag > 0) local = local.substr(0, tag);
  return Uuid::from_name(text("email:", ascii_lower(local), "@", email_domain(plain)));
}

std::optional<Uuid> phone_key(std::string_view phone) {
  std::string digits(phone);
  std::erase_if(digits, [](char c) { return !is_digit(c); });
  if (digits.starts_with("00")) digits.erase(0, 2);
  if (digits.size() < 6) return std::nullopt;
  return Uuid::from_name(text("phone:", digits));
}

std::optional<Uuid> device_key(std::string_view device) {
  const std::string_view plain = trimmed(device);
  return plain.empty() ? std::nullopt : std::optional(Uuid::from_name(text("device:", plain)));
}

std::optional<Uuid> card_key(std::string_view fingerprint) {
  const std::string_view plain = trimmed(fingerprint);
  return plain.empty() ? std::nullopt : std::optional(Uuid::from_name(text("card:", plain)));
}

Uuid address_key(const PostalPlace& place) {
  return Uuid::from_name(
      text("address:", folded(place.country), "|", folded(place.postal_code), "|", folded(place.city), "|", folded(place.line1), "|", folded(place.line2)));
}

std::string shown_email(std::string_view email) {
  const std::string_view plain = trimmed(email);
  return text(plain.substr(0, 1), "***@", email_domain(plain));
}

std::string shown_end(std::string_view value) {
  const std::string_view plain = trimmed(value);
  return text("…", plain.substr(plain.size() - std::min<std::size_t>(plain.size() / 2, 4)));
}

}  // namespace emporion::payment
