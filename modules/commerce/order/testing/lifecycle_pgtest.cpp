#include <functional>

#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

using shipping::v1::ShipmentDispatched;

/// What any caller may ask for, so that an order goes to `to`.
struct Request {
  std::string name;
  Status to;
  std::function<Result<>()> send;
};

struct StateMachine : OrderTest {
  /// An order that stands at `status`, put there behind the trigger's back, with everything of which the operations take note. Never confirmed, so that no
  /// confirmation is a repeat.
  v1::CreateOrderRequest an_order_at(Status status) {
    auto request = an_order();
    request.customer_id = owner;
    EXPECT_TRUE(create(request));
    sql("ALTER TABLE order_header DISABLE TRIGGER order_status_guard");
    sql(text("UPDATE order_header SET status = '", to_string(status), "'",
             status == Status::cancelled ? ", cancelled_at = now(), cancel_reason = 'x', cancel_by = 'system'" : "", " WHERE id = '", request.order_id, "'"));
    sql("ALTER TABLE order_header ENABLE TRIGGER order_status_guard");
    return request;
  }

  std::vector<Request> requests_of(const v1::CreateOrderRequest& order) {
    const Uuid id = order.order_id;
    const auto forget = [](const auto& answer) { return answer ? Result<>() : Result<>(fail(answer.error())); };
    std::vector<Request> out;
    out.push_back({"checkout confirms", Status::confirmed, [=, this] { return forget(confirm(order)); }});
    out.push_back({"checkout marks for review", Status::fraud_review, [=, this] {
                     v1::MarkReviewRequest ask;
                     ask.id = id;
                     return forget(run(service.mark_review(by("checkout"), ask)));
                   }});
    v1::CancelOrderRequest cancel;
    cancel.id = id;
    cancel.reason = "because";
    out.push_back({"checkout cancels", Status::cancelled, [=, this] { return forget(run(service.cancel_order(by("checkout"), cancel))); }});
    out.push_back({"the owner cancels", Status::cancelled, [=, this] { return forget(run(service.cancel_order(as(Realm::customer, owner), cancel))); }});
    out.push_back({"support cancels", Status::cancelled, [=, this] { return forget(run(service.cancel_order(as(Realm::staff, staff), cancel))); }});
    v1::CancelItemsRequest items;
    items.id = id;
    items.reason = "because";
    v1::CancelItem all;
    all.line_no = 1;
    all.qty = 2;
    items.items.push_back(all);
    out.push_back({"the owner cancels the last unit", Status::cancelled,
                   [=, this] { return forget(run(service.cancel_items(as(Realm::customer, owner, text(id)), items))); }});
    v1::ConfirmReceiptRequest receipt;
    receipt.id = id;
    out.push_back(
        {"the owner confirms the receipt", Status::completed, [=, this] { return forget(run(service.confirm_receipt(as(Realm::customer, owner), receipt))); }});
    out.push_back({"support completes", Status::completed, [=, this] { return forget(run(service.confirm_receipt(as(Realm::staff, staff), receipt))); }});
    for (const Status to : all_statuses) {
      out.push_back({"operations", to, [=, this] {
                       v1::OverrideStatusRequest ask;
                       ask.id = id;
                       EXPECT_TRUE(from_string(to_string(to), ask.status));
                       ask.reason = "because";
                       return forget(run(service.override_status(as(Realm::staff, staff, text(id, to_string(to))), ask)));
                     }});
    }
    return out;
  }

  const Uuid owner = Uuid::from_name("owner");
  const Uuid staff = Uuid::from_name("staff");
};

TEST_F(StateMachine, acceptance_commerce_2_7_3_EveryPairOutsideTheTableIsRefusedToEveryCallerAndLeavesNoHistory) {
  int refused = 0;
  for (const Status from : all_statuses) {
    const auto order = an_order_at(from);
    const std::string history = count("order_status_history");
    const std::string events = count("outbox");
    for (const Request& request : requests_of(order)) {
      if (find_transition(from, request.to) != nullptr) continue;
      const bool is_repeat =
          from == request.to && request.name != "operations";  // To ask again for what is so is a repeat: it is answered, and nothing happens.
      const auto answer = request.send();
      if (!is_repeat) {
        ASSERT_FALSE(answer) << request.name << ": " << to_string(from) << " to " << to_string(request.to);
        EXPECT_EQ(answer.error().kind(), ErrorKind::conflict)
            << request.name << ": " << to_string(from) << " to " << to_string(request.to) << ": " << answer.error().to_string();
        ++refused;
      }
      ASSERT_EQ(count("order_status_history"), history) << request.name << ": " << to_string(from) << " to " << to_string(request.to);
      ASSERT_EQ(count("outbox"), events);
      ASSERT_EQ(status(order.order_id), to_string(from));
    }
  }
  EXPECT_GT(refused, (11 * 11 - 18));
}

