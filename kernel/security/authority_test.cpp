#include "kernel/security/authority.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "kernel/base/text.hpp"
#include "kernel/testing/fake_clock.hpp"

namespace emporion::security {
namespace {

using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const UtcTime now = testing::FakeClock().now();

Authority an_authority(UtcTime until = now + days(3650)) {
  auto key = make_private_key();
  auto certificate = Authority::sign_own("Shop authority", now, until, key);
  return Authority::of(std::move(certificate), std::move(key)).value();
}

CertificateRequest a_request() {
  return {.name = "stock", .dns_names = {"pricing.emporion", "warehouse.emporion"}, .valid_from = now, .valid_until = now + days(90)};
}

bool is_believed(const Certificate& certificate, const Authority& authority, UtcTime at = now) {
  return check_certificate(certificate, {&authority.certificate(), 1}, at).has_value();
}

TEST(Authority, GivesAProcessACertificateThatIsBelieved) {
  const auto authority = an_authority();
  const auto key = make_private_key();
  const auto issued = authority.issue(a_request(), key.public_key);
  ASSERT_TRUE(issued) << issued.error().to_string();
  EXPECT_TRUE(is_believed(*issued, authority));
  EXPECT_TRUE(is_issued_by(*issued, authority.certificate()));
  EXPECT_EQ(issued->name, "stock");
  EXPECT_THAT(issued->dns_names, ElementsAre("pricing.emporion", "warehouse.emporion"));
  EXPECT_EQ(issued->public_key, key.public_key);
  EXPECT_EQ(issued->valid_from, now);
  EXPECT_EQ(issued->valid_until, now + days(90));
}

TEST(Authority, OfAnotherShopIsNotBelieved) {
  const auto own = an_authority();
  const auto foreign = an_authority();
  const auto issued = foreign.issue(a_request(), make_private_key().public_key).value();
  EXPECT_FALSE(is_believed(issued, own));
  EXPECT_FALSE(is_issued_by(issued, own.certificate()));
  EXPECT_EQ(check_certificate(issued, {&own.certificate(), 1}, now).error().reason(), "CERTIFICATE_REFUSED");
  EXPECT_NE(own.certificate().name, foreign.certificate().name);
  EXPECT_THAT(own.certificate().name, StartsWith("Shop authority "));
}

TEST(Authority, OfSeveralAnyIsBelieved) {
  const std::vector both = {an_authority().certificate(), an_authority().certificate()};
  const auto third = an_authority();
  const std::vector all = {both[0], third.certificate(), both[1]};
  const auto issued = third.issue(a_request(), make_private_key().public_key).value();
  EXPECT_TRUE(check_certificate(issued, all, now));
  EXPECT_FALSE(check_certificate(issued, both, now));
  EXPECT_FALSE(check_certificate(issued, {}, now));
}

TEST(Authority, WhatItIssuedIsGoodForItsTimeOnly) {
  const auto authority = an_authority();
  const auto issued = authority.issue(a_request(), make_private_key().public_key).value();
  EXPECT_FALSE(is_believed(issued, authority, now - seconds(1)));
  EXPECT_TRUE(is_believed(issued, authority, now + days(90) - seconds(1)));
  EXPECT_FALSE(is_believed(issued, authority, now + days(90)));
}

TEST(Authority, WhatItIssuedEndsWithItAtTheLatest) {
  const auto authority = an_authority(now + days(30));
  EXPECT_EQ(authority.issue(a_request(), make_private_key().public_key)->valid_until, now + days(30));
  auto late = a_request();
  late.valid_from = now + days(30);
  EXPECT_EQ(authority.issue(late, make_private_key().public_key).error().reason(), "CERTIFICATE_INVALID");
}

TEST(Authority, AProcessCannotVouchForAnother) {
  const auto authority = an_authority();
  auto key = make_private_key();
  const auto process = Authority::of(authority.issue(a_request(), key.public_key).value(), key).value();
  const auto forged = process.issue(a_request(), make_private_key().public_key).value();
  EXPECT_FALSE(is_issued_by(forged, process.certificate()));
  EXPECT_FALSE(is_believed(forged, process));
  EXPECT_FALSE(check_certificate(forged, std::vector{authority.certificate(), process.certificate()}, now));
}

TEST(Authority, AnOutsideClientIsBelievedAsNoModule) {
  const auto authority = an_authority();
  auto request = a_request();
  request.dns_names = {};
  const auto issued = authority.issue(request, make_private_key().public_key).value();
  EXPECT_TRUE(is_believed(issued, authority));
  EXPECT_TRUE(issued.dns_names.empty());
}

TEST(Authority, IssuesOnlyWhatCanBeAName) {
  const auto authority = an_authority();
  const auto key = make_private_key();
  const std::vector<std::string> no_names = {"",           "Warehouse.emporion",   "a,DNS:gateway.emporion", "a b",
                                             "*.emporion", std::string("a\0b", 3), std::string(254, 'a')};
  for (const auto& host : no_names) {
    auto request = a_request();
    request.dns_names = {host};
    const auto issued = authority.issue(request, key.public_key);
    ASSERT_FALSE(issued) << host;
    EXPECT_EQ(issued.error().reason(), "CERTIFICATE_INVALID");
  }
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("\xff")}) {
    auto request = a_request();
    request.name = name;
    EXPECT_FALSE(authority.issue(request, key.public_key)) << name;
  }
  EXPECT_FALSE(authority.issue(a_request(), "no key"));
}

