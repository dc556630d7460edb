#include "kernel/security/token.hpp"

#include <gtest/gtest.h>

#include <set>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::security {
namespace {

const SigningKey& our_key() {
  static const SigningKey key = SigningKey::generate();
  return key;
}
const SigningKey& foreign_key() {
  static const SigningKey key = SigningKey::generate();
  return key;
}

class HandClock final : public Clock {
 public:
  UtcTime now() const override { return now_; }
  void move(microseconds span) { now_ = now_ + span; }

 private:
  UtcTime now_ = UtcTime::parse("2026-01-02T03:04:05Z").value();
};

class KnownStatus final : public TokenStatus {
 public:
  bool is_revoked(Uuid session) const override { return revoked.contains(session); }
  std::int64_t permissions_version(Uuid) const override { return version; }
  std::set<Uuid> revoked;
  std::int64_t version = 0;
};

class TokenTest : public ::testing::Test {
 protected:
  TokenTest() {
    KeySet keys;
    keys.add(our_key().public_key());
    verifier.replace_keys(keys);
  }

  AccessClaims claims_of(Realm realm) {
    AccessClaims out;
    out.issuer = "https://shop.example";
    out.audience = {"other", "emporion"};
    out.subject = Uuid::v7(clock.now(), random);
    out.token = Uuid::v7(clock.now(), random);
    if (realm != Realm::service) out.session = Uuid::v7(clock.now(), random);
    out.realm = realm;
    out.issued_at = out.not_before = out.authenticated_at = clock.now();
    out.expires_at = clock.now() + minutes(15);
    out.client = "web";
    out.roles = {"buyer"};
    out.methods = {"pwd"};
    return out;
  }
  std::string issue(const AccessClaims& claims, const SigningKey& key = our_key()) { return issue_access_token(key, claims).value(); }
  std::string valid_token() { return issue(claims_of(Realm::customer)); }

  /// A token with this header and these claims as they are, signed by our own key.
  static std::string forged(std::string_view header, std::string_view payload) {
    const std::string body = text(base64url(header), ".", base64url(payload));
    return text(body, ".", base64url(our_key().sign(body)));
  }
  static std::string header_with(std::string_view more) { return text(R"({"alg":"RS256","typ":"at+jwt","kid":")", our_key().kid(), "\"", more, "}"); }
  static std::string payload_of(const std::string& token) {
    const auto first = token.find('.');
    return from_base64url(std::string_view(token).substr(first + 1, token.rfind('.') - first - 1)).value();
  }
  std::string refusal_of(const std::string& token, std::optional<Realm> realm = std::nullopt) {
    const auto result = verifier.verify(token, realm);
    if (result) return "accepted";
    EXPECT_EQ(result.error().kind(), ErrorKind::unauthenticated);
    return result.error().reason();
  }

  HandClock clock;
  SystemRandom random;
  KnownStatus status;
  TokenVerifier verifier{{.issuer = "https://shop.example", .audience = "emporion"}, clock, &status};
};

TEST_F(TokenTest, AnswersTheClaimsThatWereIssued) {
  for (const Realm realm : {Realm::customer, Realm::staff, Realm::service}) {
    AccessClaims claims = claims_of(realm);
    claims.group = "vip";
    claims.scope = "mfa:enrol";
    if (realm == Realm::staff) claims.permissions_version = 7;
    if (realm == Realm::customer) claims.acting_staff = Uuid::v7(clock.now(), random);
    const auto verified = verifier.verify(issue(claims), realm);
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_EQ(**verified, claims);
  }
}

TEST_F(TokenTest, MakesThePrincipalOfItsRealm) {
  AccessClaims claims = claims_of(Realm::customer);
  EXPECT_EQ(claims.principal().id, claims.subject);
  EXPECT_EQ(claims.principal().session, claims.session);
  claims.realm = Realm::service;
  claims.client = "order";
  EXPECT_EQ(claims.principal().service, "order");
  EXPECT_TRUE(claims.principal().id.is_nil());
}

// AUT-A1
TEST_F(TokenTest, RefusesEveryAlgorithmButRs256) {
  const std::string payload = payload_of(valid_token());
  for (const std::string_view alg : {"none", "None", "HS256", "RS384", "PS256", "ES256", "rs256", ""}) {
    EXPECT_EQ(refusal_of(forged(text(R"({"alg":")", alg, R"(","typ":"at+jwt","kid":")", our_key().kid(), "\"}"), payload)), "INVALID_TOKEN") << alg;
  }
  EXPECT_EQ(refusal_of(forged(text(R"({"typ":"at+jwt","x":1,"kid":")", our_key().kid(), "\"}"), payload)), "INVALID_TOKEN");
  EXPECT_EQ(refusal_of(text(base64url(text(R"({"alg":"none","typ":"at+jwt","kid":")", our_key().kid(), "\"}")), ".", base64url(payload), ".")),
            "INVALID_TOKEN");
}

