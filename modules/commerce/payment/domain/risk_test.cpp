#include "modules/commerce/payment/domain/risk.hpp"

#include <gtest/gtest.h>

namespace emporion::payment {
namespace {

Money vnd(std::int64_t amount) { return Money(amount, Currency::of("VND")); }

TEST(Risk, AMissingGeoIpAddsTenPointsAndStillGivesAnAssessment) {
  const RiskScore score = score_risk(RiskFacts{.amount = vnd(253'000)}, "card");
  EXPECT_EQ(score.score, 10);
  EXPECT_EQ(score.decision, RiskDecision::allow);
  ASSERT_EQ(score.signals.size(), 1u);
  EXPECT_EQ(score.signals[0].name, "address_signal_unavailable");
}

struct Case {
  const char* about;
  RiskFacts facts;
  int score;
};

const Case cases[] = {
    {"nothing", {.amount = vnd(1), .address_country_differs = false}, 0},
    {"20,000,000 is not over the limit, but round", {.amount = vnd(20'000'000), .address_country_differs = false}, 5},
    {"over it", {.amount = vnd(20'000'001), .address_country_differs = false}, 20},
    {"guest over 2,000,000", {.amount = vnd(2'000'001), .is_guest = true, .address_country_differs = false}, 15},
    {"guest at 2,000,000", {.amount = vnd(2'000'000), .is_guest = true, .address_country_differs = false}, 0},
    {"21 SKUs", {.amount = vnd(1), .distinct_skus = 21, .address_country_differs = false}, 15},
    {"20 SKUs", {.amount = vnd(1), .distinct_skus = 20, .address_country_differs = false}, 0},
    {"11 payments a day", {.amount = vnd(1), .payments_last_day = 11, .address_country_differs = false}, 25},
    {"3 declines an hour", {.amount = vnd(1), .declines_last_hour = 3, .address_country_differs = false}, 30},
    {"6 orders an hour", {.amount = vnd(1), .orders_last_hour_by_address = 6, .address_country_differs = false}, 20},
    {"other country", {.amount = vnd(1), .address_country_differs = true}, 15},
    {"all", {.amount = vnd(40'000'000), .is_guest = true, .distinct_skus = 30, .payments_last_day = 20, .declines_last_hour = 9, .orders_last_hour_by_address = 9}, 100},
};

TEST(Risk, ScoresByItsTable) {
  for (const Case& row : cases) EXPECT_EQ(score_risk(row.facts, "card").score, row.score) << row.about;
}

TEST(Risk, DecidesByItsBands) {
  RiskFacts facts{.amount = vnd(1), .payments_last_day = 11, .address_country_differs = true};  // 40
  EXPECT_EQ(score_risk(facts, "card").decision, RiskDecision::allow);
  EXPECT_TRUE(score_risk(facts, "card").force_3ds);
  EXPECT_EQ(score_risk(facts, "cod").decision, RiskDecision::review);
  EXPECT_FALSE(score_risk(facts, "cod").force_3ds);
  facts.distinct_skus = 21;
  facts.billing_differs_from_shipping = true;  // 60
  EXPECT_EQ(score_risk(facts, "card").decision, RiskDecision::review);
  facts.orders_last_hour_by_address = 6;  // 80
  EXPECT_EQ(score_risk(facts, "card").decision, RiskDecision::deny);
  EXPECT_EQ(score_risk(RiskFacts{.amount = vnd(1), .earlier_lost_chargeback = true}, "card").decision, RiskDecision::deny);
}

TEST(Risk, KnowsWhatIsMuchInOtherCurrencies) {
  EXPECT_EQ(high_amount(Currency::of("USD")).amount(), 1'000'000);
  EXPECT_EQ(high_amount(Currency::of("JPY")).amount(), 1'500'000);
  EXPECT_EQ(high_amount(Currency::of("KWD")).amount(), 3'000'000);
}

}  // namespace
}  // namespace emporion::payment
