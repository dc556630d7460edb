#include "modules/commerce/order/api/audit.hpp"
#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

using shipping::v1::ShipmentDispatched;

TEST_F(OrderTest, acceptance_commerce_2_7_1_OneSagaFiftyTimesAtOnceIsOneOrderAndFiftyEqualBodies) {
  const auto request = an_order(3);
  std::vector<Task<Result<v1::CreateOrderResponse>>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(service.create_order(by("checkout"), request));
  const auto answers = run(when_all(std::move(tasks)));
  int firsts = 0;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->order, answers[0]->order);
    firsts += answer->status_code == 201;
  }
  EXPECT_EQ(firsts, 1);
  EXPECT_EQ(count("order_header"), "1");
  EXPECT_EQ(count("order_line"), "3");
  EXPECT_EQ(count("order_status_history"), "1");
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox"), "order.order.created order.order.status_changed");
}

TEST_F(OrderTest, AnOrderIsReadAsItWasWritten) {
  const auto request = an_order(2, v1::PaymentMethod::card);
  const auto created = create(request);
  ASSERT_TRUE(created) << created.error().to_string();
  const v1::Order& order = created->order;
  EXPECT_EQ(order.status, v1::OrderStatus::pending_payment);
  EXPECT_EQ(order.payment.status, v1::PaymentFacet::pending);
  EXPECT_EQ(order.totals, request.totals);
  EXPECT_EQ(order.shipping_address, request.shipping_address);
  EXPECT_EQ(order.lines[1].tax_breakdown, request.lines[1].tax_breakdown);
  EXPECT_EQ(order.lines[1].allocations, request.lines[1].allocations);
  EXPECT_EQ(order.payment_deadline, request.payment_deadline);
  EXPECT_EQ(order.contact, request.contact);
  v1::GetOrderRequest get;
  get.id = request.order_id;
  EXPECT_EQ(run(service.get_order(by("checkout"), get)).value(), order);
}

TEST_F(OrderTest, TwoThousandLinesAreOneOrder) {
  const auto request = an_order(2'000);
  ASSERT_TRUE(create(request));
  const auto confirmed = confirm(request);
  ASSERT_TRUE(confirmed) << confirmed.error().to_string();
  EXPECT_EQ(run(store.load(request.order_id))->lines.size(), 2'000u);
}

TEST_F(OrderTest, acceptance_commerce_2_7_2_ATotalOffByOneMinorUnitIsRefusedAndNothingIsWritten) {
  using Term = Money v1::OrderTotals::*;
  for (const Term term : {&v1::OrderTotals::grand_total, &v1::OrderTotals::subtotal, &v1::OrderTotals::discount, &v1::OrderTotals::shipping,
                          &v1::OrderTotals::shipping_discount, &v1::OrderTotals::tax, &v1::OrderTotals::payment_fee, &v1::OrderTotals::points_value}) {
    for (const int off : {-1, 1}) {
      auto request = an_order();
      const Money wanted = request.totals.*term;
      if (wanted.is_zero() && off < 0) continue;  // Not a well-formed amount.
      request.totals.*term = Money(wanted.amount() + off, wanted.currency());
      const auto answer = create(request);
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().reason(), "TOTAL_MISMATCH");
      EXPECT_EQ(answer.error().kind(), ErrorKind::rule_violated) << "422";
    }
  }
  auto line = an_order();
  line.lines[0].total = Money(253'001, Currency::of("VND"));
  EXPECT_EQ(create(line).error().reason(), "TOTAL_MISMATCH");
  EXPECT_EQ(count("order_header"), "0");
  EXPECT_EQ(count("outbox"), "0");
}

TEST_F(OrderTest, ASagaWithAnotherBodyIsRefused) {
  auto request = an_order();
  ASSERT_TRUE(create(request));
  request.contact.email = "somebody@else.test";
  EXPECT_EQ(create(request).error().reason(), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(OrderTest, ASessionHasOneLiveOrderAndACancelledOneDoesNotBlockTheNext) {
  const auto first = an_order();
  ASSERT_TRUE(create(first));
  auto second = an_order();
  second.session_id = first.session_id;
  EXPECT_EQ(create(second).error().reason(), "SESSION_HAS_ORDER");
  v1::CancelOrderRequest cancel;
  cancel.id = first.order_id;
  cancel.reason = "payment declined";
  ASSERT_TRUE(run(service.cancel_order(by("checkout"), cancel)));
  EXPECT_TRUE(create(second));
}

TEST_F(OrderTest, ACancellationThatComesFirstRefusesTheOrder) {
  const auto request = an_order();
  v1::CancelOrderRequest cancel;
  cancel.id = request.order_id;
  cancel.reason = "aborted";
  const auto tombstone = run(service.cancel_order(by("checkout"), cancel));
  ASSERT_TRUE(tombstone) << tombstone.error().to_string();
  EXPECT_FALSE(tombstone->order);
  EXPECT_EQ(create(request).error().reason(), "ORDER_CANCELLED");
  EXPECT_EQ(count("order_header"), "0");
}

TEST_F(OrderTest, AConfirmationTwiceAtOnceIsOneAndItsEventsReadAsTheContractSays) {
  const auto request = an_order(2, v1::PaymentMethod::card);
  ASSERT_TRUE(create(request));
  std::vector<Task<Result<v1::OrderConfirmation>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(service.confirm_order(by("checkout"), a_confirmation(request)));
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->status, v1::OrderStatus::confirmed);
  }
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY topic) FROM outbox WHERE aggregate_version = 2"),
            "order.order.confirmed order.order.paid order.order.status_changed");
  const auto event = parse_json<v1::OrderConfirmed>(value("SELECT data FROM outbox WHERE topic = 'order.order.confirmed'"));
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_EQ(event->lines.size(), 2u);
  EXPECT_EQ(event->totals.grand_total, request.totals.grand_total);
  EXPECT_EQ(event->payment.status, "captured");
  EXPECT_EQ(event->lines[0].allocations[0].reservation_id, request.reservation_id);
  const auto born = parse_json<v1::OrderCreated>(value("SELECT data FROM outbox WHERE topic = 'order.order.created'"));
  ASSERT_TRUE(born) << born.error().to_string();
  EXPECT_EQ(born->shipping_address, event->shipping_address);
  EXPECT_EQ(born->placed_at, event->placed_at);
  EXPECT_TRUE(parse_json<v1::OrderStatusChanged>(value("SELECT data FROM outbox WHERE topic = 'order.order.status_changed' AND aggregate_version = 2")));
}

