#include <rapidcheck.h>

#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

using namespace shipping::v1;  // NOLINT: the parcels' events

/// An order of two lines of two units each, and everything that can be asked of it or told about it.
struct RandomLives : OrderTest {
  static int draw(int from, int to) { return *rc::gen::inRange(from, to); }

  Error ignored{ErrorKind::internal, "UNREACHED"};
  template <typename Answer>
  static std::optional<Error> error_of(const Result<Answer>& answer) {
    return answer ? std::nullopt : std::optional(answer.error());
  }

  template <typename Event>
  std::optional<Error> parcel(Task<Result<>> (EventHandlers::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), const v1::CreateOrderRequest& order) {
    // A parcel holds the same whatever is told of it: one or two units of a line. Now and then one does not fit the order.
    const int number = draw(0, 6);
    return error_of(hear(member, number == 5 ? a_parcel<Event>(order, "odd", draw(1, 4), draw(1, 5))
                                             : a_parcel<Event>(order, text("P", number), number % 2 + 1, number / 2 % 2 + 1)));
  }
  template <typename Event>
  std::optional<Error> money(Task<Result<>> (EventHandlers::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), const v1::CreateOrderRequest& order) {
    Event event;
    event.payment_id = a_confirmation(order).payment_id.value();
    event.order_id = order.order_id;
    event.attempt_no = draw(1, 3);
    event.provider = "stripe";
    event.seq = draw(1, 9);
    return error_of(hear(member, event));
  }
  std::optional<Error> returned(Task<Result<>> (ReturnHandlers::*member)(postgres::UnitOfWork&, messaging::Envelope, ReturnNews),
                                const v1::CreateOrderRequest& order) {
    ReturnNews news{.return_id = Uuid::from_name(text(order.order_id, draw(0, 3))), .order_id = order.order_id, .lines = {{draw(1, 4), draw(1, 3)}}};
    return error_of(hear_news(returns, member, "return.return.told", std::move(news)));
  }

  std::optional<Error> one_thing(const v1::CreateOrderRequest& order, int what, int turn) {
    const std::string key = text(order.order_id, turn);
    const Uuid staff = Uuid::from_name("staff");
    const CallContext owner = as(Realm::customer, *order.customer_id, key);
    switch (what) {
      case 0: return error_of(confirm(order));
      case 1: {
        v1::MarkReviewRequest ask;
        ask.id = order.order_id;
        return error_of(run(service.mark_review(by("checkout"), ask)));
      }
      case 2: {
        v1::DecideReviewRequest ask;
        ask.id = order.order_id;
        ask.decision = draw(0, 2) == 0 ? v1::ReviewDecision::approve : v1::ReviewDecision::reject;
        ask.reason = "because";
        return error_of(run(service.decide_review(as(Realm::staff, staff), ask)));
      }
      case 3: {
        v1::CancelOrderRequest ask;
        ask.id = order.order_id;
        ask.reason = "because";
        return error_of(run(service.cancel_order(draw(0, 4) == 0 ? by("checkout") : owner, ask)));
      }
      case 4: {
        v1::CancelItemsRequest ask;
        ask.id = order.order_id;
        ask.reason = "because";
        v1::CancelItem item;
        item.line_no = draw(1, 4);
        item.qty = draw(1, 4);
        ask.items.push_back(item);
        return error_of(run(service.cancel_items(owner, ask)));
      }
      case 5: {
        v1::OverrideStatusRequest ask;
        ask.id = order.order_id;
        EXPECT_TRUE(from_string(to_string(static_cast<Status>(draw(0, 11))), ask.status));
        ask.reason = "because";
        return error_of(run(service.override_status(as(Realm::staff, staff, key), ask)));
      }
      case 6: {
        v1::ConfirmReceiptRequest ask;
        ask.id = order.order_id;
        return error_of(run(service.confirm_receipt(owner, ask)));
      }
      case 7: return error_of(hear(&EventHandlers::on_fulfillment_started, a_start(order)));
      case 8: {
        fulfillment::v1::FulfillmentRejected event;
        event.order_id = order.order_id;
        return error_of(hear(&EventHandlers::on_fulfillment_rejected, event));
      }
      case 9: {
        fulfillment::v1::LineShorted event;
        event.order_id = order.order_id;
        event.line = draw(1, 4);
        event.qty = draw(1, 4);
        return error_of(hear(&EventHandlers::on_line_shorted, event));
      }
      case 10: {
        warehouse::v1::ReservationResourced event;
        event.order_id = order.order_id;
        event.reservation_id = order.reservation_id;
        event.line_no = draw(1, 4);
        event.qty = draw(1, 4);
        event.from_warehouse_id = draw(0, 2) == 0 ? warehouse_id : Uuid::from_name("danang");
        event.to_warehouse_id = draw(0, 2) == 0 ? warehouse_id : Uuid::from_name("danang");
        return error_of(hear(&EventHandlers::on_reservation_resourced, event));
      }
      case 11: {
        warehouse::v1::ReturnReceived event;
        event.order_id = order.order_id;
        return error_of(hear(&EventHandlers::on_return_received, event));
      }
      case 12: return parcel(&EventHandlers::on_shipment_returned, order);
      case 13: return parcel(&EventHandlers::on_shipment_lost, order);
      case 14: return money(&EventHandlers::on_payment_authorized, order);
      case 15: return money(&EventHandlers::on_payment_captured, order);
      case 16: return money(&EventHandlers::on_payment_failed, order);
      case 17: return returned(&ReturnHandlers::on_requested, order);
      case 18: return returned(&ReturnHandlers::on_ended, order);
      case 19: return returned(&ReturnHandlers::on_completed, order);
      case 20: clock.move(hours(24 * 8)); return error_of(run(housekeeping.complete_delivered(by("order"))));
      case 21: return error_of(run(housekeeping.end_overdue(by("order"))));
      default: return what < 30 ? parcel(&EventHandlers::on_shipment_dispatched, order) : parcel(&EventHandlers::on_shipment_delivered, order);
    }
  }

