#include "kernel/security/token.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::security {
namespace {

constexpr std::string_view token_type = "at+jwt";
constexpr std::string_view algorithm = "RS256";
constexpr microseconds leeway = seconds(30);
constexpr microseconds cache_life = seconds(60);
constexpr std::size_t roles_max = 20;

std::unexpected<Error> invalid(std::string_view why) { return fail(ErrorKind::unauthenticated, "INVALID_TOKEN", std::string(why)); }

constexpr auto realm_names =
    std::to_array<std::pair<Realm, std::string_view>>({{Realm::customer, "customer"}, {Realm::staff, "staff"}, {Realm::service, "service"}});

std::string_view name_of(Realm realm) {
  for (const auto& [value, name] : realm_names) {
    if (value == realm) return name;
  }
  return "";  // A guest has no token.
}

std::int64_t seconds_of(UtcTime time) { return time.micros_since_epoch() / 1'000'000; }

void write_strings(json::Writer& writer, std::string_view name, const std::vector<std::string>& values) {
  writer.key(name).begin_array();
  for (const auto& value : values) writer.string(value);
  writer.end_array();
}

std::string claims_json(const AccessClaims& claims) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("iss").string(claims.issuer);
  write_strings(writer, "aud", claims.audience);
  writer.key("sub").string(claims.subject.to_string()).key("jti").string(claims.token.to_string());
  writer.key("iat").integer(seconds_of(claims.issued_at)).key("nbf").integer(seconds_of(claims.not_before)).key("exp").integer(seconds_of(claims.expires_at));
  writer.key("auth_time").integer(seconds_of(claims.authenticated_at)).key("client_id").string(claims.client).key("realm").string(name_of(claims.realm));
  if (!claims.session.is_nil()) writer.key("sid").string(claims.session.to_string());
  write_strings(writer, "roles", claims.roles);
  if (claims.realm == Realm::staff) writer.key("pv").integer(claims.permissions_version);
  write_strings(writer, "amr", claims.methods);
  if (!claims.group.empty()) writer.key("grp").string(claims.group);
  if (!claims.scope.empty()) writer.key("scope").string(claims.scope);
  if (claims.acting_staff) writer.key("act").begin_object().key("sub").string(claims.acting_staff->to_string()).end_object();
  writer.end_object();
  return out;
}

/// Reads claims one by one; the first that is absent or of a wrong type makes the whole unreadable.
class ClaimsReader {
 public:
  explicit ClaimsReader(json::Value claims) : claims_(claims) {}
  bool ok() const noexcept { return ok_; }

  std::string text(std::string_view name, bool required = true) {
    const auto member = claims_.member(name);
    if (!member && !required) return {};
    const auto value = member ? member->string() : std::nullopt;
    ok_ = ok_ && value.has_value();
    return std::string(value.value_or(""));
  }
  std::int64_t integer(std::string_view name) {
    const auto member = claims_.member(name);
    const auto value = member ? member->integer() : std::nullopt;
    ok_ = ok_ && value.has_value();
    return value.value_or(0);
  }
  UtcTime time(std::string_view name) {
    // Beyond the year 9999 the product would overflow.
    const std::int64_t value = integer(name);
    ok_ = ok_ && value >= 0 && value <= 253'402'300'799;
    return UtcTime::from_micros(ok_ ? value * 1'000'000 : 0);
  }
  Uuid id(std::string_view name, bool required = true) { return read_id(text(name, required), required); }
  std::vector<std::string> strings(std::string_view name) {
    std::vector<std::string> out;
    const auto member = claims_.member(name);
    ok_ = ok_ && member && member->type() == json::Type::array;
    if (!ok_) return out;
    member->for_each_element([&](json::Value element) {
      const auto value = element.string();
      ok_ = ok_ && value.has_value();
      if (value) out.emplace_back(*value);
      return ok_;
    });
    return out;
  }
  std::optional<Uuid> actor() {
    const auto act = claims_.member("act");
    if (!act) return std::nullopt;
    const auto subject = act->member("sub");
    const auto value = subject ? subject->string() : std::nullopt;
    ok_ = ok_ && value.has_value();
    return read_id(std::string(value.value_or("")), true);
  }

 private:
  Uuid read_id(const std::string& text, bool required) {
    if (text.empty() && !required) return {};
    const auto id = Uuid::parse(text);
    ok_ = ok_ && id.has_value();
    return id.value_or(Uuid());
  }
  json::Value claims_;
  bool ok_ = true;
};

Result<AccessClaims> read_claims(std::string_view payload) {
  const auto document = json::Document::parse(payload);
  if (!document || document->root().type() != json::Type::object) return invalid("unreadable claims");
  ClaimsReader reader(document->root());
  AccessClaims out;
  out.issuer = reader.text("iss");
  out.audience = reader.strings("aud");
  out.subject = reader.id("sub");
  out.token = reader.id("jti");
  out.issued_at = reader.time("iat");
  out.not_before = reader.time("nbf");
  out.expires_at = reader.time("exp");
  out.authenticated_at = reader.time("auth_time");
  out.client = reader.text("client_id");
  const std::string realm = reader.text("realm");
  const auto* known = std::ranges::find(realm_names, realm, &std::pair<Realm, std::string_view>::second);
  if (known == realm_names.end()) return invalid("unknown realm");
  out.realm = known->first;
  out.session = reader.id("sid", out.realm != Realm::service);
  out.roles = reader.strings("roles");
  out.permissions_version = out.realm == Realm::staff ? reader.integer("pv") : 0;
  out.methods = reader.strings("amr");
  out.group = reader.text("grp", false);
  out.scope = reader.text("scope", false);
  out.acting_staff = reader.actor();
  // Without a session there would be nothing to revoke.
  const bool has_session = !out.session.is_nil() || out.realm == Realm::service;
  if (!reader.ok() || !has_session || out.roles.size() > roles_max) return invalid("unreadable claims");
  return out;
}

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1), token.substr(0, second)};
}

