#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

using shipping::v1::ShipmentDelivered;

struct Returns : OrderTest {
  v1::CreateOrderRequest a_delivered_order(int lines) {
    const auto request = a_confirmed_order(lines);
    for (int line = 1; line <= lines; ++line)
      EXPECT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<ShipmentDelivered>(request, text("P", line), line)));
    EXPECT_EQ(status(request.order_id), "delivered");
    return request;
  }
  ReturnNews a_return(const v1::CreateOrderRequest& request, std::string_view name, std::vector<ReturnNews::Line> lines = {}) {
    return ReturnNews{.return_id = Uuid::from_name(text(request.order_id, name)), .order_id = request.order_id, .lines = std::move(lines)};
  }
  void requested(const ReturnNews& news) { ASSERT_TRUE(hear_news(returns, &ReturnHandlers::on_requested, "return.return.requested", news)); }
  void completed(const ReturnNews& news) { ASSERT_TRUE(hear_news(returns, &ReturnHandlers::on_completed, "return.return.completed", news)); }
  void rejected(const ReturnNews& news) { ASSERT_TRUE(hear_news(returns, &ReturnHandlers::on_ended, "return.return.rejected", news)); }
  std::string state(Uuid id) { return value(text("SELECT return_state FROM order_header WHERE id = '", id, "'")); }
  void a_week_passes() {
    clock.move(hours(24 * 7 + 1));
    ASSERT_TRUE(run(housekeeping.complete_delivered(by("order"))));
  }
  std::string told() {
    return value(
        "SELECT string_agg((data::json ->> 'from') || '>' || (data::json ->> 'to'), ' ' ORDER BY id) FROM outbox WHERE topic = "
        "'order.order.return_state_changed'");
  }
};

TEST_F(Returns, acceptance_commerce_2_7_9_OneOfThreeLinesReturnedStillCompletesAsPartial) {
  const auto request = a_delivered_order(3);
  const ReturnNews one = a_return(request, "R1", {{1, 2}});
  requested(one);
  EXPECT_EQ(state(request.order_id), "open");
  // While it is open nothing completes it: neither the job nor the owner.
  a_week_passes();
  EXPECT_EQ(status(request.order_id), "delivered");
  v1::ConfirmReceiptRequest receipt;
  receipt.id = request.order_id;
  EXPECT_EQ(run(service.confirm_receipt(as(Realm::staff, Uuid::from_name("support")), receipt)).error().reason(), "TRANSITION_REFUSED");
  completed(one);
  EXPECT_EQ(state(request.order_id), "partial");
  EXPECT_EQ(status(request.order_id), "delivered");
  a_week_passes();
  EXPECT_EQ(status(request.order_id), "completed");
  EXPECT_EQ(state(request.order_id), "partial");
  EXPECT_EQ(value("SELECT string_agg(returned_qty::text, ' ' ORDER BY line_no) FROM order_line"), "2 0 0");
  EXPECT_EQ(told(), "none>open open>partial");
  const auto event =
      parse_json<v1::OrderReturnStateChanged>(value("SELECT data FROM outbox WHERE topic = 'order.order.return_state_changed' ORDER BY id DESC LIMIT 1"));
  ASSERT_TRUE(event) << event.error().to_string();
  ASSERT_EQ(event->lines.size(), 1u);
  EXPECT_EQ(event->lines[0].returned_qty, 2);
}

TEST_F(Returns, acceptance_commerce_2_7_10_AllLinesReturnedAfterCompletionIsReturned) {
  const auto request = a_delivered_order(2);
  a_week_passes();
  ASSERT_EQ(status(request.order_id), "completed");
  const ReturnNews first = a_return(request, "R1", {{1, 2}, {2, 1}});
  const ReturnNews last = a_return(request, "R2", {{2, 1}});
  requested(first);
  requested(last);
  completed(first);
  EXPECT_EQ(status(request.order_id), "completed") << "one unit is still out";
  EXPECT_EQ(state(request.order_id), "open");
  completed(last);
  EXPECT_EQ(status(request.order_id), "returned");
  EXPECT_EQ(state(request.order_id), "full");
  EXPECT_EQ(told(), "none>open open>full");
  EXPECT_EQ(value("SELECT count(*) FROM order_status_history WHERE from_status = 'completed' AND to_status = 'returned' AND actor_type = 'return'"), "1");
}

TEST_F(Returns, CountOnceHoweverOftenAndInWhateverOrderTheyAreTold) {
  const auto request = a_delivered_order(2);
  const ReturnNews news = a_return(request, "R1", {{1, 1}});
  completed(news);
  completed(news);
  requested(news);
  EXPECT_EQ(value("SELECT string_agg(returned_qty::text, ' ' ORDER BY line_no) FROM order_line"), "1 0");
  EXPECT_EQ(state(request.order_id), "partial") << "a request that is told after its end opens nothing";
  EXPECT_EQ(value("SELECT count(*) FROM order_status_history WHERE reason LIKE 'return.return.%: known'"), "2") << "late news are recorded no-ops";
}

TEST_F(Returns, ThatAreRejectedLeaveTheOrderAsItWas) {
  const auto request = a_delivered_order(1);
  const ReturnNews news = a_return(request, "R1");
  requested(news);
  rejected(news);
  EXPECT_EQ(state(request.order_id), "none");
  completed(a_return(request, "R1", {{1, 2}}));
  EXPECT_EQ(value("SELECT returned_qty FROM order_line"), "0") << "what was rejected is over";
  a_week_passes();
  EXPECT_EQ(status(request.order_id), "completed");
}

TEST_F(Returns, OfMoreThanWasDeliveredAreNotedAndCountNothing) {
  const auto request = a_delivered_order(2);
  completed(a_return(request, "R1", {{1, 1}, {2, 3}}));
  EXPECT_EQ(value("SELECT string_agg(returned_qty::text, ' ' ORDER BY line_no) FROM order_line"), "0 0");
  EXPECT_EQ(state(request.order_id), "none");
  EXPECT_EQ(value("SELECT count(*) FROM order_status_history WHERE reason = 'return.return.completed: QTY_LIMIT'"), "1");
  ASSERT_TRUE(hear_news(returns, &ReturnHandlers::on_completed, "return.return.completed",
                        ReturnNews{.return_id = Uuid::from_name("X"), .order_id = Uuid::from_name("nowhere")}));
}

TEST_F(Returns, OfEverythingThatArrivedAreFullAlsoIfUnitsWereCancelledOrLost) {
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
  ASSERT_TRUE(run(service.cancel_items(as(Realm::customer, *request.customer_id), ask)));
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<ShipmentDelivered>(request, "A", 1, 1)));
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_lost, a_parcel<shipping::v1::ShipmentLost>(request, "B", 2, 2)));
  ASSERT_EQ(status(request.order_id), "delivered");
  completed(a_return(request, "R1", {{1, 1}}));
  EXPECT_EQ(status(request.order_id), "returned");
}

}  // namespace
}  // namespace emporion::order