TEST_F(OrderTest, IsNotConfirmedWithoutItsMoney) {
  const auto request = an_order(1, v1::PaymentMethod::card);
  ASSERT_TRUE(create(request));
  auto ask = a_confirmation(request);
  for (const auto facet : {v1::PaymentFacet::none, v1::PaymentFacet::authorized, v1::PaymentFacet::failed, v1::PaymentFacet::cod_pending}) {
    ask.payment_status = facet;
    const auto answer = run(service.confirm_order(by("checkout"), ask));
    ASSERT_FALSE(answer) << std::string(to_string(facet));
    EXPECT_EQ(answer.error().reason(), "NOT_PAYABLE");
  }
  EXPECT_EQ(status(request.order_id), "pending_payment");
  EXPECT_EQ(count("order_status_history"), "1");
}

TEST_F(OrderTest, ThatCostsNothingIsConfirmedWithoutAPayment) {
  auto request = an_order(1, v1::PaymentMethod::none);
  const Money nothing(0, Currency::of("VND"));
  request.totals.discount = Money(220'000, Currency::of("VND"));
  request.lines[0].discount = request.totals.discount;
  request.lines[0].tax = request.lines[0].total = request.totals.tax = request.totals.shipping = request.totals.grand_total = nothing;
  request.lines[0].tax_breakdown.clear();
  ASSERT_TRUE(create(request));
  v1::ConfirmOrderRequest ask;
  ask.id = request.order_id;
  ask.payment_status = v1::PaymentFacet::none;
  const auto confirmed = run(service.confirm_order(by("checkout"), ask));
  ASSERT_TRUE(confirmed) << confirmed.error().to_string();
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'order.order.paid'"), "1");
}

TEST_F(OrderTest, HasTheSameTableInTheDatabaseAsInTheDomain) {
  std::string wanted;
  std::vector<std::string> rows;
  for (const Transition& row : transitions()) rows.push_back(text(to_string(row.from), ">", to_string(row.to)));
  std::sort(rows.begin(), rows.end());
  for (const std::string& row : rows) wanted += (wanted.empty() ? "" : " ") + row;
  EXPECT_EQ(value("SELECT string_agg(from_status || '>' || to_status, ' ' ORDER BY (from_status || '>' || to_status) COLLATE \"C\") FROM order_transition"),
            wanted);
}

TEST_F(OrderTest, HearsOfItsPaymentInAnyOrderAndSaysPaidOnce) {
  const auto request = an_order(1, v1::PaymentMethod::card);
  ASSERT_TRUE(create(request));
  payment::v1::PaymentCaptured captured;
  captured.payment_id = a_confirmation(request).payment_id.value();
  captured.order_id = request.order_id;
  captured.attempt_no = 1;
  captured.provider = "stripe";
  captured.seq = 4;
  payment::v1::PaymentAuthorized authorized;
  authorized.payment_id = captured.payment_id;
  authorized.order_id = request.order_id;
  authorized.attempt_no = 1;
  authorized.provider = "stripe";
  authorized.seq = 3;
  ASSERT_TRUE(hear(&EventHandlers::on_payment_captured, captured));
  ASSERT_TRUE(hear(&EventHandlers::on_payment_authorized, authorized));
  ASSERT_TRUE(confirm(request));
  ASSERT_TRUE(hear(&EventHandlers::on_payment_captured, captured));
  EXPECT_EQ(value("SELECT payment_status FROM order_header"), "captured");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'order.order.paid'"), "1");
  payment::v1::RefundCompleted refund;
  refund.payment_id = captured.payment_id;
  refund.order_id = request.order_id;
  refund.total_refunded = Money(100'000, Currency::of("VND"));
  ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, refund));
  EXPECT_EQ(value("SELECT payment_status FROM order_header"), "partially_refunded");
  refund.total_refunded = request.totals.grand_total;
  ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, refund));
  EXPECT_EQ(value("SELECT payment_status FROM order_header"), "refunded");
}

