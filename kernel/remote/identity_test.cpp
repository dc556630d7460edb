#include "kernel/remote/identity.hpp"

#include <gtest/gtest.h>

#include "kernel/security/principal_codec.hpp"

namespace emporion::remote {
namespace {

using Modules = std::vector<std::string>;

std::string staff_json() {
  Principal staff;
  staff.realm = Realm::staff;
  staff.id = Uuid::from_name("staff");
  return security::principal_to_json(staff);
}
std::string service_json(std::string_view module) { return security::principal_to_json(Principal::of_service(module)); }

TEST(Identity, ModulesArePeersOfTheShopOnly) {
  const Modules names = {"order.emporion", "shop.example", "emporion", ".emporion", "*.emporion", "a.b.emporion", "order.emporion.example", "payment.emporion"};
  EXPECT_EQ(modules_of_peer(names), (Modules{"order", "payment"}));
  EXPECT_EQ(modules_of_peer({}), Modules());
}

TEST(Identity, AModuleActsAsItselfOnly) {
  const Modules peer = {"order", "payment"};
  EXPECT_EQ(who_acts(service_json("payment"), peer)->service, "payment");
  const auto refused = who_acts(service_json("checkout"), peer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "PRINCIPAL_NOT_BELIEVED");
  EXPECT_EQ(refused.error().kind(), ErrorKind::permission_denied);
}

TEST(Identity, AModulePassesOnWhoeverCalledIt) {
  EXPECT_EQ(who_acts(staff_json(), Modules{"order"})->realm, Realm::staff);
  EXPECT_EQ(who_acts(security::principal_to_json(Principal::guest()), Modules{"order"})->realm, Realm::guest);
}

TEST(Identity, WhoClaimsNothingActsInItsOwnName) {
  const auto peer = who_acts(std::nullopt, Modules{"order", "payment"});
  EXPECT_EQ(peer->realm, Realm::service);
  EXPECT_EQ(peer->service, "order");
  EXPECT_EQ(who_acts(std::nullopt, std::nullopt)->realm, Realm::guest);
}

TEST(Identity, NobodyElseIsBelieved) {
  for (const auto& claimed : {std::optional<std::string>(), std::optional(staff_json()), std::optional(service_json("order"))}) {
    EXPECT_EQ(who_acts(claimed, Modules()).error().reason(), "PEER_UNKNOWN");
  }
  EXPECT_EQ(who_acts("{}", Modules{"order"}).error().reason(), "PRINCIPAL_UNREADABLE");
}

TEST(Identity, WithoutCertificatesEverybodyIsBelieved) { EXPECT_EQ(who_acts(service_json("order"), std::nullopt)->service, "order"); }

}  // namespace
}  // namespace emporion::remote
