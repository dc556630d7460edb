#include <map>

#include "modules/product/promotion/testing/promotion_fixture.hpp"

namespace emporion::promotion {
namespace {

struct Contention : PromotionFixture {
  /// How often each answer came.
  std::map<std::string, int> reserve_at_once(std::vector<v1::ReserveRequest> requests) {
    std::vector<Task<Result<v1::Redemption>>> tasks;
    for (auto& request : requests) tasks.push_back(api().reserve(service(), std::move(request)));
    std::map<std::string, int> out;
    for (const auto& answer : run(when_all(std::move(tasks)))) ++out[reason_of(answer)];
    return out;
  }
  /// The same wish by many buyers: each has a hash of their own.
  std::vector<v1::ReserveRequest> wishes(int buyers, const std::vector<std::string>& coupons) {
    std::vector<v1::ReserveRequest> out;
    for (int i = 0; i < buyers; ++i) out.push_back(a_reserve(an_input(coupons)));
    return out;
  }
};

TEST_F(Contention, acceptance_product_3_A1_AHundredOfFiveThousandGetTheHundredUses) {
  auto terms = ten_percent();
  terms.limit_total = 100;
  const auto made = a_promotion(terms);
  auto input = an_input();
  input.customer_id.reset();
  const auto hash = evaluate(input).evaluation_hash;
  std::vector<v1::ReserveRequest> requests;
  for (int i = 0; i < 5'000; ++i) requests.push_back({.checkout_id = new_id(), .input = input, .evaluation_hash = hash});
  const auto answers = reserve_at_once(std::move(requests));
  EXPECT_EQ(answers.at("ok"), 100);
  EXPECT_EQ(answers.at("LIMIT_REACHED"), 4'900);
  EXPECT_EQ(usage(made.id), "100 300 exhausted");
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.promotion.exhausted'"), 1);
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.redemption.reserved'"), 100);
}

TEST_F(Contention, SixtyFourCallersForTheLastFiveUsesOfACouponAreExactlyFive) {
  a_promotion_by_coupon("LAST5", 5);
  const auto answers = reserve_at_once(wishes(64, {"LAST5"}));
  EXPECT_EQ(answers.at("ok"), 5);
  EXPECT_EQ(answers.at("LIMIT_REACHED"), 59);
  EXPECT_EQ(value("SELECT used || ' ' || status FROM coupon"), "5 used_up");
}

TEST_F(Contention, TwoReplicasShareTheLastUses) {
  const auto made = a_promotion_by_coupon("LAST5", 5);
  auto other_database = another(options());
  auto other = make_parts(*other_database);
  auto requests = wishes(64, {"LAST5"});
  std::vector<Task<Result<v1::Redemption>>> tasks;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    tasks.push_back(i % 2 == 0 ? api().reserve(service(), requests[i]) : other->reserving.reserve(service(), requests[i]));
  }
  int won = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    won += answer ? 1 : 0;
    if (!answer) EXPECT_EQ(answer.error().reason(), "LIMIT_REACHED") << answer.error().to_string();
  }
  EXPECT_EQ(won, 5);
  EXPECT_EQ(usage(made.id), "5 15 active");
  run(other->reserving.close());
  run(other_database->close());
}

TEST_F(Contention, acceptance_product_3_A2_OneCustomersTwentyCheckoutsGetOneUse) {
  auto terms = ten_percent();
  terms.limit_per_customer = 1;
  a_promotion(terms);
  auto input = an_input();
  const auto hash = evaluate(input).evaluation_hash;
  std::vector<v1::ReserveRequest> requests;
  for (int i = 0; i < 20; ++i) requests.push_back({.checkout_id = new_id(), .input = input, .evaluation_hash = hash});
  const auto answers = reserve_at_once(std::move(requests));
  EXPECT_EQ(answers.at("ok"), 1);
  EXPECT_EQ(answers.at("LIMIT_REACHED"), 19);
}

TEST_F(Contention, AGuestIsOneCustomerByEMailAddress) {
  auto terms = ten_percent();
  terms.limit_per_customer = 1;
  a_promotion(terms);
  auto input = an_input();
  input.customer_id.reset();
  input.guest_email = "Ann@Example.com";
  ASSERT_EQ(reason_of(reserve(a_reserve(input))), "ok");
  input.guest_email = " ann@example.com";
  EXPECT_EQ(evaluate(input).rejected.at(0).reason, "LIMIT");
  EXPECT_EQ(count("redemption WHERE customer_key LIKE '%ann%'"), 0);
}

TEST_F(Contention, acceptance_product_3_A3_ABudgetIsNeverExceeded) {
  auto terms = ten_percent();
  terms.campaign_id = a_campaign(1'000'00);
  a_promotion(terms);
  const auto answers = reserve_at_once(wishes(400, {}));
  EXPECT_EQ(answers.at("ok"), 333);
  EXPECT_EQ(answers.at("BUDGET_EXHAUSTED"), 67);
  EXPECT_EQ(value("SELECT budget_reserved FROM campaign"), "99900");
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.budget.warned'"), 1);
}

TEST_F(Contention, acceptance_product_3_A4_ARepeatGetsTheSameRedemption) {
  const auto made = a_promotion_by_coupon("ONCE", 1);
  const auto request = a_reserve(an_input({"ONCE"}));
  std::vector<Task<Result<v1::Redemption>>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(api().reserve(service(), request));
  const auto answers = run(when_all(std::move(tasks)));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(*answer, *answers.front());
  }
  EXPECT_EQ(usage(made.id), "1 3 active");
  clock().move(minutes(20));  // Even when the quote is too old to be evaluated again.
  EXPECT_EQ(*reserve(request), *answers.front());
  auto other = request;
  other.input.coupons.clear();
  EXPECT_NE(reason_of(reserve(other)), "ok");
  EXPECT_EQ(usage(made.id), "1 3 active");
}

Task<std::string> how_commit_ends(v1::PromotionApi& api, CallContext context, v1::CommitRequest request) {
  const auto answer = co_await api.commit(std::move(context), request);
  co_return answer ? std::string(to_string(answer->status)) : answer.error().reason();
}
Task<std::string> how_release_ends(v1::PromotionApi& api, CallContext context, v1::ReleaseRequest request) {
  const auto answer = co_await api.release(std::move(context), request);
  co_return answer ? std::string(to_string(answer->status)) : answer.error().reason();
}

TEST_F(Contention, CommitsAndReleasesAtOnceLeaveOneEnd) {
  const auto made = a_promotion_by_coupon("RACE", 200);
  for (int round = 0; round < 25; ++round) {
    const auto held = a_redemption(an_input({"RACE"}));
    const auto order = new_id();
    std::vector<Task<std::string>> tasks;
    for (int i = 0; i < 3; ++i) {
      tasks.push_back(how_commit_ends(api(), service(), {held.checkout_id, order}));
      tasks.push_back(how_release_ends(api(), service(), {held.checkout_id}));
    }
    const auto ends = run(when_all(std::move(tasks)));
    const bool is_committed = value(text("SELECT status FROM redemption WHERE checkout_id = '", held.checkout_id, "'")) == "committed";
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (is_committed)
        EXPECT_EQ(ends[i], "committed");
      else
        EXPECT_EQ(ends[i], i % 2 == 0 ? "RELEASED" : "released");
    }
  }
  EXPECT_EQ(text(count("redemption WHERE status = 'committed'"), ' ', count("redemption WHERE status = 'reserved'")),
            text(value(text("SELECT used FROM promotion WHERE id = '", made.id, "'")), " 0"));
}

}  // namespace
}  // namespace emporion::promotion
