#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

using shipping::v1::ShipmentDelivered;
using shipping::v1::ShipmentDispatched;
using shipping::v1::ShipmentReturnedToSender;

TEST_F(OrderTest, GoesItsWayToTheDoor) {
  const auto request = a_confirmed_order(2);
  ASSERT_TRUE(hear(&EventHandlers::on_fulfillment_started, a_start(request)));
  EXPECT_EQ(status(request.order_id), "processing");
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "A", 1)));
  EXPECT_EQ(status(request.order_id), "partially_shipped");
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "B", 2)));
  EXPECT_EQ(status(request.order_id), "shipped");
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<ShipmentDelivered>(request, "A", 1)));
  EXPECT_EQ(status(request.order_id), "shipped");
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<ShipmentDelivered>(request, "B", 2)));
  EXPECT_EQ(status(request.order_id), "delivered");
  EXPECT_EQ(value("SELECT tracking_numbers::text FROM order_shipment_group"), "{A,B}");
  // Seven days later the job completes it.
  clock.move(hours(24 * 7 + 1));
  ASSERT_TRUE(run(housekeeping.complete_delivered(by("order"))));
  EXPECT_EQ(status(request.order_id), "completed");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'order.order.completed'"), "1");
  EXPECT_TRUE(parse_json<v1::OrderCompleted>(value("SELECT data FROM outbox WHERE topic = 'order.order.completed'")));
}

TEST_F(OrderTest, acceptance_commerce_2_7_4_DeliveredBeforeDispatchedEndsDeliveredWithBothInItsHistory) {
  const auto request = a_confirmed_order();
  const Uuid delivered = Uuid::from_name("delivered event");
  const Uuid dispatched = Uuid::from_name("dispatched event");
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<ShipmentDelivered>(request, "A"), delivered));
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "A"), dispatched));
  EXPECT_EQ(status(request.order_id), "delivered");
  EXPECT_EQ(value("SELECT count(DISTINCT source_event_id) FROM order_status_history WHERE source_event_id IS NOT NULL"), "2");
  EXPECT_EQ(value("SELECT shipped_qty || ' ' || delivered_qty FROM order_line"), "2 2");
  ASSERT_TRUE(hear(&EventHandlers::on_fulfillment_started, a_start(request)));
  EXPECT_EQ(status(request.order_id), "delivered");
}

TEST_F(OrderTest, IsCancelledByItsOwnerWithFulfillmentsConsentAndByNobodyElse) {
  auto request = an_order();
  request.customer_id = Uuid::from_name("owner");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  v1::CancelOrderRequest cancel;
  cancel.id = request.order_id;
  cancel.reason = "changed my mind";
  EXPECT_EQ(run(service.cancel_order(as(Realm::customer, Uuid::from_name("stranger")), cancel)).error().reason(), "ORDER_NOT_FOUND");
  neighbours.refusal = Error(ErrorKind::conflict, "ORDER_NOT_CANCELLABLE", "picked");
  EXPECT_EQ(run(service.cancel_order(as(Realm::customer, *request.customer_id), cancel)).error().reason(), "ORDER_NOT_CANCELLABLE");
  EXPECT_EQ(status(request.order_id), "confirmed");
  neighbours.refusal.reset();
  for (int i = 0; i < 2; ++i) {
    const auto answer = run(service.cancel_order(as(Realm::customer, *request.customer_id), cancel));
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->order->cancel->by, "customer");
  }
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'order.order.cancelled'"), "1");
  const auto event = parse_json<v1::OrderCancelled>(value("SELECT data FROM outbox WHERE topic = 'order.order.cancelled'"));
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_EQ(event->reason, "changed my mind");
}

TEST_F(OrderTest, ThatIsNotConfirmedYetIsHandedToCheckout) {
  auto request = an_order();
  request.customer_id = Uuid::from_name("owner");
  ASSERT_TRUE(create(request));
  v1::CancelOrderRequest cancel;
  cancel.id = request.order_id;
  cancel.reason = "changed my mind";
  const auto answer = run(service.cancel_order(as(Realm::customer, *request.customer_id), cancel));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status_code, 202);
  EXPECT_EQ(neighbours.abandoned, 1);
  EXPECT_EQ(status(request.order_id), "pending_payment");
}

