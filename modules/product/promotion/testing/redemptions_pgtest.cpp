#include "modules/product/promotion/testing/promotion_fixture.hpp"

namespace emporion::promotion {
namespace {

using order::v1::OrderCancelled;
using order::v1::OrderConfirmed;

struct Redemptions : PromotionFixture {};

TEST_F(Redemptions, acceptance_product_3_A5_WhatNoOrderFollowsComesBack) {
  const auto made = a_promotion_by_coupon("BACK", 1);
  const auto held = a_redemption(an_input({"BACK"}));
  EXPECT_EQ(held.expires_at, clock().now() + minutes(30));
  clock().move(minutes(30) - seconds(1));
  ASSERT_TRUE(run(parts().upkeep.expire(context())));
  EXPECT_EQ(usage(made.id), "1 3 active");
  clock().move(seconds(11));
  ASSERT_TRUE(run(parts().upkeep.expire(context())));
  EXPECT_EQ(usage(made.id), "0 0 active");
  EXPECT_EQ(value("SELECT used || ' ' || status FROM coupon"), "0 active");
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.redemption.expired'"), 1);
}

TEST_F(Redemptions, AnExpiredOneIsCommittedOnlyIfItsUseIsStillFree) {
  const auto made = a_promotion_by_coupon("LATE", 1);
  const auto first = a_redemption(an_input({"LATE"}));
  clock().move(minutes(31));
  ASSERT_TRUE(run(parts().upkeep.expire(context())));
  const auto second = a_redemption(an_input({"LATE"}));
  EXPECT_EQ(reason_of(run(api().commit(service(), {first.checkout_id, new_id()}))), "RESERVATION_EXPIRED");
  ASSERT_EQ(run(api().release(service(), {second.checkout_id}))->status, v1::RedemptionStatus::released);
  EXPECT_EQ(run(api().commit(service(), {first.checkout_id, new_id()}))->status, v1::RedemptionStatus::committed);
  EXPECT_EQ(usage(made.id), "1 3 active");
}

TEST_F(Redemptions, AReserveThatComesAfterItsReleaseIsRefused) {
  const auto made = a_promotion_by_coupon("TOMB");
  const auto request = a_reserve(an_input({"TOMB"}));
  EXPECT_EQ(run(api().release(service(), {request.checkout_id}))->status, v1::RedemptionStatus::released);
  EXPECT_EQ(run(api().release(service(), {request.checkout_id}))->status, v1::RedemptionStatus::released);
  EXPECT_EQ(reason_of(reserve(request)), "RELEASED");
  EXPECT_EQ(usage(made.id), "0 0 active");
  EXPECT_EQ(reason_of(run(api().commit(service(), {request.checkout_id, new_id()}))), "RELEASED");
  EXPECT_EQ(reason_of(run(api().get_redemption(service(), {request.checkout_id}))), "REDEMPTION_NOT_FOUND");
}

TEST_F(Redemptions, ACommitIsBoundToOneOrder) {
  a_promotion_by_coupon("BIND");
  const auto order = new_id();
  const auto bound = a_committed(an_input({"BIND"}), order);
  EXPECT_EQ(bound.order_id, order);
  EXPECT_FALSE(bound.expires_at);
  EXPECT_EQ(*run(api().commit(service(), {bound.checkout_id, order})), bound);
  EXPECT_EQ(reason_of(run(api().commit(service(), {bound.checkout_id, new_id()}))), "BOUND_TO_OTHER_ORDER");
  EXPECT_EQ(reason_of(run(api().commit(service(), {new_id(), order}))), "REDEMPTION_NOT_FOUND");
  EXPECT_EQ(run(api().release(service(), {bound.checkout_id}))->status, v1::RedemptionStatus::committed);
  clock().move(hours(2));
  ASSERT_TRUE(run(parts().upkeep.expire(context())));
  EXPECT_EQ(run(api().get_redemption(service(), {bound.checkout_id}))->status, v1::RedemptionStatus::committed);
}

TEST_F(Redemptions, acceptance_product_3_A6_ACancelledOrderGivesBackOnce) {
  auto terms = ten_percent();
  terms.campaign_id = a_campaign(10'000);
  terms.limit_total = 1;
  const auto made = a_promotion(terms);
  const auto order = new_id();
  const auto bound = a_committed(an_input(), order);
  ASSERT_TRUE(hear(about<OrderConfirmed>(order, bound.checkout_id)));
  EXPECT_EQ(value("SELECT budget_reserved || ' ' || budget_spent FROM campaign"), "0 300");
  EXPECT_EQ(usage(made.id), "1 3 exhausted");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(hear(about<OrderCancelled>(order, bound.checkout_id)));
  EXPECT_EQ(usage(made.id), "0 0 active");
  EXPECT_EQ(value("SELECT budget_reserved || ' ' || budget_spent FROM campaign"), "0 0");
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.redemption.reversed'"), 1);
}

TEST_F(Redemptions, acceptance_product_3_A7_ALateConfirmationOfACancelledOrderIsIgnored) {
  const auto made = a_promotion(ten_percent());
  const auto order = new_id();
  const auto bound = a_committed(an_input(), order);
  ASSERT_TRUE(hear(about<OrderCancelled>(order, bound.checkout_id)));
  ASSERT_TRUE(hear(about<OrderConfirmed>(order, bound.checkout_id)));
  EXPECT_EQ(value("SELECT status FROM redemption"), "reversed");
  EXPECT_EQ(usage(made.id), "0 0 active");
}

TEST_F(Redemptions, AnOrderCancelledBeforeItsCommitReleases) {
  const auto made = a_promotion(ten_percent());
  const auto held = a_redemption(an_input());
  ASSERT_TRUE(hear(about<OrderCancelled>(new_id(), held.checkout_id)));
  EXPECT_EQ(value("SELECT status FROM redemption"), "released");
  EXPECT_EQ(reason_of(run(api().commit(service(), {held.checkout_id, new_id()}))), "RELEASED");
  EXPECT_EQ(usage(made.id), "0 0 active");
}

TEST_F(Redemptions, WhatIsNotRestoredStaysUsed) {
  auto terms = ten_percent();
  terms.restore_on_cancel = false;
  const auto made = a_promotion(terms);
  const auto order = new_id();
  const auto bound = a_committed(an_input(), order);
  ASSERT_TRUE(hear(about<OrderCancelled>(order, bound.checkout_id)));
  EXPECT_EQ(value("SELECT status FROM redemption"), "reversed");
  EXPECT_EQ(usage(made.id), "1 3 active");
}

TEST_F(Redemptions, AConfirmedOrderIsTheFirstOne) {
  auto terms = ten_percent();
  terms.first_order_only = true;
  a_promotion(terms);
  const auto input = an_input();
  const auto order = new_id();
  const auto bound = a_committed(input, order);
  ASSERT_TRUE(hear(about<OrderConfirmed>(order, bound.checkout_id, input.customer_id)));
  EXPECT_EQ(evaluate(input).rejected.at(0).reason, "SEGMENT");
}

TEST_F(Redemptions, acceptance_product_3_A10_AnEditBetweenEvaluationAndReserveIsNoticed) {
  const auto made = a_promotion(ten_percent());
  const auto request = a_reserve(an_input());
  auto terms = made.terms;
  terms.percentage_bp = 2'000;
  const auto edited = run(api().update_promotion(staff(), {made.id, made.version, terms}));
  ASSERT_TRUE(edited) << edited.error().to_string();
  EXPECT_EQ(edited->revision, 2);
  EXPECT_EQ(reason_of(reserve(request)), "EVALUATION_CHANGED");
  EXPECT_EQ(usage(made.id), "0 0 active");
}

TEST_F(Redemptions, AnotherReplicasEditIsNoticedUnderTheLock) {
  const auto made = a_promotion(ten_percent());
  const auto request = a_reserve(an_input());
  auto other_database = another(options());
  auto other = make_parts(*other_database);
  ASSERT_EQ(reason_of(run(other->promotions.move(staff(), {made.id, {}}, "pause"))), "ok");
  EXPECT_EQ(reason_of(reserve(request)), "EVALUATION_CHANGED");  // Its own copy is not a tenth of a second old.
  EXPECT_EQ(usage(made.id), "0 0 paused");
  run(other->reserving.close());
  run(other_database->close());
}

TEST_F(Redemptions, APromotionValidWhenQuotedOutlivesItsWindowButNotAPause) {
  auto terms = ten_percent();
  terms.ends_at = clock().now() + seconds(5);
  const auto made = a_promotion(terms);
  const auto request = a_reserve(an_input());
  const auto later = a_reserve(an_input());
  clock().move(minutes(2));
  ASSERT_TRUE(run(parts().promotions.pass_boundaries(context())));
  EXPECT_EQ(usage(made.id), "0 0 ended");
  EXPECT_EQ(reason_of(reserve(request)), "ok");
  ASSERT_EQ(reason_of(run(api().end_promotion(staff(), {made.id, {}}))), "ok");
  EXPECT_EQ(reason_of(reserve(later)), "EVALUATION_CHANGED");
}

TEST_F(Redemptions, TheNightlyAuditSetsACounterRight) {
  const auto made = a_promotion_by_coupon("FIXED");
  a_redemption(an_input({"FIXED"}));
  sql("UPDATE promotion SET used = 9; UPDATE coupon SET used = 7; UPDATE customer_counter SET used = 5");
  EXPECT_EQ(count("counter_differences(NULL)"), 4);
  ASSERT_TRUE(run(parts().insight.audit_counters(context())));
  EXPECT_EQ(usage(made.id), "1 3 active");
  EXPECT_EQ(count("counter_differences(NULL)"), 0);
}

TEST_F(Redemptions, TheNightlyAuditFindsEachCounterThatDiffersAlone) {
  auto terms = ten_percent();
  terms.campaign_id = a_campaign(10'000);
  const auto budgeted = a_promotion(terms);
  a_promotion_by_coupon("FIXED");
  a_redemption(an_input({"FIXED"}));
  ASSERT_EQ(count("counter_differences(NULL)"), 0);
  for (const std::string_view broken :
       {"UPDATE promotion SET used = used + 1 WHERE used > 0", "UPDATE promotion SET used_units = used_units + 1 WHERE used > 0",
        "UPDATE coupon SET used = used + 1", "UPDATE customer_counter SET used = used + 1", "DELETE FROM customer_counter",
        "UPDATE campaign SET budget_reserved = budget_reserved + 1", "UPDATE campaign SET budget_spent = budget_spent + 1"}) {
    sql(std::string(broken));
    ASSERT_GT(count("counter_differences(NULL)"), 0) << broken;
    ASSERT_TRUE(run(parts().insight.audit_counters(context())));
    EXPECT_EQ(count("counter_differences(NULL)"), 0) << broken;
  }
}

TEST_F(Redemptions, AreCountedInReports) {
  auto terms = ten_percent();
  terms.campaign_id = a_campaign(10'000);
  const auto made = a_promotion(terms);
  const auto input = an_input();
  a_committed(input, new_id());
  a_redemption(an_input());
  const auto usage = run(api().get_usage(staff(), {made.id}));
  ASSERT_TRUE(usage) << usage.error().to_string();
  EXPECT_EQ(usage->reserved, 1);
  EXPECT_EQ(usage->committed, 1);
  EXPECT_EQ(usage->customers, 2);
  EXPECT_EQ(usage->totals.at(0).discount, usd(600));
  const auto campaign = run(api().get_campaign_analytics(staff(), {*terms.campaign_id}));
  EXPECT_EQ(campaign->totals.at(0).redemptions, 2);
  EXPECT_EQ(campaign->campaign.budget_reserved, 600);
  EXPECT_EQ(run(api().get_summary(staff(), {}))->items.at(0).total.units, 6);
  EXPECT_EQ(run(api().list_customer_history(customer(*input.customer_id), {.customer_id = *input.customer_id}))->redemptions.size(), 1u);
  EXPECT_EQ(reason_of(run(api().list_customer_history(customer(new_id()), {.customer_id = *input.customer_id}))), "CUSTOMER_NOT_FOUND");
}

}  // namespace
}  // namespace emporion::promotion
