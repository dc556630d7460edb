#include "modules/commerce/order/adapters/security/signed_claim_tokens.hpp"

#include <charconv>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/master_key.hpp"

namespace emporion::order {
namespace {

std::unexpected<Error> not_ours() { return fail(ErrorKind::rule_violated, "CLAIM_TOKEN_INVALID", "this link is not one of ours; ask for a new one"); }

std::int64_t seconds_of(UtcTime time) { return time.micros_since_epoch() / 1'000'000; }

std::string hex_of(std::int64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return {digits, end};
}

}  // namespace

Result<> SignedClaimTokens::open(const std::string& master_key_file, Random& random) {
  EMP_ASSIGN(const auto master, security::load_or_make_master_key(master_key_file, random));
  open_with(master.reveal());
  return {};
}

void SignedClaimTokens::open_with(std::string_view master) { key_ = security::Secret(security::hmac_sha256(master, "order.claim")); }

std::string SignedClaimTokens::signature(Uuid order_id, std::string_view email, UtcTime expires_at) const {
  EMP_ASSERT(key_.has_value());
  return security::base64url(security::hmac_sha256(key_->reveal(), text(order_id, '.', seconds_of(expires_at), '.', ascii_lower(email))));
}

std::string SignedClaimTokens::issue(Uuid order_id, std::string_view email, UtcTime expires_at) const {
  return text(order_id, '.', hex_of(seconds_of(expires_at)), '.', signature(order_id, email, expires_at));
}

Result<ClaimTokens::Claim> SignedClaimTokens::read(std::string_view token) const {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return not_ours();
  const auto order_id = Uuid::parse(token.substr(0, first));
  const std::string_view expiry = token.substr(first + 1, second - first - 1);
  std::int64_t at = 0;
  const auto [end, error] = std::from_chars(expiry.data(), expiry.data() + expiry.size(), at, 16);
  constexpr std::int64_t year_9999 = 253'402'300'799;
  if (!order_id || error != std::errc() || end != expiry.data() + expiry.size() || at < 0 || at > year_9999) return not_ours();
  return Claim{*order_id, UtcTime::from_micros(at * 1'000'000), std::string(token.substr(second + 1))};
}

bool SignedClaimTokens::is_genuine(const Claim& claim, std::string_view email) const {
  return security::constant_time_equal(claim.signature, signature(claim.order_id, email, claim.expires_at));
}

}  // namespace emporion::order
