#include <charconv>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/adapters/rpc/checkout_service.hpp"

namespace emporion::checkout {

Owner owner_of(const CallContext& context, const std::optional<std::string>& cart_token) {
  if (context.principal.realm == Realm::customer) return {.customer = context.principal.id};
  return {.guest_sha256 = security::sha256(cart_token.value_or("no token"))};
}

Result<std::optional<std::int64_t>> version_of(const std::optional<std::string>& if_match) {
  if (!if_match || if_match->empty() || *if_match == "*") return std::optional<std::int64_t>();
  std::string_view digits = *if_match;
  if (digits.starts_with("W/")) digits.remove_prefix(2);
  if (digits.size() >= 2 && digits.front() == '"' && digits.back() == '"') digits = digits.substr(1, digits.size() - 2);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return fail(ErrorKind::invalid_argument, "INVALID_IF_MATCH", "If-Match holds the ETag of an earlier answer");
  }
  return std::optional(version);
}

std::string etag_of(std::int64_t version) { return text('"', version, '"'); }

}  // namespace emporion::checkout
