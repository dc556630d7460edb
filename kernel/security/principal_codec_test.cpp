#include "kernel/security/principal_codec.hpp"

#include <gtest/gtest.h>

namespace emporion::security {
namespace {

TEST(PrincipalCodec, BringsEveryPrincipalBack) {
  Principal staff;
  staff.realm = Realm::staff;
  staff.id = Uuid::from_name("staff");
  staff.session = Uuid::from_name("session");
  staff.permissions = {"order.order.read", "catalog.*", "Đơn hàng"};
  Principal acted = staff;
  acted.realm = Realm::customer;
  acted.acting_staff = Uuid::from_name("agent");
  for (const Principal& principal : {staff, acted, Principal::guest(), Principal::of_service("checkout")}) {
    const auto read = principal_from_json(principal_to_json(principal));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read->realm, principal.realm);
    EXPECT_EQ(read->id, principal.id);
    EXPECT_EQ(read->session, principal.session);
    EXPECT_EQ(read->service, principal.service);
    EXPECT_EQ(read->permissions, principal.permissions);
    EXPECT_EQ(read->acting_staff, principal.acting_staff);
  }
}

TEST(PrincipalCodec, RefusesWhatIsNoPrincipal) {
  const std::string good = principal_to_json(Principal::of_service("order"));
  const auto without = [&](std::string_view part) {
    std::string text = good;
    const auto at = text.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return text.replace(at, part.size(), "\"x\":1");
  };
  ASSERT_TRUE(principal_from_json(without("\"service\":\"order\""))) << "a customer has no service";
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{}"), good + "}", without("\"realm\":\"service\""),
                                  without("\"permissions\":[]"), without("\"id\":\"00000000-0000-0000-0000-000000000000\"")}) {
    const auto read = principal_from_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().reason(), "PRINCIPAL_UNREADABLE");
    EXPECT_EQ(read.error().kind(), ErrorKind::unauthenticated);
  }
}

}  // namespace
}  // namespace emporion::security
