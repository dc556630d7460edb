#include "modules/commerce/order/domain/order_number.hpp"

#include <chrono>

#include "kernel/base/card_number.hpp"
#include "kernel/base/text.hpp"

namespace emporion::order {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t random_length = 7;

void append_two_digits(std::string& out, unsigned value) {
  out.push_back(static_cast<char>('0' + value / 10 % 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

}  // namespace

std::string make_order_number(UtcTime placed_at, Random& random) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<microseconds>(microseconds(placed_at.micros_since_epoch())));
  const std::chrono::year_month_day date(day);
  std::string number = "EM-";
  append_two_digits(number, static_cast<unsigned>(static_cast<int>(date.year()) % 100));
  append_two_digits(number, static_cast<unsigned>(date.month()));
  append_two_digits(number, static_cast<unsigned>(date.day()));
  number.push_back('-');
  const std::size_t fixed = number.size();
  do {
    number.resize(fixed);
    for (std::size_t i = 0; i < random_length; ++i) number.push_back(alphabet[random.below(alphabet.size())]);
  } while (holds_card_number(number));  // One in some 30,000 is digits that pass Luhn's check, and would be refused wherever card numbers are.
  return number;
}

std::string canonical_order_number(std::string_view typed) {
  std::string number = ascii_upper(trimmed(typed));
  if (number.size() != 17 || !number.starts_with("EM-") || number[9] != '-') return {};
  for (std::size_t i = 3; i < number.size(); ++i) {
    char& c = number[i];
    if (i == 9) continue;
    if (c == 'I' || c == 'L') c = '1';
    if (c == 'O') c = '0';
    const bool known = i < 9 ? (c >= '0' && c <= '9') : alphabet.find(c) != std::string_view::npos;
    if (!known) return {};
  }
  return number;
}

}  // namespace emporion::order
