#include "kernel/security/keys.hpp"

#include <gtest/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::security {
namespace {

// Source: the example key of RFC 7638 §3.1, with its thumbprint.
constexpr std::string_view rfc_n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_"
    "RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2"
    "QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
    "kEgU8awapJzKnqDKgw";

TEST(Keys, NamesAKeyByItsThumbprint) {
  const auto key = VerificationKey::from_jwk(text(R"({"kty":"RSA","n":")", rfc_n, R"(","e":"AQAB","alg":"RS256"})"));
  ASSERT_TRUE(key) << key.error().to_string();
  EXPECT_EQ(key->kid(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Keys, RefusesKeysThatAreNotForRs256) {
  const auto jwk = [](std::string_view n, std::string_view e, std::string_view more) {
    return text(R"({"kty":"RSA","n":")", n, R"(","e":")", e, "\"", more, "}");
  };
  EXPECT_TRUE(VerificationKey::from_jwk(jwk(rfc_n, "AQAB", "")));
  EXPECT_FALSE(VerificationKey::from_jwk(jwk(rfc_n, "AQAB", R"(,"use":"enc")")));
  EXPECT_FALSE(VerificationKey::from_jwk(jwk(rfc_n, "AQAB", R"(,"alg":"RS512")")));
  EXPECT_FALSE(VerificationKey::from_jwk(jwk(rfc_n, "AQAB", R"(,"kid":"chosen by hand")")));
  EXPECT_FALSE(VerificationKey::from_jwk(jwk(rfc_n, "AQ", ""))) << "an exponent of 1 signs everything";
  EXPECT_FALSE(VerificationKey::from_jwk(jwk(rfc_n.substr(0, 171), "AQAB", ""))) << "too few bits";
  EXPECT_FALSE(VerificationKey::from_jwk(jwk("", "AQAB", "")));
  EXPECT_FALSE(VerificationKey::from_jwk(R"({"kty":"oct","k":"AAAA"})"));
  EXPECT_FALSE(VerificationKey::from_jwk("{"));
}

TEST(Keys, SignsAndVerifiesAlsoAfterBeingStored) {
  const SigningKey key = SigningKey::generate();
  const auto restored = SigningKey::from_private_der(key.private_der());
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->kid(), key.kid());
  const std::string signature = restored->sign("message");
  EXPECT_TRUE(key.public_key().verifies("message", signature));
  EXPECT_FALSE(key.public_key().verifies("massage", signature));
  EXPECT_FALSE(key.public_key().verifies("message", signature.substr(1)));
  EXPECT_FALSE(key.public_key().verifies("message", ""));
  EXPECT_FALSE(SigningKey::from_private_der(Secret("not a key")));
}

TEST(Keys, PublishesASetThatReadsBack) {
  const SigningKey a = SigningKey::generate();
  const SigningKey b = SigningKey::generate();
  KeySet keys;
  keys.add(a.public_key());
  keys.add(b.public_key());
  const std::string jwks = keys.to_jwks();
  EXPECT_EQ(jwks.find("\"d\""), std::string::npos) << "nothing private is published";
  const auto read = KeySet::from_jwks(jwks);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->size(), 2u);
  EXPECT_TRUE(read->find(a.kid())->verifies("m", a.sign("m")));
  EXPECT_FALSE(read->find(a.kid())->verifies("m", b.sign("m")));
  EXPECT_EQ(read->find("other"), nullptr);
}

TEST(Keys, SkipsKeysOfOtherTypesAndRefusesBrokenOnes) {
  EXPECT_EQ(KeySet::from_jwks(R"({"keys":[{"kty":"EC","crv":"P-256"}]})")->size(), 0u);
  EXPECT_FALSE(KeySet::from_jwks(R"({"keys":[{"kty":"RSA","n":"AA","e":"AQAB"}]})"));
  EXPECT_FALSE(KeySet::from_jwks(R"({"keys":{}})"));
  EXPECT_FALSE(KeySet::from_jwks("[]"));
}

}  // namespace
}  // namespace emporion::security