// Whoever writes SQL is held to the table, too.
TEST_F(StateMachine, NoWriterTakesAnOrderOutOfTheTable) {
  const auto try_move = [&](Uuid id, Status to) {
    return value(text(
        "CREATE OR REPLACE FUNCTION pg_temp.try_move() RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE order_header SET status = '", to_string(to), "'",
        to == Status::cancelled ? ", cancelled_at = now(), cancel_reason = 'x', cancel_by = 'system'"
                                : ", cancelled_at = NULL, cancel_reason = NULL, cancel_by = NULL",
        ", confirmed_at = NULL WHERE id = '", id, "'; RETURN 'moved'; EXCEPTION WHEN SQLSTATE 'EM409' THEN RETURN SQLERRM; END $$; SELECT pg_temp.try_move()"));
  };
  int refused = 0;
  for (const Status from : all_statuses) {
    for (const Status to : all_statuses) {
      if (from == to) continue;
      const auto order = an_order_at(from);
      const bool is_edge = find_transition(from, to) != nullptr;
      EXPECT_EQ(try_move(order.order_id, to), is_edge ? "moved" : "INVALID_TRANSITION") << to_string(from) << " to " << to_string(to);
      refused += is_edge ? 0 : 1;
    }
  }
  EXPECT_EQ(refused, 11 * 10 - 18);
  for (const Status born : all_statuses) {
    if (born == Status::pending_payment) continue;
    EXPECT_EQ(
        value(
            text("CREATE OR REPLACE FUNCTION pg_temp.try_birth() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO order_header SELECT "
                 "(jsonb_populate_record(h, jsonb_build_object("
                 "'id', gen_random_uuid(), 'saga_id', gen_random_uuid(), 'session_id', gen_random_uuid(), 'order_number', 'X', 'status', '",
                 to_string(born),
                 "'))).* FROM order_header h LIMIT 1; RETURN 'born'; EXCEPTION WHEN SQLSTATE 'EM409' THEN RETURN SQLERRM; END $$; SELECT pg_temp.try_birth()")),
        "INVALID_TRANSITION")
        << to_string(born);
  }
}

TEST_F(OrderTest, WhatWasBoughtDoesNotChangeWhoeverWrites) {
  const auto request = a_confirmed_order();
  const auto refused = [&](std::string_view update) {
    return value(text("CREATE OR REPLACE FUNCTION pg_temp.try_change() RETURNS text LANGUAGE plpgsql AS $$ BEGIN ", update,
                      "; RETURN 'changed'; EXCEPTION WHEN raise_exception THEN RETURN SQLERRM; END $$; SELECT pg_temp.try_change()"));
  };
  for (const std::string_view update :
       {"UPDATE order_line SET qty = qty + 1", "UPDATE order_line SET unit_price = unit_price - 1, total = total - 2", "UPDATE order_line SET sku = 'OTHER'",
        "UPDATE order_header SET grand_total = grand_total + 1, shipping = shipping + 1", "UPDATE order_header SET placed_at = now()"}) {
    EXPECT_EQ(refused(update), "what was ordered does not change") << update;
  }
  EXPECT_EQ(refused("UPDATE order_line SET shipped_qty = 1"), "changed");
}

/// A feed that gives the same event again and again, at ever later positions: what a broken relay would do.
class RepeatingFeed final : public messaging::EventFeed {
 public:
  RepeatingFeed(messaging::Envelope event, int times) : producer_(event.source), event_(std::move(event)), times_(times) {}
  const std::string& producer() const noexcept override { return producer_; }
  Task<Result<messaging::FeedPage>> read(messaging::Position after, std::vector<std::string>, int count) override {
    messaging::FeedPage page;
    page.next = after;
    for (std::int64_t id = after.id + 1; id <= times_ && static_cast<int>(page.items.size()) < count; ++id) {
      page.items.push_back({{1, id}, event_});
      page.next = {1, id};
    }
    co_return page;
  }
  void on_hint(std::function<void()>) override {}

 private:
  std::string producer_;
  messaging::Envelope event_;
  std::int64_t times_;
};

