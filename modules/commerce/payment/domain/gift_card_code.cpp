#include "modules/commerce/payment/domain/gift_card_code.hpp"

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t group_length = 4;

}  // namespace

std::string make_gift_card_code(Random& random) {
  std::string out;
  for (std::size_t i = 0; i < gift_card_code_length; ++i) out.push_back(alphabet[random.below(alphabet.size())]);
  return out;
}

std::optional<std::string> canonical_gift_card_code(std::string_view typed) {
  std::string out;
  for (char c : ascii_upper(typed)) {
    if (c == '-' || c == ' ') continue;
    if (c == 'I' || c == 'L') c = '1';
    if (c == 'O') c = '0';
    if (alphabet.find(c) == std::string_view::npos) return std::nullopt;
    out.push_back(c);
  }
  if (out.size() < gift_card_code_length || out.size() > gift_card_code_length_max) return std::nullopt;
  return out;
}

std::string grouped_gift_card_code(std::string_view canonical) {
  std::string out;
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    if (i > 0 && i % group_length == 0) out.push_back('-');
    out.push_back(canonical[i]);
  }
  return out;
}

}  // namespace emporion::payment
