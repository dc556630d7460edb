#include "modules/platform/gateway/app/csrf_tokens.hpp"

#include <charconv>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/master_key.hpp"

namespace emporion::gateway {
namespace {

constexpr std::int64_t life_s = 24 * 3600;
constexpr std::size_t session_id_bytes = 16;

/// The part of a refresh token that stays when it is refreshed: the id it begins with (identity.md §1 algorithm 3). Anything else stands for itself.
std::string session_of(std::string_view cookie) {
  const auto bytes = security::from_base64url(cookie);
  return bytes && bytes->size() > session_id_bytes ? bytes->substr(0, session_id_bytes) : std::string(cookie);
}

std::int64_t seconds_of(UtcTime time) { return time.micros_since_epoch() / 1'000'000; }

}  // namespace

Result<> CsrfTokens::open(const std::string& master_key_file, Random& random) {
  EMP_ASSIGN(const auto master, security::load_or_make_master_key(master_key_file, random));
  key_ = security::Secret(security::hmac_sha256(master.reveal(), "gateway.csrf"));
  return {};
}

std::string CsrfTokens::signature(std::string_view issued_hex, std::string_view session_cookie) const {
  EMP_ASSERT(key_.has_value());
  return security::hex(security::hmac_sha256(key_->reveal(), text(issued_hex, '.', session_of(session_cookie))));
}

std::string CsrfTokens::issue(std::string_view session_cookie) const {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, seconds_of(clock_.now()), 16).ptr;
  const std::string_view issued(digits, static_cast<std::size_t>(end - digits));
  return text(issued, '.', signature(issued, session_cookie));
}

bool CsrfTokens::is_genuine(std::string_view token, std::string_view session_cookie) const {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos || session_cookie.empty()) return false;
  const std::string_view issued = token.substr(0, dot);
  std::int64_t at = 0;
  const auto [end, error] = std::from_chars(issued.data(), issued.data() + issued.size(), at, 16);
  if (error != std::errc() || end != issued.data() + issued.size()) return false;
  const std::int64_t age = seconds_of(clock_.now()) - at;
  return age >= -30 && age <= life_s &&
         security::constant_time_equal(token.substr(dot + 1), signature(issued, session_cookie));  // Replicas' clocks differ a little.
}

}  // namespace emporion::gateway
