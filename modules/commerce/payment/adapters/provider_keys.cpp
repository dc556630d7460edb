#include "modules/commerce/payment/adapters/provider_keys.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

constexpr std::array<std::string_view, 7> placeholder_words{"placeholder", "changeme", "change_me", "your", "xxx", "example", "dummy"};

}  // namespace

bool is_placeholder_key(std::string_view key) {
  const std::string lower = ascii_lower(key);
  return key.empty() || std::ranges::any_of(placeholder_words, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::unexpected<Error> invalid_keys(std::string_view provider, std::string_view setting, std::string_view what) {
  return fail(ErrorKind::invalid_argument, text(ascii_upper(provider), "_KEYS_INVALID"),
              text(setting, ' ', what, "; set it, or payment.", provider, ".enabled: false"));
}

}  // namespace emporion::payment
