#include "modules/commerce/payment/adapters/stripe/signature.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::payment::stripe {
namespace {

struct SignatureParts {
  std::optional<std::int64_t> time;
  std::string_view time_text;
  std::vector<std::string_view> signatures;
};

SignatureParts split(std::string_view header) {
  SignatureParts parts;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    const std::string_view item = trimmed(header.substr(0, comma));
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = item.substr(0, equals);
    const std::string_view value = item.substr(equals + 1);
    if (name == "v1") parts.signatures.push_back(value);
    if (name != "t") continue;
    std::int64_t time = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), time);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size()) continue;
    parts.time = time;
    parts.time_text = value;
  }
  return parts;
}

std::unexpected<Error> refused(std::string detail) { return fail(ErrorKind::invalid_argument, "INVALID_SIGNATURE", std::move(detail)); }

}  // namespace

Result<> verify_signature(std::string_view header, std::string_view body, std::string_view secret, UtcTime now) {
  const SignatureParts parts = split(header);
  if (secret.empty() || !parts.time || parts.signatures.empty()) return refused("no signature of a known form");
  const std::int64_t now_unix = now.micros_since_epoch() / 1'000'000;
  if (!EMP_GUARD("payment.signature_age", std::llabs(now_unix - *parts.time) <= signature_tolerance.count()))
    return refused("signed too long ago or ahead of time");
  std::string signed_text(parts.time_text);
  signed_text.push_back('.');
  signed_text.append(body);
  const std::string expected = security::hex(security::hmac_sha256(secret, signed_text));
  bool matches = false;
  for (const std::string_view given : parts.signatures) matches = security::constant_time_equal(given, expected) || matches;
  if (!EMP_GUARD("payment.stripe_signature", matches)) return refused("the signature does not match the body");
  return {};
}

}  // namespace emporion::payment::stripe
