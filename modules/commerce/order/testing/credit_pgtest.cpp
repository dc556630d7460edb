#include "modules/commerce/order/api/audit.hpp"
#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

Money dong(std::int64_t amount) { return Money(amount, Currency::of("VND")); }

/// Orders of 283,000 of which gift cards and store credit pay a part.
struct CreditOrder : OrderTest {
  v1::CreateOrderRequest an_order_with(std::int64_t credit, v1::PaymentMethod method) {
    auto request = an_order(1, method);
    request.totals.credit_value = dong(credit);
    request.totals.amount_due = request.totals.grand_total - dong(credit);
    return request;
  }
  payment::v1::CreditReturned a_return(Uuid order, std::int64_t amount, std::int64_t total) {
    payment::v1::CreditReturned event;
    event.order_id = order;
    event.amount = dong(amount);
    event.total_returned = dong(total);
    return event;
  }
  v1::Order stored(Uuid id) { return run(service.get_order(by("checkout"), {.id = id})).value(); }
  void TearDown() override {
    for (const AuditCheck& check : audit_checks()) EXPECT_EQ(sql(std::string(check.sql)).size(), 0u) << check.invariant;
  }
};

TEST_F(CreditOrder, IsReadAsItWasWrittenAndTellsWhatIsDue) {
  const auto request = an_order_with(83'000, v1::PaymentMethod::cod);
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->order.totals, request.totals);
  EXPECT_EQ(stored(request.order_id), created->order);
  EXPECT_EQ(create(request)->order, created->order);
  ASSERT_TRUE(confirm(request));
  for (const std::string topic : {"order.order.created", "order.order.confirmed"}) {
    EXPECT_EQ(
        value(text("SELECT (data::json #>> '{totals,amount_due,amount}') || ' ' || (data::json #>> '{totals,credit_value,amount}') FROM outbox WHERE topic = '",
                   topic, "'")),
        "200000 83000")
        << topic;
  }
  // As it is told once the birth's text is gone.
  sql("DELETE FROM order_birth");
  EXPECT_EQ(value("SELECT (order_facts(h)::json #>> '{totals,amount_due,amount}') FROM order_header h"), "200000");
}

TEST_F(CreditOrder, WhoseDueIsOffByOneIsRefusedAndNothingIsWritten) {
  for (const std::int64_t off : {-1, 1}) {
    auto request = an_order_with(83'000, v1::PaymentMethod::cod);
    request.totals.amount_due = dong(200'000 + off);
    EXPECT_EQ(create(request).error().reason(), "TOTAL_MISMATCH");
  }
  EXPECT_EQ(create(an_order_with(283'001, v1::PaymentMethod::none)).error().reason(), "TOTAL_MISMATCH") << "more credit than there is to pay";
  EXPECT_EQ(create(an_order_with(-1, v1::PaymentMethod::cod)).error().reason(), "TOTAL_MISMATCH");
  auto mixed = an_order_with(83'000, v1::PaymentMethod::cod);
  mixed.totals.credit_value = Money(83'000, Currency::of("USD"));
  EXPECT_EQ(create(mixed).error().reason(), "CURRENCY_MISMATCH");
  EXPECT_EQ(count("order_header"), "0");
}

TEST_F(CreditOrder, OfWhichSomethingIsDueIsNotConfirmedWithoutAPayment) {
  const auto request = an_order_with(282'999, v1::PaymentMethod::cod);
  ASSERT_TRUE(create(request));
  auto confirmation = a_confirmation(request);
  confirmation.payment_id.reset();
  confirmation.payment_status = v1::PaymentFacet::none;
  EXPECT_EQ(run(service.confirm_order(by("checkout"), confirmation)).error().reason(), "NOT_PAYABLE");
  EXPECT_EQ(status(request.order_id), "pending_payment");
  EXPECT_TRUE(confirm(request));
}

TEST_F(CreditOrder, ThatCreditPaysWhollyIsPaidWithItsConfirmation) {
  const auto request = an_order_with(283'000, v1::PaymentMethod::none);
  ASSERT_TRUE(create(request));
  v1::ConfirmOrderRequest confirmation;
  confirmation.id = request.order_id;
  confirmation.payment_status = v1::PaymentFacet::none;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(service.confirm_order(by("checkout"), confirmation)));
  EXPECT_EQ(count("outbox WHERE topic = 'order.order.paid'"), "1");
  // What goes back is told in the facet; late and repeated news changes nothing.
  ASSERT_TRUE(hear(&EventHandlers::on_credit_returned, a_return(request.order_id, 100, 100)));
  EXPECT_EQ(stored(request.order_id).payment.status, v1::PaymentFacet::partially_refunded);
  ASSERT_TRUE(hear(&EventHandlers::on_credit_returned, a_return(request.order_id, 282'900, 283'000)));
  ASSERT_TRUE(hear(&EventHandlers::on_credit_returned, a_return(request.order_id, 100, 100)));
  EXPECT_EQ(stored(request.order_id).payment.status, v1::PaymentFacet::refunded);
  EXPECT_EQ(stored(request.order_id).payment.credit_returned, dong(283'000));
  ASSERT_TRUE(hear(&EventHandlers::on_credit_returned, a_return(Uuid::from_name("none"), 1, 1)));
}

TEST_F(CreditOrder, IsRefundedWhenMoneyAndCreditAreBackInWhicheverOrder) {
  for (const bool money_first : {true, false}) {
    const auto request = an_order_with(83'000, v1::PaymentMethod::card);
    ASSERT_TRUE(create(request));
    ASSERT_TRUE(confirm(request));
    payment::v1::RefundCompleted money;
    money.order_id = request.order_id;
    money.payment_id = *a_confirmation(request).payment_id;
    money.amount = money.total_refunded = dong(200'000);
    for (const bool is_money : {money_first, !money_first}) {
      if (is_money) {
        ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, money));
      } else {
        ASSERT_TRUE(hear(&EventHandlers::on_credit_returned, a_return(request.order_id, 83'000, 83'000)));
      }
      const bool is_first = is_money == money_first;
      EXPECT_EQ(stored(request.order_id).payment.status, is_first ? v1::PaymentFacet::partially_refunded : v1::PaymentFacet::refunded);
    }
  }
}

TEST_F(CreditOrder, OfWhoseCashCancelledLinesLeaveNothingIsPaid) {
  const auto request = an_order_with(283'000 - 50, v1::PaymentMethod::cod);
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  EXPECT_EQ(count("outbox WHERE topic = 'order.order.paid'"), "0");
  payment::v1::PaymentVoided event;
  event.order_id = request.order_id;
  event.payment_id = *a_confirmation(request).payment_id;
  event.attempt_no = 1;
  event.seq = 2;
  event.provider = "cod";
  ASSERT_TRUE(hear(&EventHandlers::on_payment_voided, event));
  EXPECT_EQ(stored(request.order_id).payment.status, v1::PaymentFacet::voided);
  EXPECT_EQ(count("outbox WHERE topic = 'order.order.paid'"), "1");
}

}  // namespace
}  // namespace emporion::order
