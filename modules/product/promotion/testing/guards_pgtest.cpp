#include "kernel/testing/rival.hpp"
#include "modules/product/promotion/testing/promotion_fixture.hpp"

// What holds although another process writes the same rows, and what the tables refuse by themselves.
namespace emporion::promotion {
namespace {

struct PromotionGuards : PromotionFixture {
  /// "ok", or why it is refused, of a reserve that meets what another process has changed and not yet committed.
  std::string reserve_while(const std::string& change) {
    const auto request = a_reserve(an_input());
    testing::Rival other(superuser_dsn());
    other.run(change);
    auto outcome = other.beside(runtime(), outcome_of(request));
    EXPECT_TRUE(other.was_waited_for());
    return outcome;
  }
  Task<std::string> outcome_of(v1::ReserveRequest request) { co_return reason_of(co_await api().reserve(service(), std::move(request))); }
  /// A use as the lane hands it to the store.
  ReserveAnswer::Outcome reserved(const Uuid& promotion, std::int64_t set_off, std::int32_t revision_off) {
    auto command = std::make_shared<Reserve>();
    command->id = new_id();
    command->checkout = new_id();
    command->body = new_id();
    command->currency = Currency::of("USD");
    command->evaluation_hash = "hash";
    command->set_revision = std::stoll(value("SELECT revision FROM active_set")) + set_off;
    command->uses = {
        {.promotion = promotion, .revision = std::stoi(value("SELECT revision FROM promotion")) + revision_off, .coupon = {}, .discount = 100, .units = 1}};
    command->at = clock().now();
    std::vector<std::shared_ptr<const Reserve>> batch;
    batch.push_back(std::move(command));
    const auto answers = run(parts().redemptions.reserve(std::move(batch)));
    EXPECT_TRUE(answers && answers->front()) << (answers ? "" : answers.error().to_string());
    return answers->front()->outcome;
  }
};

TEST_F(PromotionGuards, TheLastUseThatAnotherProcessIsTakingIsWaitedFor) {
  auto terms = ten_percent();
  terms.limit_total = 1;
  a_promotion(terms);
  EXPECT_EQ(reserve_while("UPDATE promotion SET used = used + 1"), "LIMIT_REACHED");
  sql("UPDATE promotion SET used = 0");
}

TEST_F(PromotionGuards, TheBudgetThatAnotherProcessIsTakingIsWaitedFor) {
  auto terms = ten_percent();
  terms.campaign_id = a_campaign(1'000);
  a_promotion(terms);
  EXPECT_EQ(reserve_while("UPDATE campaign SET budget_reserved = budget_limit"), "BUDGET_EXHAUSTED");
  sql("UPDATE campaign SET budget_reserved = 0");
}

TEST_F(PromotionGuards, ACheckoutHasOneRedemption) {
  a_promotion(ten_percent());
  a_redemption(an_input());
  expect_refused(
      "INSERT INTO redemption SELECT (r.x).* FROM (SELECT jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid())) AS x FROM redemption o) r",
      "redemption_checkout");
}

TEST_F(PromotionGuards, AUseIsCountedAndGivenBackOnce) {
  const auto made = a_promotion(ten_percent());
  const auto held = a_redemption(an_input());
  const auto shift = [&](int sign) { return text("SELECT redemption_shift(ARRAY['", held.id, "'::uuid], ", sign, ", false, now(), NULL)"); };
  for (int i = 0; i < 2; ++i) sql(shift(-1));
  EXPECT_EQ(usage(made.id), "0 0 active");
  for (int i = 0; i < 2; ++i) sql(shift(1));
  EXPECT_EQ(usage(made.id), "1 3 active");
}

TEST_F(PromotionGuards, WhatWasEvaluatedBeforeAnotherProcessChangedItIsStale) {
  const auto made = a_promotion(ten_percent());
  EXPECT_EQ(reserved(made.id, -1, 0), ReserveAnswer::Outcome::stale);
  EXPECT_EQ(reserved(made.id, 0, -1), ReserveAnswer::Outcome::stale);
  EXPECT_EQ(reserved(made.id, 0, 0), ReserveAnswer::Outcome::accepted);
}

}  // namespace
}  // namespace emporion::promotion
