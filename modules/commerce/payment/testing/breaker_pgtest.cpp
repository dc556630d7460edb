#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using S = v1::PaymentStatus;
using simulators::Fault;

struct BrokenProvider : PaymentTest {
  /// Five calls that Stripe answers with 500.
  void open_the_breaker() {
    provider.misbehave("create", Fault::error_500, 5);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(create(a_payment("pm_card_visa"))->payment.status, S::processing);
    ASSERT_TRUE(module().gateways.front()->rests_for());
  }
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override {
    if (!nobody_listens) return PaymentTest::gateways();
    stripe::StripeOptions options;
    options.enabled = true;
    options.base_url = "http://127.0.0.1:1";
    options.secret_key = simulators::StripeSimulatorOptions{}.secret_key;
    std::vector<std::unique_ptr<ProviderGateway>> out;
    out.push_back(std::make_unique<stripe::StripeGateway>(runtime(), clock, std::move(options)));
    return out;
  }
  bool nobody_listens = false;
};

TEST_F(BrokenProvider, IsLeftAloneForAMinuteAndBuyersAreToldAtOnce) {
  open_the_breaker();
  const auto request = a_payment("pm_card_visa");
  const auto refused = create(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "PROVIDER_UNAVAILABLE");
  EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(refused.error().metadata_json("retry_after"), "60");
  EXPECT_EQ(refused.error().metadata_json("other_methods"), R"(["cod"])");
  EXPECT_EQ(count("payment"), "5") << "nothing is begun";
  EXPECT_EQ(provider.calls("create"), 5) << "and nothing sent";
  clock.move(seconds(61));
  EXPECT_EQ(create(request)->payment.status, S::authorized) << "two probes of three: the making and the confirming";
  EXPECT_EQ(create(a_payment("pm_card_visa"))->payment.status, S::authorized);
}

TEST_F(BrokenProvider, AnswersAPaymentThatIsThereAlreadyAsItStands) {
  const auto request = a_payment("pm_card_visa");
  ASSERT_TRUE(create(request));
  open_the_breaker();
  const auto again = create(request);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->payment.status, S::authorized);
}

TEST_F(BrokenProvider, ThatFailsTheProbeIsLeftAloneForAnotherMinute) {
  open_the_breaker();
  clock.move(seconds(61));
  provider.misbehave("create", Fault::error_500);
  EXPECT_EQ(create(a_payment("pm_card_visa"))->payment.status, S::processing);
  EXPECT_EQ(create(a_payment("pm_card_visa")).error().reason(), "PROVIDER_UNAVAILABLE");
}

TEST_F(BrokenProvider, CountsNoFailureOfARefundThatWasNotSent) {
  const auto request = a_captured_payment(100);
  open_the_breaker();
  v1::RefundPaymentRequest ask;
  ask.id = request.payment_id;
  ask.source = v1::RefundSource::manual;
  ask.reason = "damaged";
  ASSERT_TRUE(run(module().service.refund_payment(by("return"), ask)));
  for (int i = 0; i < 3; ++i) work();
  EXPECT_EQ(value("SELECT status || ' ' || tries FROM refund"), "requested 0");
  EXPECT_EQ(provider.calls("refund"), 0);
  sql("UPDATE payment SET next_run_at = NULL WHERE status = 'processing'");  // Their keys replay the 500 for ever, which would fail each probe.
  for (int i = 0; i < 3; ++i) work(seconds(61));
  EXPECT_EQ(value("SELECT status FROM refund"), "succeeded");
}

TEST_F(BrokenProvider, MayBeReplacedByAnotherMethodOnlyIfItSurelyDidNothing) {
  const auto unknown = a_payment("pm_card_visa");
  provider.misbehave("confirm", Fault::lose_answer);
  EXPECT_EQ(create(unknown)->payment.status, S::processing);
  auto other = a_payment("cod");
  other.order_id = unknown.order_id;
  other.attempt_no = 2;
  EXPECT_EQ(create(other).error().reason(), "PAYMENT_EXISTS") << "the first may have taken the money";

  nobody_listens = true;
  restart();
  const auto unsent = a_payment("pm_card_visa");
  EXPECT_EQ(create(unsent)->payment.status, S::failed);
  other = a_payment("cod");
  other.order_id = unsent.order_id;
  other.attempt_no = 2;
  EXPECT_EQ(create(other)->payment.status, S::pending_collection);
}

}  // namespace
}  // namespace emporion::payment
