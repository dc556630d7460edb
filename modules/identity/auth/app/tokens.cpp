#include "modules/identity/auth/app/tokens.hpp"

#include <array>

#include "kernel/security/crypto.hpp"
#include "modules/identity/auth/domain/lifetimes.hpp"

namespace emporion::auth {
namespace {

constexpr std::size_t head_size = 20;
constexpr std::size_t mac_size = 32;

std::string head_of(Uuid session, std::int32_t generation) {
  std::string out(reinterpret_cast<const char*>(session.bytes().data()), session.bytes().size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((static_cast<std::uint32_t>(generation) >> shift) & 0xff));
  return out;
}

UtcTime whole_seconds(UtcTime time) { return UtcTime::from_micros(time.micros_since_epoch() / 1'000'000 * 1'000'000); }

}  // namespace

std::string RefreshToken::write(Uuid session, std::int32_t generation, const security::Secret& family_secret) {
  const auto head = head_of(session, generation);
  return security::base64url(head + security::hmac_sha256(family_secret.reveal(), head));
}

std::optional<RefreshToken> RefreshToken::parse(std::string_view text) {
  const auto bytes = security::from_base64url(text);
  if (!bytes || bytes->size() != head_size + mac_size) return std::nullopt;
  RefreshToken out;
  std::array<std::uint8_t, 16> id{};
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>((*bytes)[i]);
  out.session = Uuid(id);
  std::uint32_t generation = 0;
  for (std::size_t i = 16; i < head_size; ++i) generation = (generation << 8) | static_cast<std::uint8_t>((*bytes)[i]);
  out.generation = static_cast<std::int32_t>(generation);
  out.mac = bytes->substr(head_size);
  return out;
}

bool RefreshToken::is_signed_by(const security::Secret& family_secret) const {
  return security::constant_time_equal(mac, security::hmac_sha256(family_secret.reveal(), head_of(session, generation)));
}

Task<Result<v1::TokenResponse>> Tokens::access(Subject subject) {
  EMP_CO_ASSIGN(const auto key, co_await keys_.active());
  const auto now = whole_seconds(clock_.now());
  const auto life = lifetimes(subject.realm == Realm::staff, false).access;
  const security::AccessClaims claims{.issuer = settings_.issuer,
                                      .audience = {settings_.audience},
                                      .subject = subject.principal,
                                      .token = Uuid::v7(clock_.now(), random_),
                                      .session = subject.session,
                                      .realm = subject.realm,
                                      .issued_at = now,
                                      .not_before = now,
                                      .expires_at = now + life,
                                      .authenticated_at = whole_seconds(subject.authenticated_at),
                                      .client = "web",
                                      .permissions_version = subject.permissions_version,
                                      .methods = {"pwd"},
                                      .acting_staff = subject.acting_staff};
  EMP_CO_ASSIGN(auto token, security::issue_access_token(key, claims));
  v1::TokenResponse out;
  out.access_token = std::move(token);
  out.token_type = "Bearer";
  out.expires_in = static_cast<std::int32_t>(life.count());
  out.principal_id = subject.principal;
  co_return out;
}

}  // namespace emporion::auth
