#include "kernel/testing/rival.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

// Several processes look after the same payments: each takes what the others have not in hand, and waits for none of them.
namespace emporion::payment {
namespace {

struct UpkeepGuards : PaymentTest {
  Task<Result<std::vector<Payment>>> held(UtcTime at) { return module().upkeep_store.claim_held(at, at, {{"stripe", 10}}); }
  Task<Result<std::vector<Payment>>> left_over(UtcTime at) { return module().upkeep_store.claim_left_over(at, at + minutes(10), {{"stripe", 10}}); }
};

TEST_F(UpkeepGuards, AHeldPaymentThatAnotherProcessAsksForIsPassedOver) {
  ASSERT_TRUE(create(a_payment("pm_card_visa")));
  const UtcTime later = clock.now() + hours(1);
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM payment FOR NO KEY UPDATE");
  EXPECT_TRUE(other.beside(runtime(), held(later))->empty());
  EXPECT_EQ(run(held(later))->size(), 1u);
}

TEST_F(UpkeepGuards, AHeldPaymentThatWasAskedForWaitsForItsNextTurn) {
  ASSERT_TRUE(create(a_payment("pm_card_visa")));
  const UtcTime later = clock.now() + hours(1);
  EXPECT_EQ(run(held(later))->size(), 1u);
  EXPECT_TRUE(run(held(later))->empty());
  EXPECT_EQ(run(held(later + minutes(1)))->size(), 1u);
}

TEST_F(UpkeepGuards, AnAttemptThatAnotherProcessEndsIsPassedOver) {
  ASSERT_TRUE(create(a_payment("pm_card_chargeDeclined")));
  const UtcTime later = clock.now() + hours(1);
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM payment FOR NO KEY UPDATE");
  EXPECT_TRUE(other.beside(runtime(), left_over(later))->empty());
  EXPECT_EQ(run(left_over(later))->size(), 1u);
}

TEST_F(UpkeepGuards, AnAttemptThatIsBeingEndedIsTakenAgainOnlyAfterItsTime) {
  ASSERT_TRUE(create(a_payment("pm_card_chargeDeclined")));
  const UtcTime now = clock.now();
  EXPECT_EQ(run(left_over(now))->size(), 1u);
  EXPECT_TRUE(run(left_over(now + minutes(9)))->empty());
  EXPECT_EQ(run(left_over(now + minutes(10)))->size(), 1u);
}

}  // namespace
}  // namespace emporion::payment
