#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <thread>

#include "kernel/base/text.hpp"
#include "tests/journeys/saga_checks.hpp"

// One shop, whatever processes it is made of: what the saga's checks bring, the rows that are left and the events that were told are the same.
namespace emporion::journeys {
namespace {

struct CameOut {
  std::vector<std::string> checks;
  std::vector<std::string> books;
};

CameOut all_checks_in(const std::string& placement) {
  CheckedShop checked(placement);
  CameOut out;
  for (const auto& check : saga_checks()) {
    if (check.begin) check.begin(checked);
  }
  for (const auto& check : saga_checks()) {
    const auto began = std::chrono::steady_clock::now();
    const std::string outcome = check.outcome(checked);
    EXPECT_EQ(outcome, check.expected) << placement << ", check " << check.number;
    out.checks.push_back(text(check.number, ": ", outcome));
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    std::printf("%s, check %s: %s (%lld ms)\n", placement.c_str(), std::string(check.number).c_str(), outcome.c_str(), static_cast<long long>(took.count()));
  }
  out.books = checked.books();
  EXPECT_EQ(checked.shop->audit(), 0) << placement << checked.shop->audit_report();
  return out;
}

std::vector<std::string> only_in(const std::vector<std::string>& these, const std::vector<std::string>& those) {
  std::vector<std::string> out;
  std::ranges::copy_if(these, std::back_inserter(out), [&](const std::string& line) { return std::ranges::find(those, line) == those.end(); });
  return out;
}

// Side by side: most of the time both wait.
TEST(Placements, acceptance_commerce_4_5_15_TheChecksOfTheSagaComeOutTheSameInOneProcessAndInOnePerModule) {
  CameOut in_one, in_many;
  std::thread beside([&] { in_many = all_checks_in("per-module"); });
  in_one = all_checks_in("one");
  beside.join();
  for (const auto of : {&CameOut::checks, &CameOut::books}) {
    EXPECT_THAT(only_in(in_one.*of, in_many.*of), ::testing::IsEmpty());
    EXPECT_THAT(only_in(in_many.*of, in_one.*of), ::testing::IsEmpty());
  }
  EXPECT_THAT(in_one.books, ::testing::Contains("events order.order.confirmed: 23"));
}

/// The same checks one by one, for `make journeys`: in the placement that EMP_JOURNEY_PLACEMENT says.
struct SagaChecks : ::testing::Test {
  static void SetUpTestSuite() { checked = std::make_unique<CheckedShop>(); }
  static void TearDownTestSuite() {
    EXPECT_EQ(checked->shop->audit(), 0) << checked->shop->audit_report();
    checked.reset();
  }
  static void expect_to_hold(std::string_view number) {
    const auto found = std::ranges::find(saga_checks(), number, &SagaCheck::number);
    ASSERT_NE(found, saga_checks().end()) << number;
    if (found->begin) found->begin(*checked);
    EXPECT_EQ(found->outcome(*checked), found->expected);
  }
  static std::unique_ptr<CheckedShop> checked;
};
std::unique_ptr<CheckedShop> SagaChecks::checked;

TEST_F(SagaChecks, acceptance_commerce_4_5_1_TheLastUnitsGoToAsManyAsThereAre) { expect_to_hold("1"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_2_OneSessionConfirmedOftenIsOneOrderAndOneCharge) { expect_to_hold("2"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_3_WhoeverDiesTheOrderIsConfirmedAndChargedOnce) { expect_to_hold("3"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_4_ALostAnswerDoublesNothing) { expect_to_hold("4"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_6_TheLastUseOfACouponGoesToOne) { expect_to_hold("6"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_7_AnotherCardPaysForTheSameOrder) { expect_to_hold("7"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_8_AWindowThatEndsGivesEverythingBack) { expect_to_hold("8"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_9_PaidAfterTheAbortGoesBackInFull) { expect_to_hold("9"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_10_ACaptureThatFailsFourTimesIsTriedOn) { expect_to_hold("10"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_11_AVoidThatFailsIsTriedOnAndDoneOnce) { expect_to_hold("11"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_12_ARisenPriceIsRefusedAndAFallenOneTaken) { expect_to_hold("12"); }
TEST_F(SagaChecks, acceptance_commerce_4_5_13_AfterAFailureANewConfirmIsANewOrder) { expect_to_hold("13"); }

}  // namespace
}  // namespace emporion::journeys
