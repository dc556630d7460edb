#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::auth {

/// What somebody signs in with, in the one form that is unique (AUT-1). No tricks with dots or plus signs.
struct Identifier {
  std::string kind;       ///< "email" or "phone"
  std::string canonical;  ///< E-mail: trimmed, lower case. Phone: E.164.
  std::string value;      ///< As given, trimmed.
};

/// ASCII addresses only, whose letters have one form; others are refused rather than stored in several. Errors (422): INVALID_EMAIL.
Result<Identifier> parse_email(std::string_view text);
/// "+" and 8 to 15 digits; spaces, dots, dashes and brackets are dropped. Errors (422): INVALID_PHONE. Source: ITU-T E.164.
Result<Identifier> parse_phone(std::string_view text);
/// An e-mail if it has an "@", else a phone number.
Result<Identifier> parse_identifier(std::string_view text);

}  // namespace emporion::auth
