#include "modules/product/promotion/domain/coupon_code.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::promotion {

Result<std::string> canonical_code(std::string_view text) {
  std::string code = ascii_upper(trimmed(text));
  const auto is_allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; };
  if (code.size() < 4 || code.size() > 32 || !std::ranges::all_of(code, is_allowed))
    return fail(ErrorKind::rule_violated, "CODE_INVALID", "a code has 4 to 32 letters, digits and hyphens");
  return code;
}

std::string random_coupon_code(std::string_view prefix, Random& random) {
  static constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string code(prefix);
  for (int i = 0; i < 12; ++i) {
    if (i % 4 == 0 && !code.empty()) code.push_back('-');
    code.push_back(alphabet[random.below(alphabet.size())]);
  }
  return code;
}

}  // namespace emporion::promotion
