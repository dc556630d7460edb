#include "modules/commerce/payment/testing/credit_fixture.hpp"

namespace emporion::payment {
namespace {

struct CreditRefund : Credit {};

TEST_F(CreditRefund, OfACancelledLineIsWhatItsCardPaymentDoesNotCover) {
  const Uuid card = a_card(100).card.id;
  const auto payment = a_captured_payment(50);
  auto tender = a_hold({{card, 100}});
  tender.order_id = payment.order_id;
  ASSERT_TRUE(hold(tender));
  ASSERT_TRUE(redeem(tender));
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, a_cancelled_line(payment.order_id, 30)));
  work();
  EXPECT_EQ(provider.ledger().balance(), 20);
  EXPECT_EQ(balance(card), 0);
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, a_cancelled_line(payment.order_id, 70, 2)));
  work(minutes(1));
  EXPECT_EQ(provider.ledger().balance(), 0);
  EXPECT_EQ(balance(card), 50) << "20 in money, 50 in credit";
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(payment.order_id)));
  EXPECT_EQ(balance(card), 100);
}

TEST_F(CreditRefund, OfACancelledLineLeavesTheCashFirst) {
  const Uuid card = a_card(100).card.id;
  const auto payment = a_payment("cod", 50);
  ASSERT_TRUE(create(payment));
  auto tender = a_hold({{card, 100}});
  tender.order_id = payment.order_id;
  ASSERT_TRUE(hold(tender));
  ASSERT_TRUE(redeem(tender));
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, a_cancelled_line(payment.order_id, 20)));
  EXPECT_EQ(value("SELECT (amount - reduced_amount)::text FROM payment"), "30");
  EXPECT_EQ(balance(card), 0);
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, a_cancelled_line(payment.order_id, 45, 2)));
  EXPECT_EQ(stored(payment.payment_id).status, v1::PaymentStatus::voided) << "nothing is left to collect, and nothing has failed";
  EXPECT_EQ(balance(card), 15);
}

TEST_F(CreditRefund, OfALineOfAnOrderThatCreditPaidWhollyGoesBackWithoutAPayment) {
  const Uuid card = a_card(100).card.id;
  const auto tender = a_hold({{card, 100}});
  ASSERT_TRUE(hold(tender));
  // Before the redemption came: what it redeems is the rest.
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, a_cancelled_line(tender.order_id, 30)));
  EXPECT_EQ(balance(card), 30);
  EXPECT_EQ(held(card), 70);
  ASSERT_TRUE(redeem(tender));
  EXPECT_EQ(held(card), 0);
  ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, a_cancelled_line(tender.order_id, 80, 2)));
  EXPECT_EQ(balance(card), 100) << "never more than it paid";
}

TEST_F(CreditRefund, AnOrdersRefundIsSplitExactlyAndOncePerKey) {
  const Uuid card = a_card(100).card.id;
  const auto payment = a_captured_payment(50);
  auto tender = a_hold({{card, 100}});
  tender.order_id = payment.order_id;
  ASSERT_TRUE(hold(tender));
  ASSERT_TRUE(redeem(tender));
  std::vector<Task<Result<v1::RefundOrderResponse>>> tasks;
  for (int i = 0; i < 8; ++i)
    tasks.push_back(api().refund_order(by("return", text("r", i / 4)), {.order_id = payment.order_id, .amount = dong(80), .reason = "returned"}));
  int done = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    if (!answer) {
      EXPECT_EQ(answer.error().reason(), "OVER_REFUND");
      EXPECT_EQ(answer.error().metadata_json("refundable"), "70");
      continue;
    }
    ++done;
    EXPECT_EQ(answer->from_payment, dong(50));
    EXPECT_EQ(answer->to_credit, dong(30));
    EXPECT_TRUE(answer->refund_id.has_value());
  }
  EXPECT_EQ(done, 4) << "one refund and its repeats";
  work();
  EXPECT_EQ(provider.ledger().balance(), 0);
  EXPECT_EQ(balance(card), 30);
  const auto rest = run(api().refund_order(as_staff("rest"), {.order_id = payment.order_id, .amount = dong(70), .reason = "all of it"}));
  ASSERT_TRUE(rest) << rest.error().to_string();
  EXPECT_EQ(rest->from_payment, dong(0));
  EXPECT_FALSE(rest->refund_id.has_value());
  EXPECT_EQ(run(api().refund_order(as_staff("more"), {.order_id = payment.order_id, .amount = dong(1), .reason = "x"})).error().reason(), "NOT_REFUNDABLE");
  EXPECT_EQ(run(api().refund_order(as_staff("none"), {.order_id = Uuid::from_name("none"), .amount = dong(1), .reason = "x"})).error().reason(),
            "NOT_REFUNDABLE");
}

TEST_F(CreditRefund, ARefundIntoStoreCreditNeedsNoProviderAndIsOwedFromThenOn) {
  auto payment = a_payment("pm_card_visa", 100);
  payment.customer_id = Uuid::from_name("linh");
  ASSERT_TRUE(create(payment));
  ASSERT_TRUE(capture(payment.payment_id));
  v1::RefundPaymentRequest request;
  request.id = payment.payment_id;
  request.amount = dong(60);
  request.source = v1::RefundSource::return_;
  request.reason = "returned";
  request.target = v1::RefundTarget::store_credit;
  std::vector<Task<Result<v1::Refund>>> tasks;
  for (int i = 0; i < 6; ++i) tasks.push_back(module().service.refund_payment(by("return", "rma-1"), request));
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->status, v1::RefundStatus::succeeded);
    EXPECT_EQ(answer->target, v1::RefundTarget::store_credit);
  }
  work();
  EXPECT_EQ(provider.ledger().balance(), 100) << "the money stays with us";
  EXPECT_EQ(stored(payment.payment_id).status, v1::PaymentStatus::partially_refunded);
  EXPECT_EQ(run(api().get_store_credit(as_staff(), {.customer_id = Uuid::from_name("linh")}))->accounts.front().balance, dong(60));
  EXPECT_EQ(value("SELECT sum(amount)::text FROM ledger_entry WHERE account = 'store_credit'"), "-60");
  request.target = v1::RefundTarget::source;
  EXPECT_EQ(run(module().service.refund_payment(by("return", "rma-1"), request)).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  request.target = v1::RefundTarget::store_credit;
  request.amount = dong(41);
  EXPECT_EQ(run(module().service.refund_payment(by("return", "rma-2"), request)).error().reason(), "OVER_REFUND");
  const auto guest = a_captured_payment(100);
  request.id = guest.payment_id;
  EXPECT_EQ(run(module().service.refund_payment(by("return", "rma-3"), request)).error().reason(), "STORE_CREDIT_NEEDS_CUSTOMER");
}

}  // namespace
}  // namespace emporion::payment
