#include "kernel/observe/metrics.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

struct RefundRate : PaymentTest {
  /// A second of the worker's time after another until no refund is open; answers how many it took.
  int seconds_until_done(int most) {
    int rounds = 0;
    while (count("refund WHERE status IN ('requested', 'submitted')") != "0" && rounds < most) {
      work(seconds(1));
      ++rounds;
    }
    return rounds;
  }
};

TEST_F(RefundRate, acceptance_commerce_3_9_17_ManyRefundsKeepToTheRateAndAllFinish) {
  for (int i = 0; i < 50; ++i) (void)a_captured_payment(1'000);
  sql("INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, next_run_at, created_at)"
      " SELECT gen_random_uuid(), p.id, 10, 'a batch', 'manual', 'requested', p.id || ':' || n, now() - n * interval '1 second', now() FROM payment p, "
      "generate_series(1, 100) n");
  ASSERT_EQ(count("refund"), "5000");
  const int spent = seconds_until_done(400);
  EXPECT_EQ(count("refund WHERE status = 'succeeded'"), "5000");
  EXPECT_EQ(provider.calls("refund"), 5'000) << "each once";
  EXPECT_LE(provider.busiest_second("refund"), ProviderBudget::default_rate);
  EXPECT_LE(spent, 5'000 / ProviderBudget::default_rate + 1) << "the rate is used";
  EXPECT_EQ(provider.ledger().balance(), 0);
  EXPECT_EQ(count("payment WHERE status = 'refunded'"), "50");
  expect_clean_audit();
}

TEST_F(RefundRate, IsSharedWithWhatElseIsOwedToTheProvider) {
  rates["stripe"] = 4;
  for (int i = 0; i < 3; ++i) {
    const auto request = a_payment("pm_card_visa");
    ASSERT_TRUE(create(request));
    ASSERT_TRUE(give_up(request.payment_id));
  }
  const auto paid = a_captured_payment(100);
  sql("INSERT INTO refund (id, payment_id, amount, reason, source, status, idem_key, next_run_at, created_at)"
      " SELECT gen_random_uuid(), id, 10, 'a batch', 'manual', 'requested', 'k' || n, now(), now() FROM payment, generate_series(1, 3) n WHERE status = "
      "'captured'");
  work(seconds(1));
  EXPECT_EQ(provider.calls("cancel"), 3);
  EXPECT_EQ(provider.calls("refund"), 1);
  work(seconds(1));
  EXPECT_EQ(provider.calls("refund"), 3);
}

TEST_F(RefundRate, FiveFailuresLeaveARefundToAPersonAndRaiseTheAlarm) {
  const auto alarms = [] { return observe::counter("emporion_payment_refunds_given_up_total", "", {{"provider", "stripe"}}).value(); };
  const auto before = alarms();
  const auto request = a_captured_payment(100);
  provider.misbehave("refund", simulators::Fault::busy, 50);
  v1::RefundPaymentRequest ask;
  ask.id = request.payment_id;
  ask.source = v1::RefundSource::manual;
  ask.reason = "damaged";
  ASSERT_TRUE(run(module().service.refund_payment(by("return"), ask)));
  for (int i = 0; i < 8; ++i) work(minutes(15));
  EXPECT_EQ(value("SELECT status || ' ' || tries FROM refund"), "manual_required 5");
  EXPECT_EQ(value("SELECT kind FROM payment_case"), "refund_failed");
  EXPECT_EQ(alarms(), before + 1);
}

}  // namespace
}  // namespace emporion::payment