/// Answers the kid. Each member is taken once and no other is allowed, so nothing in the header can choose a key or an algorithm.
Result<std::string> read_header(std::string_view encoded) {
  const auto text = from_base64url(encoded);
  if (!text) return invalid("unreadable header");
  const auto document = json::Document::parse(*text);
  if (!document || document->root().type() != json::Type::object) return invalid("unreadable header");
  const json::Value header = document->root();
  const auto alg = header.member("alg");
  if (!alg || alg->string() != algorithm) return invalid("the algorithm is not RS256");
  if (header.size() != 3) return invalid("the header has members that are not accepted");
  const auto typ = header.member("typ");
  if (!typ || typ->string() != token_type) return invalid("not an access token");
  const auto kid = header.member("kid");
  if (!kid || !kid->string()) return invalid("no key is named");
  return std::string(*kid->string());
}

}  // namespace

Principal AccessClaims::principal() const {
  Principal out;
  out.realm = realm;
  if (realm == Realm::service) {
    out.service = client;
    return out;
  }
  out.id = subject;
  out.session = session;
  out.acting_staff = acting_staff;
  return out;
}

Result<std::string> issue_access_token(const SigningKey& key, const AccessClaims& claims) {
  std::string header;
  json::Writer(header).begin_object().key("alg").string(algorithm).key("typ").string(token_type).key("kid").string(key.kid()).end_object();
  std::string out = text(base64url(header), ".", base64url(claims_json(claims)));
  const std::string signature = base64url(key.sign(out));
  out.append(".").append(signature);
  if (out.size() > token_bytes_max || claims.roles.size() > roles_max) return fail(ErrorKind::internal, "TOKEN_TOO_LARGE", "the claims do not fit a token");
  return out;
}

TokenVerifier::TokenVerifier(Expected expected, const Clock& clock, const TokenStatus* status, std::size_t remembered_max)
    : expected_(std::move(expected)), clock_(clock), status_(status), remembered_max_(remembered_max) {}

void TokenVerifier::replace_keys(KeySet keys) {
  keys_ = std::move(keys);
  cache_.clear();
  oldest_first_.clear();
}

Result<std::shared_ptr<const AccessClaims>> TokenVerifier::verify(std::string_view token, std::optional<Realm> realm) {
  if (token.size() > token_bytes_max) return invalid("too large");
  std::string digest = sha256(token);
  const auto found = cache_.find(digest);
  if (found != cache_.end() && clock_.now() < found->second.until) {
    auto claims = found->second.claims;
    EMP_TRY(check_now(*claims, realm));
    return claims;
  }
  EMP_ASSIGN(auto claims, verify_new(token));
  EMP_TRY(check_now(*claims, realm));
  remember(std::move(digest), claims);
  return claims;
}

Result<std::shared_ptr<const AccessClaims>> TokenVerifier::verify_new(std::string_view token) const {
  const auto parts = split(token);
  if (!parts) return invalid("not three parts");
  EMP_ASSIGN(const std::string kid, read_header(parts->header));
  const VerificationKey* key = keys_.find(kid);
  if (key == nullptr) return fail(ErrorKind::unauthenticated, "UNKNOWN_SIGNING_KEY", "no such key");
  const auto signature = from_base64url(parts->signature);
  if (!signature || !key->verifies(parts->signed_text, *signature)) return invalid("the signature does not fit");
  const auto payload = from_base64url(parts->payload);
  if (!payload) return invalid("unreadable claims");
  EMP_ASSIGN(auto claims, read_claims(*payload));
  if (claims.issuer != expected_.issuer) return invalid("another issuer");
  if (std::ranges::find(claims.audience, expected_.audience) == claims.audience.end()) return invalid("another audience");
  return std::make_shared<const AccessClaims>(std::move(claims));
}

Result<> TokenVerifier::check_now(const AccessClaims& claims, std::optional<Realm> realm) const {
  if (realm && claims.realm != *realm) return invalid("another realm");
  const UtcTime now = clock_.now();
  if (now >= claims.expires_at + leeway) return fail(ErrorKind::unauthenticated, "TOKEN_EXPIRED", "refresh the token");
  if (now + leeway < claims.not_before) return invalid("not valid yet");
  if (status_ == nullptr) return {};
  if (!claims.session.is_nil() && status_->is_revoked(claims.session)) return fail(ErrorKind::unauthenticated, "SESSION_REVOKED", "sign in again");
  if (claims.realm != Realm::staff) return {};
  const std::int64_t newest = status_->permissions_version(claims.subject);
  if (claims.permissions_version < newest) {
    return fail(Error(ErrorKind::unauthenticated, "PERMISSIONS_STALE", "refresh the token: permissions have changed").with("min_pv", newest));
  }
  return {};
}

void TokenVerifier::remember(std::string digest, std::shared_ptr<const AccessClaims> claims) {
  if (const auto old = cache_.find(digest); old != cache_.end()) {
    oldest_first_.erase(old->second.place);
    cache_.erase(old);
  }
  if (cache_.size() >= remembered_max_) {
    cache_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  oldest_first_.push_back(digest);
  cache_.emplace(std::move(digest), Cached{std::move(claims), clock_.now() + cache_life, std::prev(oldest_first_.end())});
}

}  // namespace emporion::security
