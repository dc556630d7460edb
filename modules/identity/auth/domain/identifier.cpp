#include "modules/identity/auth/domain/identifier.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::auth {

Result<Identifier> parse_email(std::string_view given) {
  const std::string_view value = trimmed(given);
  const auto at = value.find('@');
  const auto domain = at == std::string_view::npos ? std::string_view() : value.substr(at + 1);
  const bool printable = std::all_of(value.begin(), value.end(), [](char letter) { return letter > ' ' && letter < 0x7f; });
  const bool well_formed = printable && value.size() <= 254 && at != std::string_view::npos && at > 0 && at <= 64 &&
                           domain.find('@') == std::string_view::npos && domain.find('.') != std::string_view::npos && domain.front() != '.' &&
                           domain.back() != '.' && domain.find("..") == std::string_view::npos;
  if (!well_formed) return fail(ErrorKind::rule_violated, "INVALID_EMAIL", "an e-mail address is expected");
  return Identifier{"email", ascii_lower(value), std::string(value)};
}

Result<Identifier> parse_phone(std::string_view given) {
  const std::string_view value = trimmed(given);
  std::string canonical;
  for (const char letter : value) {
    if (std::string_view(" .-()").find(letter) == std::string_view::npos) canonical.push_back(letter);
  }
  const bool well_formed = canonical.size() >= 9 && canonical.size() <= 16 && canonical.front() == '+' && canonical[1] != '0' &&
                           std::all_of(canonical.begin() + 1, canonical.end(), [](char letter) { return letter >= '0' && letter <= '9'; });
  if (!well_formed) return fail(ErrorKind::rule_violated, "INVALID_PHONE", "a phone number in international form is expected, as +84901234567");
  return Identifier{"phone", canonical, std::string(value)};
}

Result<Identifier> parse_identifier(std::string_view text) { return text.find('@') == std::string_view::npos ? parse_phone(text) : parse_email(text); }

}  // namespace emporion::auth