// AUT-A1
TEST_F(TokenTest, RefusesHs256SignedWithOurPublicKey) {
  const std::string payload = payload_of(valid_token());
  for (const std::string_view alg : {"HS256", "RS256"}) {
    const std::string body = text(base64url(text(R"({"alg":")", alg, R"(","typ":"at+jwt","kid":")", our_key().kid(), "\"}")), ".", base64url(payload));
    EXPECT_EQ(refusal_of(text(body, ".", base64url(hmac_sha256(our_key().public_key().to_jwk(), body)))), "INVALID_TOKEN");
  }
}

// AUT-A1
TEST_F(TokenTest, RefusesAForeignKeyUnderItsOwnKidAndUnderOurs) {
  const AccessClaims claims = claims_of(Realm::customer);
  const std::string foreign = issue(claims, foreign_key());
  EXPECT_EQ(refusal_of(foreign), "UNKNOWN_SIGNING_KEY");
  const std::string body = text(base64url(header_with("")), ".", base64url(payload_of(foreign)));
  EXPECT_EQ(refusal_of(text(body, ".", base64url(foreign_key().sign(body)))), "INVALID_TOKEN");
}

// AUT-A1
TEST_F(TokenTest, RefusesHeadersThatBringTheirOwnKey) {
  const std::string payload = payload_of(valid_token());
  EXPECT_EQ(refusal_of(forged(header_with(""), payload)), "accepted");
  for (const std::string_view more : {R"(,"jku":"https://evil.example/jwks")", R"(,"x5u":"https://evil.example")", R"(,"jwk":{"kty":"RSA"})",
                                      R"(,"crit":["b64"])", R"(,"x5c":[])", R"(,"alg":"none")", R"(,"kid":"other")"}) {
    EXPECT_EQ(refusal_of(forged(header_with(more), payload)), "INVALID_TOKEN") << more;
  }
}

// AUT-A1
TEST_F(TokenTest, RefusesAnotherAudienceRealmTypeAndIssuer) {
  AccessClaims claims = claims_of(Realm::customer);
  claims.audience = {"other"};
  EXPECT_EQ(refusal_of(issue(claims)), "INVALID_TOKEN");
  claims = claims_of(Realm::customer);
  claims.issuer = "https://shop.example/";
  EXPECT_EQ(refusal_of(issue(claims)), "INVALID_TOKEN");
  EXPECT_EQ(refusal_of(valid_token(), Realm::staff), "INVALID_TOKEN");
  EXPECT_EQ(refusal_of(valid_token(), Realm::customer), "accepted");
  const std::string payload = payload_of(valid_token());
  for (const std::string_view typ : {"JWT", "rt+jwt", "AT+JWT"}) {
    EXPECT_EQ(refusal_of(forged(text(R"({"alg":"RS256","typ":")", typ, R"(","kid":")", our_key().kid(), "\"}"), payload)), "INVALID_TOKEN") << typ;
  }
}

TEST_F(TokenTest, RefusesARealmThatDoesNotExist) {
  std::string payload = payload_of(valid_token());
  payload.replace(payload.find(R"("customer")"), 10, R"("Customer")");
  EXPECT_EQ(refusal_of(forged(header_with(""), payload)), "INVALID_TOKEN");
}

// AUT-A1
TEST_F(TokenTest, AllowsThirtySecondsOfLeeway) {
  AccessClaims claims = claims_of(Realm::customer);
  claims.not_before = clock.now() + seconds(30);
  EXPECT_EQ(refusal_of(issue(claims)), "accepted");
  claims.not_before = clock.now() + seconds(31);
  EXPECT_EQ(refusal_of(issue(claims)), "INVALID_TOKEN");
  const std::string token = valid_token();
  clock.move(minutes(15) + seconds(29));
  EXPECT_EQ(refusal_of(token), "accepted");
  clock.move(seconds(1));
  EXPECT_EQ(refusal_of(token), "TOKEN_EXPIRED") << "although it is remembered";
}

TEST_F(TokenTest, RefusesATokenChangedInAnyCharacter) {
  const std::string token = valid_token();
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(refusal_of(changed), "accepted") << "character " << i;
  }
}