TEST_F(OrderTest, acceptance_commerce_2_7_5_TheSameEventTenTimesIsOneHistoryRow) {
  const auto request = a_confirmed_order();
  const std::string before = count("order_status_history");
  messaging::Envelope envelope;
  envelope.event_id = Uuid::v7(clock.now(), random);
  envelope.topic = std::string(ShipmentDispatched::topic);
  envelope.source = "shipping";
  envelope.aggregate_id = text(request.order_id);
  envelope.aggregate_version = 1;
  envelope.occurred_at = clock.now();
  envelope.data = to_json(a_parcel<ShipmentDispatched>(request, "A", 1, 1));
  messaging::Subscriptions subscriptions;
  handlers.subscribe(subscriptions);
  messaging::Consumer consumer(runtime(), database(), std::move(subscriptions), {std::make_shared<RepeatingFeed>(envelope, 10)});
  ASSERT_TRUE(run(consumer.drain()));
  run(consumer.stop());
  // One parcel of one unit of two: confirmed to processing to partially_shipped is one event's walk.
  EXPECT_EQ(value(text("SELECT string_agg(from_status || '>' || to_status, ' ' ORDER BY seq) FROM order_status_history WHERE source_event_id = '",
                       envelope.event_id, "'")),
            "confirmed>processing processing>partially_shipped");
  EXPECT_EQ(value("SELECT shipped_qty FROM order_line"), "1");
  EXPECT_EQ(std::stoi(count("order_status_history")), std::stoi(before) + 2);

  // An event that moves nothing is one row, however often it comes.
  envelope.event_id = Uuid::v7(clock.now(), random);
  envelope.topic = std::string(fulfillment::v1::FulfillmentStarted::topic);
  envelope.source = "fulfillment";
  envelope.data = to_json(a_start(request));
  messaging::Subscriptions again;
  handlers.subscribe(again);
  messaging::Consumer second(runtime(), database(), std::move(again), {std::make_shared<RepeatingFeed>(envelope, 10)});
  ASSERT_TRUE(run(second.drain()));
  run(second.stop());
  EXPECT_EQ(value(text("SELECT count(*) FROM order_status_history WHERE source_event_id = '", envelope.event_id, "'")), "1");
}

Task<Result<>> cancel_after(OrderTest& test, Runtime& runtime, int turns, v1::CancelOrderRequest ask) {
  for (int i = 0; i < turns; ++i) co_await runtime.yield();
  EMP_CO_TRY(co_await test.service.cancel_order(test.as(Realm::staff, Uuid::from_name("staff")), ask));
  co_return Result<>();
}

Task<Result<>> dispatch_after(OrderTest& test, Runtime& runtime, int turns, ShipmentDispatched event) {
  for (int i = 0; i < turns; ++i) co_await runtime.yield();
  co_return co_await OrderTest::apply(test, &EventHandlers::on_shipment_dispatched, std::move(event), std::nullopt, 1);
}

TEST_F(OrderTest, acceptance_commerce_2_7_6_CancelAndDispatchAtOnceHaveExactlyOneWinner) {
  int cancelled = 0;
  int shipped = 0;
  int lead = 0;  // Turns that the dispatch waits, or the cancellation if below 0.
  int step = 1;
  for (int round = 0; round < 120; ++round) {
    const auto request = a_confirmed_order();
    if (round % 2 == 1) ASSERT_TRUE(hear(&EventHandlers::on_fulfillment_started, a_start(request)));
    v1::CancelOrderRequest cancel;
    cancel.id = request.order_id;
    cancel.reason = "changed my mind";
    // Two connections of the pool.
    std::vector<Task<Result<>>> tasks;
    tasks.push_back(cancel_after(*this, runtime(), std::max(0, -lead), cancel));
    tasks.push_back(dispatch_after(*this, runtime(), std::max(0, lead), a_parcel<ShipmentDispatched>(request, "A")));
    const auto answers = run(when_all(std::move(tasks)));
    ASSERT_TRUE(answers[1]) << answers[1].error().to_string();
    // Who lost is helped, the more the longer it goes on losing: so they meet, however fast either is here.
    const int help = answers[0] ? -1 : 1;
    step = (step < 0) == (help < 0) ? std::clamp(step * 2, -256, 256) : help * 4;
    lead += step;
    const std::string ended = status(request.order_id);
    const std::string units = value(text("SELECT shipped_qty FROM order_line WHERE order_id = '", request.order_id, "'"));
    const std::string told = value(text("SELECT count(*) FROM outbox WHERE topic = 'order.order.cancelled' AND aggregate_id = '", request.order_id, "'"));
    if (answers[0]) {
      ++cancelled;
      EXPECT_EQ(ended + units + told, "cancelled01") << "round " << round;
      EXPECT_EQ(value(text("SELECT count(*) FROM order_status_history WHERE actor_type = 'shipping' AND from_status = to_status AND order_id = '",
                           request.order_id, "'")),
                "1")
          << "the dispatch is a recorded no-op";
    } else {
      ++shipped;
      EXPECT_EQ(answers[0].error().reason(), "ORDER_NOT_CANCELLABLE");
      EXPECT_EQ(ended + units + told, "shipped20") << "round " << round;
    }
  }
  std::printf("%d cancelled, %d shipped, lead %d\n", cancelled, shipped, lead);
  EXPECT_GT(cancelled, 0);
  EXPECT_GT(shipped, 0);
}

