#include "modules/commerce/payment/domain/risk.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::payment {
namespace {

Money vnd(std::int64_t amount) { return Money(amount, Currency::of("VND")); }

/// A purchase that nothing speaks against.
RiskFacts harmless(std::int64_t amount = 253'000) {
  RiskFacts facts{.amount = vnd(amount)};
  facts.distinct_skus = facts.payments_last_day = facts.orders_last_hour = facts.accounts_of_card_last_day = 1;
  facts.origin = AddressOrigin{.country = "VN"};
  facts.billing_country = facts.shipping_country = facts.card_country = "VN";
  return facts;
}

template <typename Change>
RiskFacts with(Change change, std::int64_t amount = 253'000) {
  RiskFacts facts = harmless(amount);
  change(facts);
  return facts;
}

struct Case {
  const char* about;
  RiskFacts facts;
  int score;
};

const Case cases[] = {
    {"nothing", harmless(), 0},
    {"20,000,000 is not over the limit, but round", harmless(20'000'000), 5},
    {"over it", harmless(20'000'001), 20},
    {"over it and round", harmless(22'000'000), 25},
    {"a guest over 2,000,000", with([](RiskFacts& f) { f.is_guest = true; }, 2'000'001), 15},
    {"a guest at 2,000,000", with([](RiskFacts& f) { f.is_guest = true; }, 2'000'000), 0},
    {"21 SKUs", with([](RiskFacts& f) { f.distinct_skus = 21; }), 15},
    {"20 SKUs", with([](RiskFacts& f) { f.distinct_skus = 20; }), 0},
    {"11 payments a day", with([](RiskFacts& f) { f.payments_last_day = 11; }), 25},
    {"10 payments a day", with([](RiskFacts& f) { f.payments_last_day = 10; }), 0},
    {"3 declines an hour", with([](RiskFacts& f) { f.declines_last_hour = 3; }), 30},
    {"2 declines an hour", with([](RiskFacts& f) { f.declines_last_hour = 2; }), 0},
    {"6 orders an hour", with([](RiskFacts& f) { f.orders_last_hour = 6; }), 20},
    {"5 orders an hour", with([](RiskFacts& f) { f.orders_last_hour = 5; }), 0},
    {"an account of 23 hours with a high amount", with([](RiskFacts& f) { f.account_age_hours = 23; }, 20'000'001), 35},
    {"an account of 24 hours with a high amount", with([](RiskFacts& f) { f.account_age_hours = 24; }, 20'000'001), 20},
    {"an account of an hour with a small amount", with([](RiskFacts& f) { f.account_age_hours = 1; }), 0},
    {"no answer about the address", with([](RiskFacts& f) { f.origin.reset(); }), 10},
    {"an answer that knows no country", with([](RiskFacts& f) { f.origin->country.clear(); }), 10},
    {"the address is elsewhere than the bill", with([](RiskFacts& f) { f.billing_country = f.card_country = "DE"; }), 15},
    {"the address is elsewhere than the parcel", with([](RiskFacts& f) { f.shipping_country = "DE"; }), 10},
    {"the address is elsewhere than both", with([](RiskFacts& f) { f.origin->country = "DE"; }), 25},
    {"a VPN", with([](RiskFacts& f) { f.origin->is_anonymous = true; }), 20},
    {"a Tor exit, which is a proxy too", with([](RiskFacts& f) { f.origin->is_anonymous = f.origin->is_tor_exit = true; }), 35},
    {"a card of another country than the bill", with([](RiskFacts& f) { f.card_country = "BR"; }), 15},
    {"a card of an unknown country", with([](RiskFacts& f) { f.card_country.clear(); }), 0},
    {"a card of four accounts", with([](RiskFacts& f) { f.accounts_of_card_last_day = 4; }), 30},
    {"a card of three accounts", with([](RiskFacts& f) { f.accounts_of_card_last_day = 3; }), 0},
    {"billed to another address", with([](RiskFacts& f) { f.billing_differs_from_shipping = true; }), 5},
    {"a disposable e-mail address", with([](RiskFacts& f) { f.has_disposable_email = true; }), 15},
    {"all at once",
     with([](RiskFacts& f) { f.is_guest = f.has_disposable_email = f.origin->is_tor_exit = true, f.declines_last_hour = 9, f.orders_last_hour = 9; },
          40'000'000),
     100},
};

TEST(Risk, ScoresByItsTable) {
  for (const Case& row : cases) EXPECT_EQ(score_risk(row.facts, "card", RiskRules()).score, row.score) << row.about;
}

TEST(Risk, NamesWhatFired) {
  const RiskScore score = score_risk(with([](RiskFacts& f) { f.origin.reset(); }), "card", RiskRules());
  EXPECT_EQ(score.decision, RiskDecision::allow);
  ASSERT_EQ(score.signals.size(), 1u);
  EXPECT_EQ(score.signals[0].name, "address_signal_unavailable");
  EXPECT_EQ(score.signals[0].points, 10);
}

TEST(Risk, DecidesByItsBands) {
  // One signal of freely chosen points: every score there is.
  for (int points = 0; points <= 100; ++points) {
    RiskRules rules;
    rules.points[static_cast<std::size_t>(Signal::many_skus)] = points;
    const RiskFacts facts = with([](RiskFacts& f) { f.distinct_skus = 21; });
    const RiskScore card = score_risk(facts, "card", rules);
    const RiskScore cash = score_risk(facts, "cod", rules);
    EXPECT_EQ(card.score, points);
    EXPECT_EQ(card.decision, points < 60 ? RiskDecision::allow : points < 75 ? RiskDecision::review : RiskDecision::deny) << points;
    EXPECT_EQ(cash.decision, points < 40 ? RiskDecision::allow : points < 75 ? RiskDecision::review : RiskDecision::deny) << points;
    EXPECT_EQ(card.force_3ds, points >= 40 && points < 75) << points;
    EXPECT_FALSE(cash.force_3ds);
  }
}

TEST(Risk, RefusesWhoeverIsListedAndWhoeverCostUsAChargeback) {
  for (const char* kind : {"email", "phone", "ip", "device", "card", "address"}) {
    const RiskScore score = score_risk(with([&](RiskFacts& f) { f.listed = {kind}; }), "card", RiskRules());
    EXPECT_EQ(score.decision, RiskDecision::deny);
    EXPECT_EQ(score.signals.back().name, std::string("listed_") + kind);
    EXPECT_FALSE(score.force_3ds);
  }
  EXPECT_EQ(score_risk(with([](RiskFacts& f) { f.earlier_lost_chargeback = true; }), "cod", RiskRules()).decision, RiskDecision::deny);
}

TEST(Risk, KnowsNetworksThatStaffHaveNamedAsHosting) {
  RiskRules rules;
  rules.hosting_asns = {64500};
  EXPECT_EQ(score_risk(with([](RiskFacts& f) { f.origin->network = 64500; }), "card", rules).score, 20);
  EXPECT_EQ(score_risk(with([](RiskFacts& f) { f.origin->network = 64501; }), "card", rules).score, 0);
}

TEST(Risk, KnowsWhatIsMuchInOtherCurrencies) {
  EXPECT_EQ(high_amount(Currency::of("VND")).amount(), 20'000'000);
  EXPECT_EQ(high_amount(Currency::of("USD")).amount(), 1'000'000);
  EXPECT_EQ(high_amount(Currency::of("JPY")).amount(), 1'500'000);
  EXPECT_EQ(high_amount(Currency::of("KWD")).amount(), 3'000'000);
  RiskRules rules;
  rules.high_amounts["USD"] = 500'000;
  EXPECT_EQ(rules.high(Currency::of("USD")).amount(), 500'000);
  EXPECT_EQ(rules.high(Currency::of("EUR")).amount(), 1'000'000);
}

TEST(RiskRules, AreRefusedWhereTheyMakeNoSense) {
  const auto broken = [](auto change) {
    RiskRules rules;
    change(rules);
    const auto checked = rules.check();
    return !checked && checked.error().reason() == "FRAUD_RULES_INVALID";
  };
  EXPECT_TRUE(RiskRules().check());
  EXPECT_TRUE(broken([](RiskRules& r) { r.points[0] = 101; }));
  EXPECT_TRUE(broken([](RiskRules& r) { r.points[0] = -1; }));
  EXPECT_TRUE(broken([](RiskRules& r) { r.review_from = 30; }));
  EXPECT_TRUE(broken([](RiskRules& r) { r.deny_from = 50; }));
  EXPECT_TRUE(broken([](RiskRules& r) { r.high_amounts["USD"] = 0; }));
  EXPECT_TRUE(broken([](RiskRules& r) { r.orders_per_hour_max = 0; }));
}

TEST(RiskRules, KnowEachSignalByItsName) {
  for (std::size_t i = 0; i < signal_count; ++i) EXPECT_EQ(signal_named(to_string(static_cast<Signal>(i))), static_cast<Signal>(i));
  EXPECT_FALSE(signal_named("phase_of_the_moon"));
}

RC_GTEST_PROP(Risk, MoreAgainstItNeverLowersAScore, (bool guest, bool differs, bool disposable, std::uint8_t declines, std::uint8_t orders)) {
  RiskFacts facts = harmless(25'000'000);
  const int before = score_risk(facts, "card", RiskRules()).score;
  facts.is_guest = guest;
  facts.billing_differs_from_shipping = differs;
  facts.has_disposable_email = disposable;
  facts.declines_last_hour = declines;
  facts.orders_last_hour = orders;
  const int after = score_risk(facts, "card", RiskRules()).score;
  RC_ASSERT(after >= before && after <= 100);
}

}  // namespace
}  // namespace emporion::payment