TEST_F(OrderTest, UnderReviewIsDecidedOnceAndConfirmedAfterApproval) {
  const auto request = an_order();
  ASSERT_TRUE(create(request));
  v1::MarkReviewRequest mark;
  mark.id = request.order_id;
  mark.assessment_id = Uuid::from_name("assessment");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(service.mark_review(by("checkout"), mark)));
  EXPECT_EQ(confirm(request).error().reason(), "INVALID_TRANSITION");
  v1::DecideReviewRequest decide;
  decide.id = request.order_id;
  decide.decision = v1::ReviewDecision::approve;
  decide.reason = "known customer";
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(service.decide_review(as(Realm::staff, Uuid::from_name("ops")), decide)));
  decide.decision = v1::ReviewDecision::reject;
  EXPECT_EQ(run(service.decide_review(as(Realm::staff, Uuid::from_name("ops")), decide)).error().reason(), "ALREADY_DECIDED");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'order.order.review_decided'"), "1");
  EXPECT_EQ(confirm(request)->status, v1::OrderStatus::confirmed);
}

TEST_F(OrderTest, ThatIsLongOverdueEndsOnlyWhenSagaAndPaymentAgree) {
  const auto request = an_order(1, v1::PaymentMethod::card);
  ASSERT_TRUE(create(request));
  clock.move(minutes(46));
  neighbours.saga_ended = false;
  ASSERT_TRUE(run(housekeeping.end_overdue(by("order"))));
  EXPECT_EQ(status(request.order_id), "pending_payment");
  neighbours.saga_ended = true;
  neighbours.payment_over = false;
  ASSERT_TRUE(run(housekeeping.end_overdue(by("order"))));
  EXPECT_EQ(status(request.order_id), "pending_payment");
  neighbours.payment_over = true;
  ASSERT_TRUE(run(housekeeping.end_overdue(by("order"))));
  EXPECT_EQ(status(request.order_id), "cancelled");
}

TEST_F(OrderTest, KeepsItsAuditCleanAndEachBrokenRowIsNamed) {
  const auto request = a_confirmed_order(2);
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "A", 1)));
  for (const AuditCheck& check : audit_checks()) EXPECT_EQ(sql(std::string(check.sql)).size(), 0u) << check.invariant;
  for (const AuditFact& fact : audit_facts()) (void)sql(std::string(fact.sql));
  sql("ALTER TABLE order_header DISABLE TRIGGER order_header_is_a_snapshot; ALTER TABLE order_header DROP CONSTRAINT order_total_derives; UPDATE order_header "
      "SET grand_total = grand_total + 1");
  EXPECT_EQ(sql(std::string(audit_checks()[0].sql)).size(), 1u);
  sql("UPDATE order_header SET grand_total = grand_total - 1; ALTER TABLE order_line DROP CONSTRAINT order_line_shipped; UPDATE order_line SET shipped_qty = 3 "
      "WHERE line_no = 1");
  EXPECT_EQ(sql(std::string(audit_checks()[4].sql)).size(), 1u);
}

}  // namespace
}  // namespace emporion::order