  /// What must hold whatever happened: the audit's own statements of the state machine and the counters.
  void expect_sound(const v1::CreateOrderRequest& order) {
    RC_ASSERT(value(text("SELECT count(*) FROM order_status_history s WHERE s.order_id = '", order.order_id,
                         "' AND s.from_status <> s.to_status AND NOT EXISTS (SELECT FROM order_transition t WHERE "
                         "t.from_status = s.from_status AND t.to_status = s.to_status)")) == "0");
    // A chain without a gap, from birth to where it stands.
    RC_ASSERT(
        value(text("SELECT count(*) FROM (SELECT from_status, lag(to_status) OVER (ORDER BY seq) AS was, seq FROM order_status_history WHERE order_id = '",
                   order.order_id, "') s WHERE seq > 1 AND from_status IS DISTINCT FROM was")) == "0");
    RC_ASSERT(value(text(
                  "SELECT h.status = s.to_status AND h.history_seq = s.seq FROM order_header h JOIN order_status_history s ON s.order_id = h.id WHERE h.id = '",
                  order.order_id, "' ORDER BY s.seq DESC LIMIT 1")) == "t");
    RC_ASSERT(value(text("SELECT count(*) FROM order_line WHERE order_id = '", order.order_id,
                         "' AND (cancelled_qty + undelivered_qty + delivered_qty > qty OR shipped_qty > qty - cancelled_qty OR returned_qty > delivered_qty OR "
                         "delivered_qty + undelivered_qty > shipped_qty "
                         "OR least(cancelled_qty, shipped_qty, delivered_qty, undelivered_qty, returned_qty) < 0)")) == "0");
    // Nothing left the house for an order that was never confirmed, and nothing came back of it.
    RC_ASSERT(value(text("SELECT count(*) FROM order_header h JOIN order_line l ON l.order_id = h.id WHERE h.id = '", order.order_id,
                         "' AND h.confirmed_at IS NULL AND l.shipped_qty > 0")) == "0");
    // Everything has come back, though another return may still be open, for units that are back already.
    RC_ASSERT(
        value(text("SELECT count(*) FROM order_header h WHERE h.id = '", order.order_id, "' AND h.status = 'returned' AND h.return_state <> CASE WHEN EXISTS ",
                   "(SELECT FROM order_return r WHERE r.order_id = h.id AND r.status = 'open') THEN 'open' ELSE 'full' END")) == "0");
    for (const AuditCheck& check : order_audit) RC_ASSERT(sql(std::string(check.sql)).size() == 0u);
  }
  std::vector<AuditCheck> order_audit;
};

// A life is what its draws make it: with the seed that a failure prints it can be lived again.
TEST_F(RandomLives, NoSequenceOfCommandsAndEventsLeavesTheTableOrBreaksACounter) {
  std::map<std::string, int> ended;
  int moves = 0;
  const bool holds = rc::check("an order's life", [&] {
    auto order = an_order(2, draw(0, 3) == 0 ? v1::PaymentMethod::card : v1::PaymentMethod::cod);
    order.customer_id = Uuid::from_name("owner");
    RC_ASSERT(create(order).has_value());
    if (draw(0, 3) > 0) RC_ASSERT(confirm(order).has_value());
    const int length = draw(10, 60);
    for (int turn = 0; turn < length; ++turn) {
      const int what = draw(0, 42);
      const auto error = one_thing(order, what, turn);
      // Refused or done: never a defect, never a row that the database had to turn away.
      if (error) RC_ASSERT(error->kind() != ErrorKind::internal);
    }
    expect_sound(order);
    ++ended[status(order.order_id)];
    moves += std::stoi(value(text("SELECT count(*) FROM order_status_history WHERE from_status <> to_status AND order_id = '", order.order_id, "'")));
  });
  EXPECT_TRUE(holds);
  for (const auto& [name, times] : ended) std::printf("%s: %d\n", name.c_str(), times);
  std::printf("%d moves\n", moves);
  EXPECT_GE(ended.size(), 6u) << "lives end in different states";
}

}  // namespace
}  // namespace emporion::order
