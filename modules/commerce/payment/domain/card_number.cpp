#include "modules/commerce/payment/domain/card_number.hpp"

#include "kernel/base/uuid.hpp"

namespace emporion::payment {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool passes_luhn(std::string_view digits) noexcept {
  int sum = 0;
  bool doubled = false;
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, doubled = !doubled) {
    const int digit = *at - '0';
    sum += !doubled ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
  }
  return sum % 10 == 0;
}

}  // namespace

bool holds_card_number(std::string_view text) noexcept {
  if (text.size() == 36 && Uuid::parse(text)) return false;
  char run[20];
  std::size_t length = 0;
  bool is_phone = false;  // E.164 numbers start with a plus sign.
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_digit(text[i])) {
      if (length == 0) is_phone = i > 0 && text[i - 1] == '+';
      if (length < sizeof run) run[length] = text[i];
      ++length;
      continue;
    }
    const bool joins = i + 1 < text.size() && (text[i] == ' ' || text[i] == '-') && length > 0 && is_digit(text[i + 1]);
    if (joins) continue;
    if (!is_phone && length >= 13 && length <= 19 && passes_luhn({run, length})) return true;
    length = 0;
  }
  return false;
}

}  // namespace emporion::payment
