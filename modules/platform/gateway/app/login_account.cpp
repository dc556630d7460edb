#include "modules/platform/gateway/app/login_account.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::gateway {

std::optional<std::string> login_account(std::string_view body) {
  const auto document = json::Document::parse(body);
  if (!document) return std::nullopt;
  for (const std::string_view name : {"identifier", "email"}) {  // As the contract of Auth names them.
    const auto member = document->root().member(name);
    const auto value = member ? member->string() : std::nullopt;
    if (value && !value->empty()) return "account:" + security::hex(security::sha256(ascii_lower(trimmed(*value))).substr(0, 16));
  }
  return std::nullopt;
}

}  // namespace emporion::gateway