TEST_F(OrderTest, acceptance_commerce_2_7_14_WhatStaffChangeIsToldToTheBuyer) {
  const Uuid staff = Uuid::from_name("staff member");
  const auto override_to = [&](const v1::CreateOrderRequest& request, v1::OrderStatus to) {
    v1::OverrideStatusRequest ask;
    ask.id = request.order_id;
    ask.status = to;
    ask.reason = "staff@shop.test decided";
    const auto answer = run(service.override_status(as(Realm::staff, staff, text(request.order_id, to_string(to))), ask));
    EXPECT_TRUE(answer) << answer.error().to_string();
  };
  // Given staff cancels one, completes one, and gives up one that came back
  const auto cancelled = a_confirmed_order();
  override_to(cancelled, v1::OrderStatus::cancelled);
  const auto completed = a_confirmed_order();
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_delivered, a_parcel<shipping::v1::ShipmentDelivered>(completed, "A")));
  override_to(completed, v1::OrderStatus::completed);
  const auto lost = a_confirmed_order();
  ASSERT_TRUE(hear(&EventHandlers::on_shipment_lost, a_parcel<shipping::v1::ShipmentLost>(lost, "A")));
  override_to(lost, v1::OrderStatus::cancelled);
  // When the events are read that a notice is made of
  const auto events = sql("SELECT topic, data FROM outbox WHERE topic IN ('order.order.cancelled', 'order.order.completed')");
  ASSERT_EQ(events.size(), 3u);
  for (const auto& row : events) {
    // Then the only address in them is the buyer's, and who changed it is not in them
    const auto event = parse_json<v1::OrderCancelled>(*row[1]);
    ASSERT_TRUE(event) << *row[1];
    EXPECT_EQ(event->contact.email, "buyer@example.test");
    EXPECT_EQ(row[1]->find(staff.to_string()), std::string::npos) << *row[1];
  }
  // status_changed has no address at all: its reader asks for the order, whose contact is the buyer.
  EXPECT_EQ(value(text("SELECT count(*) FROM outbox WHERE topic = 'order.order.status_changed' AND (data LIKE '%", staff,
                       "%' OR data::json ->> 'contact' IS NOT NULL)")),
            "0");
  EXPECT_EQ(value(text("SELECT count(*) FROM order_status_history WHERE actor_id = '", staff, "'")), "3") << "the actor is on record, apart from the recipient";
  for (const auto* request : {&cancelled, &completed, &lost}) {
    v1::GetOrderRequest get;
    get.id = request->order_id;
    EXPECT_EQ(run(service.get_order(by("notification"), get))->contact.email, "buyer@example.test");
  }
}

TEST_F(OrderTest, AnOverrideIsRepeatedWithItsKeyAndRefusedWithAnother) {
  const auto request = a_confirmed_order();
  v1::OverrideStatusRequest ask;
  ask.id = request.order_id;
  ask.status = v1::OrderStatus::processing;
  ask.reason = "the event got lost";
  std::vector<Task<Result<v1::Order>>> tasks;
  for (int i = 0; i < 2; ++i) tasks.push_back(service.override_status(as(Realm::staff, Uuid::from_name("ops"), "same"), ask));
  const auto answers = run(when_all(std::move(tasks)));
  EXPECT_TRUE(answers[0] || answers[0].error().reason() == "REQUEST_IN_PROGRESS");
  EXPECT_TRUE(answers[1] || answers[1].error().reason() == "REQUEST_IN_PROGRESS");
  const auto again = run(service.override_status(as(Realm::staff, Uuid::from_name("ops"), "same"), ask));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->status, v1::OrderStatus::processing);
  EXPECT_EQ(value("SELECT count(*) FROM order_status_history WHERE to_status = 'processing'"), "1");
  EXPECT_EQ(run(service.override_status(as(Realm::staff, Uuid::from_name("ops"), "other"), ask)).error().reason(), "INVALID_TRANSITION");
  // Also where the cancellation took the way over Fulfillment.
  ask.status = v1::OrderStatus::cancelled;
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(run(service.override_status(as(Realm::staff, Uuid::from_name("ops"), "cancel"), ask))->status, v1::OrderStatus::cancelled);
  EXPECT_EQ(run(service.override_status(as(Realm::staff, Uuid::from_name("ops"), "cancel again"), ask)).error().reason(), "INVALID_TRANSITION");
}

}  // namespace
}  // namespace emporion::order
