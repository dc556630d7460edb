#include "kernel/security/internal_token.hpp"

#include <gtest/gtest.h>

namespace emporion::security {
namespace {

class InternalTokenTest : public ::testing::Test {
 protected:
  UtcTime now = UtcTime::parse("2026-01-02T03:04:05Z").value();
  InternalTokenSigner gateway = *InternalTokenSigner::create("gateway", Secret(std::string(32, 'g')));
  InternalTokenSigner stranger = *InternalTokenSigner::create("gateway", Secret(std::string(32, 's')));
  InternalTokenVerifier verifier = *InternalTokenVerifier::create({{"gateway", gateway.public_key()}});
};

TEST_F(InternalTokenTest, CarriesThePrincipal) {
  Principal staff;
  staff.realm = Realm::staff;
  staff.id = Uuid::from_name("staff");
  staff.session = Uuid::from_name("session");
  staff.permissions = {"order.order.read", "catalog.*"};
  Principal acted = staff;
  acted.realm = Realm::customer;
  acted.acting_staff = Uuid::from_name("agent");
  for (const Principal& principal : {staff, acted, Principal::guest(), Principal::of_service("checkout")}) {
    const auto read = verifier.verify(gateway.sign(principal, "order", now), "order", now);
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read->realm, principal.realm);
    EXPECT_EQ(read->id, principal.id);
    EXPECT_EQ(read->session, principal.session);
    EXPECT_EQ(read->service, principal.service);
    EXPECT_EQ(read->permissions, principal.permissions);
    EXPECT_EQ(read->acting_staff, principal.acting_staff);
  }
}

TEST_F(InternalTokenTest, IsForOneModuleAndOneMinute) {
  const std::string token = gateway.sign(Principal::guest(), "order", now);
  EXPECT_FALSE(verifier.verify(token, "payment", now));
  EXPECT_TRUE(verifier.verify(token, "order", now + seconds(64)));
  EXPECT_FALSE(verifier.verify(token, "order", now + seconds(65)));
  EXPECT_TRUE(verifier.verify(token, "order", now - seconds(5)));
  EXPECT_FALSE(verifier.verify(token, "order", now - seconds(6)));
}

TEST_F(InternalTokenTest, RefusesStrangersAndChanges) {
  EXPECT_EQ(verifier.verify(stranger.sign(Principal::guest(), "order", now), "order", now).error().reason(), "INVALID_INTERNAL_TOKEN");
  const auto other = InternalTokenSigner::create("other", Secret(std::string(32, 'g')));
  EXPECT_FALSE(verifier.verify(other->sign(Principal::guest(), "order", now), "order", now));
  const std::string token = gateway.sign(Principal::guest(), "order", now);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verifier.verify(changed, "order", now)) << "character " << i;
  }
  EXPECT_FALSE(verifier.verify("", "order", now));
}

TEST_F(InternalTokenTest, RefusesKeysOfAWrongSize) {
  EXPECT_EQ(InternalTokenSigner::create("a", Secret("short")).error().reason(), "KEY_INVALID");
  EXPECT_EQ(InternalTokenVerifier::create({{"a", "short"}}).error().reason(), "KEY_INVALID");
}

}  // namespace
}  // namespace emporion::security