TEST(Authority, NeedsTheKeyOfItsCertificate) {
  const auto refused = Authority::of(an_authority().certificate(), make_private_key());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "AUTHORITY_MISMATCH");
}

TEST(Certificates, AreReadInTheirOrderWhateverLiesBetween) {
  const auto one = an_authority().certificate();
  const auto two = an_authority().certificate();
  const auto read = read_certificates(text("# a remark\n", one.pem, make_private_key().pem.reveal(), two.pem, "\n"));
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].pem, one.pem);
  EXPECT_EQ((*read)[1].pem, two.pem);
}

TEST(Certificates, ThatAreDamagedAreNotLeftOut) {
  const auto one = an_authority().certificate();
  const std::string cut = one.pem.substr(0, one.pem.size() / 2);
  std::string changed = one.pem;
  changed.replace(100, 4, "!!!!");
  for (const auto& [pem, why] : std::vector<std::pair<std::string, std::string>>{{"", "no certificate"},
                                                                                 {"no certificate", "no certificate"},
                                                                                 {make_private_key().pem.reveal(), "no certificate"},
                                                                                 {cut, "certificate 1 is damaged"},
                                                                                 {one.pem + cut, "certificate 2 is damaged"},
                                                                                 {one.pem + changed, "certificate 2 is damaged"}}) {
    const auto read = read_certificates(pem);
    ASSERT_FALSE(read) << pem;
    EXPECT_EQ(read.error().reason(), "CERTIFICATE_UNREADABLE");
    EXPECT_THAT(read.error().detail(), HasSubstr(why));
  }
}

TEST(PrivateKeys, AreReadAsTheyWereWritten) {
  const auto key = make_private_key();
  const auto read = read_private_key(key.pem);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->public_key, key.public_key);
  EXPECT_THAT(key.pem.reveal(), StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_NE(make_private_key().public_key, key.public_key);
  EXPECT_EQ(key.public_key.size(), 91U) << "a point on P-256, with the curve by name";
}

TEST(PrivateKeys, OfNoUseAreRefusedWithoutAQuestion) {
  // Made with openssl 3.0: an EC key under a password, and a key of another kind.
  constexpr std::string_view encrypted = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhkAOutP+uSegICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIOunCEWVtARKe7Qsax2VbcEgZC+
Q0ZC7GNpXtNCYLpJAYHUL+WrIMfPd/hHHeiCu3eFARF0vOcnf4yN7jjtLB+5z0+X
WxWaATFGqNqZcX36GRJh1LiC1QFEqmsIpGxpzp/TCjDLbf61ovipB8w6ClpPd/6I
5lXjZlthLXw/UJpfUO7NXmylWgEgxgAiS3MUbDK6C9KAoDdAbB1jf00mGUXJ0+U=
-----END ENCRYPTED PRIVATE KEY-----
)";
  constexpr std::string_view ed25519 = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDD8UDuE4c849sakeqnYOJT/CS4B1lM92UmdFHrvpjhP
-----END PRIVATE KEY-----
)";
  for (const std::string_view pem : {encrypted, ed25519, std::string_view("no key"), std::string_view()}) {
    const auto read = read_private_key(Secret(std::string(pem)));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().reason(), "KEY_INVALID");
  }
}

}  // namespace
}  // namespace emporion::security