TEST_F(OrderTest, CancellingItemsRefundsTheirShareOnceAndTheLastOneCancelsTheOrder) {
  auto request = an_order(2);
  request.customer_id = Uuid::from_name("owner");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  v1::CancelItemsRequest ask;
  ask.id = request.order_id;
  ask.reason = "too many";
  v1::CancelItem item;
  item.line_no = 1;
  item.qty = 1;
  ask.items.push_back(item);
  std::vector<Task<Result<v1::Order>>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(service.cancel_items(as(Realm::customer, *request.customer_id, "one"), ask));
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->lines[0].cancelled_qty, 1);
  }
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'order.line.cancelled'"), "1");
  const auto event = parse_json<v1::OrderLineCancelled>(value("SELECT data FROM outbox WHERE topic = 'order.line.cancelled'"));
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_EQ(event->refund, Money(126'500, Currency::of("VND")));
  EXPECT_EQ(event->allocations[0].qty, 1);

  ask.items[0].qty = 2;
  const auto refused = run(service.cancel_items(as(Realm::customer, *request.customer_id, "two"), ask));
  EXPECT_EQ(refused.error().reason(), "QTY_TOO_LARGE");
  EXPECT_EQ(refused.error().metadata_json("cancellable"), "1");

  ask.items[0].qty = 1;
  item.line_no = 2;
  item.qty = 2;
  ask.items.push_back(item);
  const auto rest = run(service.cancel_items(as(Realm::customer, *request.customer_id, "three"), ask));
  ASSERT_TRUE(rest) << rest.error().to_string();
  EXPECT_EQ(rest->status, v1::OrderStatus::cancelled);
  const auto cancelled = parse_json<v1::OrderCancelled>(value("SELECT data FROM outbox WHERE topic = 'order.order.cancelled'"));
  ASSERT_TRUE(cancelled) << cancelled.error().to_string();
  EXPECT_EQ(cancelled->lines[0].cancelled_qty, 2) << "edited lines are told as they are now";
}

TEST_F(OrderTest, IsReaddressedOnceBeforeDispatchIfItCostsTheSame) {
  auto request = an_order();
  request.customer_id = Uuid::from_name("owner");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  v1::ChangeShippingAddressRequest ask;
  ask.id = request.order_id;
  ask.address = request.shipping_address;
  ask.address.line1 = "2 Tràng Tiền";
  const auto owner = [&](std::string key) { return as(Realm::customer, *request.customer_id, std::move(key)); };
  EXPECT_EQ(run(service.change_shipping_address(as(Realm::customer, Uuid::from_name("stranger")), ask)).error().reason(), "ORDER_NOT_FOUND");
  neighbours.address_changes = {"fee", "tax"};
  const auto dearer = run(service.change_shipping_address(owner("dearer"), ask));
  ASSERT_FALSE(dearer);
  EXPECT_EQ(dearer.error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(dearer.error().metadata_json("changes"), "\"fee, tax\"");
  EXPECT_EQ(count("order_edit_history"), "0");
  neighbours.address_changes.clear();
  std::vector<Task<Result<v1::Order>>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(service.change_shipping_address(owner("once"), ask));
  for (const auto& answer : run(when_all(std::move(tasks))))
    EXPECT_TRUE(answer || answer.error().reason() == "REQUEST_IN_PROGRESS") << answer.error().to_string();
  EXPECT_EQ(run(service.change_shipping_address(owner("once"), ask))->shipping_address.line1, "2 Tràng Tiền");
  EXPECT_EQ(count("order_edit_history"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'order.order.address_changed'"), "1");
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "A")));
  EXPECT_EQ(run(service.change_shipping_address(owner("late"), ask)).error().reason(), "ALREADY_DISPATCHED");
}

TEST_F(OrderTest, RefusedAtTheDoorIsCancelledWhenTheGoodsAreBack) {
  const auto request = a_confirmed_order();
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "A")));
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_returned, a_parcel<ShipmentReturnedToSender>(request, "A")));
  EXPECT_EQ(status(request.order_id), "delivery_failed");
  warehouse::v1::ReturnReceived back;
  back.order_id = request.order_id;
  back.shipment_id = Uuid::from_name("A");
  ASSERT_TRUE(hear(&EventHandlers::on_return_received, back));
  EXPECT_EQ(status(request.order_id), "cancelled");
  const auto told = parse_json<v1::OrderCancelled>(value("SELECT data FROM outbox WHERE topic = 'order.order.cancelled'"));
  ASSERT_TRUE(told) << told.error().to_string();
  EXPECT_TRUE(told->came_back.value_or(false));
  EXPECT_EQ(told->order_id, request.order_id);
}

TEST_F(OrderTest, IsSentAgainByStaffAfterAFailedDelivery) {
  const auto request = a_confirmed_order();
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "A")));
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_returned, a_parcel<ShipmentReturnedToSender>(request, "A")));
  v1::OverrideStatusRequest ask;
  ask.id = request.order_id;
  ask.status = v1::OrderStatus::shipped;
  ask.reason = "new address";
  const auto again = run(service.override_status(as(Realm::staff, Uuid::from_name("ops")), ask));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->shipment_groups[0].status, v1::ShipmentGroupStatus::pending);
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_dispatched, a_parcel<ShipmentDispatched>(request, "B")));
  EXPECT_EQ(value("SELECT status FROM order_shipment_group"), "dispatched");
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<ShipmentDelivered>(request, "B")));
  EXPECT_EQ(status(request.order_id), "delivered");
}

}  // namespace
}  // namespace emporion::order