TEST_F(TokenTest, RefusesWhatIsNoToken) {
  const std::string token = valid_token();
  for (const std::string& text : {std::string(), std::string("."), std::string(".."), std::string("..."), token + ".", token + "=", " " + token,
                                  token.substr(0, token.size() - 1), token.substr(0, token.rfind('.')), std::string(5000, 'A'), std::string("\0\0.\0.\0", 7)}) {
    EXPECT_EQ(refusal_of(text), "INVALID_TOKEN") << text;
  }
}

TEST_F(TokenTest, RefusesClaimsThatAreMissingOrOfAnotherType) {
  const std::string payload = payload_of(valid_token());
  for (const std::string_view name : {"iss", "aud", "sub", "jti", "iat", "nbf", "exp", "auth_time", "client_id", "realm", "sid", "roles", "amr"}) {
    std::string missing = payload;
    missing.insert(missing.find(text("\"", name, "\":")) + 1, "x");
    EXPECT_EQ(refusal_of(forged(header_with(""), missing)), "INVALID_TOKEN") << name;
  }
  std::string fraction = payload;
  fraction.insert(fraction.find(",\"auth_time\""), ".5");
  EXPECT_EQ(refusal_of(forged(header_with(""), fraction)), "INVALID_TOKEN");
  EXPECT_EQ(refusal_of(forged(header_with(""), "[]")), "INVALID_TOKEN");
  EXPECT_EQ(refusal_of(forged(header_with(""), "{")), "INVALID_TOKEN");
}

TEST_F(TokenTest, RefusesARevokedSessionAlsoWhenTheTokenIsRemembered) {
  const AccessClaims claims = claims_of(Realm::customer);
  const std::string token = issue(claims);
  EXPECT_EQ(refusal_of(token), "accepted");
  status.revoked.insert(claims.session);
  EXPECT_EQ(refusal_of(token), "SESSION_REVOKED");
}

TEST_F(TokenTest, RefusesStaffWithOlderPermissionsAndNamesTheVersionNeeded) {
  AccessClaims claims = claims_of(Realm::staff);
  claims.permissions_version = 4;
  const std::string token = issue(claims);
  status.version = 4;
  EXPECT_EQ(refusal_of(token), "accepted");
  status.version = 5;
  const auto refused = verifier.verify(token);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "PERMISSIONS_STALE");
  EXPECT_EQ(refused.error().metadata_json("min_pv"), "5");
}

TEST_F(TokenTest, ForgetsRememberedTokensWhenAKeyIsTakenAway) {
  const std::string token = valid_token();
  EXPECT_EQ(refusal_of(token), "accepted");
  KeySet keys;
  keys.add(foreign_key().public_key());
  verifier.replace_keys(keys);
  EXPECT_EQ(refusal_of(token), "UNKNOWN_SIGNING_KEY");
  EXPECT_EQ(refusal_of(issue(claims_of(Realm::customer), foreign_key())), "accepted");
}

TEST_F(TokenTest, RemembersATokenForAMinute) {
  const std::string token = valid_token();
  const auto remembered = verifier.verify(token).value();
  clock.move(seconds(60) - microseconds(1));
  EXPECT_EQ(verifier.verify(token).value(), remembered) << "the same object, not verified anew";
  clock.move(microseconds(1));
  EXPECT_NE(verifier.verify(token).value(), remembered);
}

TEST_F(TokenTest, RemembersOnlyTheNewestTokens) {
  TokenVerifier small({.issuer = "https://shop.example", .audience = "emporion"}, clock, nullptr, 2);
  small.replace_keys(verifier.keys());
  const std::string tokens[] = {valid_token(), valid_token(), valid_token()};
  const auto first = small.verify(tokens[0]).value();
  const auto second = small.verify(tokens[1]).value();
  const auto third = small.verify(tokens[2]).value();
  EXPECT_EQ(small.verify(tokens[1]).value(), second);
  EXPECT_EQ(small.verify(tokens[2]).value(), third);
  EXPECT_NE(small.verify(tokens[0]).value(), first) << "the oldest had to go";
}

TEST_F(TokenTest, IssuesNoTokenThatWouldNotBeRead) {
  AccessClaims claims = claims_of(Realm::customer);
  claims.scope = std::string(4096, 's');
  EXPECT_EQ(issue_access_token(our_key(), claims).error().reason(), "TOKEN_TOO_LARGE");
  claims = claims_of(Realm::customer);
  claims.roles.assign(21, "r");
  EXPECT_EQ(issue_access_token(our_key(), claims).error().reason(), "TOKEN_TOO_LARGE");
}

}  // namespace
}  // namespace emporion::security
