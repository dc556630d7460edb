#include "modules/commerce/checkout/app/recent_plans.hpp"

#include <gtest/gtest.h>

namespace emporion::checkout {
namespace {

struct RecentPlansTest : testing::Test {
  RecentPlansTest() {
    session.id = Uuid::from_name("session");
    session.version = 4;
    cart.version = 2;
    cart.subtotal = Money(500, Currency::of("GBP"));
    plan.groups.push_back({.group_key = "north"});
    plans.keep(session, cart, plan, now);
  }
  bool is_known(UtcTime at) const { return plans.of(session, cart, at).has_value(); }

  const UtcTime now = UtcTime::parse("2026-01-31T12:00:00Z").value();
  v1::CheckoutSession session;
  v1::Cart cart;
  RecentPlans::Plan plan;
  RecentPlans plans;
};

TEST_F(RecentPlansTest, APlanIsKnownForAMoment) {
  EXPECT_EQ(plans.of(session, cart, now).value(), plan);
  EXPECT_TRUE(is_known(now + RecentPlans::life));
  EXPECT_FALSE(is_known(now + RecentPlans::life + seconds(1)));
}

TEST_F(RecentPlansTest, APlanIsOfTheSessionTheCartAndTheSumThatItWasMadeFor) {
  session.version = 5;
  EXPECT_FALSE(is_known(now));
  session.version = 4;
  cart.version = 3;
  EXPECT_FALSE(is_known(now));
  cart.version = 2;
  cart.subtotal = Money(501, Currency::of("GBP"));
  EXPECT_FALSE(is_known(now));
  cart.subtotal = Money(500, Currency::of("GBP"));
  EXPECT_TRUE(is_known(now));
  session.id = Uuid::from_name("another");
  EXPECT_FALSE(is_known(now));
}

TEST_F(RecentPlansTest, OnlySoManyAreKept) {
  for (std::size_t i = 0; i < RecentPlans::kept_max; ++i) {
    v1::CheckoutSession other = session;
    other.id = Uuid::from_name(std::to_string(i));
    plans.keep(other, cart, plan, now);
  }
  EXPECT_FALSE(is_known(now));
}

}  // namespace
}  // namespace emporion::checkout
