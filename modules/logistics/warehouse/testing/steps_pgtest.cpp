#include "modules/logistics/warehouse/testing/warehouse_test.hpp"

namespace emporion::warehouse {
namespace {

struct Steps : WarehouseTest {
  Uuid ha_noi = a_warehouse("HN");
  Uuid order = new_id();
  Uuid fulfillment = new_id();

  Result<v1::Reservation> pick(Uuid reservation, std::int32_t qty, const std::string& step = "1", v1::PickAction action = v1::PickAction::pick) {
    return run(api().pick_reservation(caller(), {reservation, fulfillment, step, action, {{1, ha_noi, qty}}}));
  }
  Result<v1::Reservation> ship(Uuid reservation, std::int32_t qty) {
    return run(api().fulfill_reservation(caller(), {reservation, fulfillment, {{1, ha_noi, qty}}}));
  }
  Result<v1::ShortReservationResponse> shorten(Uuid reservation, std::int32_t qty) {
    return run(api().short_reservation(caller(), {reservation, fulfillment, {1, ha_noi, qty}}));
  }

  /// Runs a handler in a transaction of its own, as the consumer does.
  template <typename Event>
  Result<> take_in(Event event) {
    messaging::Subscriptions subscriptions;
    handlers().subscribe(subscriptions);
    messaging::Envelope envelope{.event_id = new_id(), .topic = std::string(Event::topic), .source = "order", .aggregate_id = "x", .aggregate_version = 1};
    append_json(envelope.data, event);
    return run(handle(database(), context("warehouse"), subscriptions, std::move(envelope)));
  }
  static Task<Result<>> handle(postgres::Database& database, CallContext context, messaging::Subscriptions& subscriptions, messaging::Envelope envelope) {
    EMP_CO_ASSIGN(auto work, co_await database.begin(std::move(context)));
    EMP_CO_TRY(co_await subscriptions.handlers().find(envelope.topic)->second(work, envelope));
    co_return co_await work.commit();
  }
  order::v1::OrderCancelled cancelled(Uuid reservation, std::int32_t qty) {
    order::v1::OrderCancelled event;
    event.order_id = order;
    event.lines.push_back({});
    event.lines[0].line_no = 1;
    event.lines[0].sku = "A";
    event.lines[0].qty = qty;
    event.lines[0].allocations.push_back({ha_noi, qty, reservation});
    for (Money* money :
         {&event.lines[0].unit_price, &event.lines[0].total, &event.totals.subtotal, &event.totals.discount, &event.totals.shipping,
          &event.totals.shipping_discount, &event.totals.tax, &event.totals.payment_fee, &event.totals.points_value, &event.totals.grand_total}) {
      *money = Money(1, Currency::of("VND"));
    }
    return event;
  }
};

TEST_F(Steps, PickedUnitsShipOnceAndLeaveTheLedger) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 4}}, order);
  for (int i = 0; i < 2; ++i) {
    const auto picked = pick(bound.id, 3);
    ASSERT_TRUE(picked) << picked.error().to_string();
    EXPECT_EQ(stock(ha_noi, "A"), "10/4/3") << "the step counts once";
  }
  EXPECT_EQ(pick(bound.id, 2, "2").error().reason(), "OVER_PICK");
  EXPECT_EQ(ship(bound.id, 4).error().reason(), "OVER_SHIP");
  for (int i = 0; i < 2; ++i) {
    const auto shipped = ship(bound.id, 3);
    ASSERT_TRUE(shipped) << shipped.error().to_string();
    EXPECT_EQ(stock(ha_noi, "A"), "7/1/0");
  }
  EXPECT_EQ(value("SELECT before || '>' || after FROM movement WHERE type = 'shipment'"), "10>7");
  const auto rest = release(bound.id);
  ASSERT_TRUE(rest) << rest.error().to_string();
  EXPECT_EQ(rest->reservation->status, v1::ReservationStatus::fulfilled);
  EXPECT_EQ(stock(ha_noi, "A"), "7/0/0");
}

TEST_F(Steps, PickedUnitsRefuseARelease) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 4}}, order);
  ASSERT_TRUE(pick(bound.id, 1));
  EXPECT_EQ(release(bound.id).error().reason(), "PICKED_UNITS");
  EXPECT_EQ(stock(ha_noi, "A"), "10/4/1");
  ASSERT_TRUE(pick(bound.id, 1, "back", v1::PickAction::put_back));
  ASSERT_TRUE(release(bound.id));
  EXPECT_EQ(stock(ha_noi, "A"), "10/0/0");
}

TEST_F(Steps, APartialReleaseTakesEffectOncePerCause) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 5}}, order);
  v1::ReleaseReservationRequest request{bound.id, {{1, {}, 2}}, "line cancelled", "cause-1"};
  for (int i = 0; i < 2; ++i) {
    const auto done = run(api().release_reservation(caller(), request));
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(done->reservation->lines[0].released, 2);
  }
  request.cause_id = "cause-2";
  request.lines[0].qty = 4;
  EXPECT_FALSE(run(api().release_reservation(caller(), request))) << "three are left";
  request.cause_id.reset();
  EXPECT_EQ(run(api().release_reservation(caller(), request)).error().reason(), "CAUSE_REQUIRED");
  EXPECT_EQ(stock(ha_noi, "A"), "10/3/0");
}

TEST_F(Steps, MissingUnitsAreReplacedFromElsewhereOrShorted) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 10}}, order);
  for (int i = 0; i < 2; ++i) {
    const auto nobody = shorten(bound.id, 2);
    ASSERT_TRUE(nobody) << nobody.error().to_string();
    EXPECT_EQ(nobody->resourced, 0);
    EXPECT_EQ(nobody->shorted, 2);
    EXPECT_EQ(stock(ha_noi, "A"), "8/8/0");
  }
  EXPECT_EQ(count("count_task"), 1);
  const auto da_nang = a_warehouse("DN");
  receive(da_nang, {{"A", 1}});
  fulfillment = new_id();
  const auto partly = shorten(bound.id, 3);
  EXPECT_EQ(partly->resourced, 1);
  EXPECT_EQ(partly->shorted, 2);
  EXPECT_EQ(stock(ha_noi, "A"), "5/5/0");
  EXPECT_EQ(stock(da_nang, "A"), "1/1/0");
  EXPECT_EQ(shorten(new_id(), 1).error().reason(), "RESERVATION_NOT_FOUND");
  fulfillment = new_id();
  EXPECT_EQ(shorten(bound.id, 6).error().reason(), "OVER_SHORT");
  ASSERT_TRUE(pick(bound.id, 5));
  EXPECT_TRUE(ship(bound.id, 5));
}

TEST_F(Steps, AnOrderCancelledTwiceReleasesOnce) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 4}}, order);
  for (int i = 0; i < 2; ++i) {
    const auto taken = take_in(cancelled(bound.id, 4));
    ASSERT_TRUE(taken) << taken.error().to_string();
    EXPECT_EQ(stock(ha_noi, "A"), "10/0/0");
  }
  EXPECT_EQ(stored(bound.id)->status, v1::ReservationStatus::released);
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.reservation.released'"), 1);
}

TEST_F(Steps, ACancelledFulfillmentPutsBackAndOnHandDoesNotRise) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 4}}, order);
  fulfillment::v1::FulfillmentCancelled event{.fulfillment_id = fulfillment,
                                              .order_id = order,
                                              .reservation_id = bound.id,
                                              .warehouse_id = ha_noi,
                                              .reason = "order cancelled",
                                              .put_back = {{1, "A", 4}}};
  ASSERT_TRUE(take_in(event)) << "still pending: nothing was picked";
  EXPECT_EQ(stock(ha_noi, "A"), "10/4/0");
  ASSERT_TRUE(pick(bound.id, 3));
  ASSERT_TRUE(take_in(cancelled(bound.id, 4)));
  EXPECT_EQ(stock(ha_noi, "A"), "10/3/3") << "picked units stay held until they are put back";
  for (int i = 0; i < 2; ++i) {
    const auto taken = take_in(event);
    ASSERT_TRUE(taken) << taken.error().to_string();
    EXPECT_EQ(stock(ha_noi, "A"), "10/0/0");
  }
  EXPECT_EQ(stored(bound.id)->status, v1::ReservationStatus::released);
}

TEST_F(Steps, ACancelledLineIsReleasedWhereverItIsHeld) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 5}}, order);
  const auto da_nang = a_warehouse("DN");
  receive(da_nang, {{"A", 9}});
  ASSERT_TRUE(run(api().resource_reservation(caller(), {bound.id, 1, ha_noi, {}})));
  EXPECT_EQ(stock(da_nang, "A"), "9/5/0");
  order::v1::OrderLineCancelled event;
  event.order_id = order;
  event.line_no = 1;
  event.qty = 2;
  event.refund = Money(1, Currency::of("VND"));
  event.seq = 1;
  event.sku = "A";
  event.allocations.push_back({ha_noi, 2, bound.id});
  ASSERT_TRUE(take_in(event));
  ASSERT_TRUE(take_in(event));
  EXPECT_EQ(stock(da_nang, "A"), "9/3/0");
}

TEST_F(Steps, TheShippedEventAndTheCallTakeEffectOnceInAll) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 4}}, order);
  ASSERT_TRUE(pick(bound.id, 4));
  ASSERT_TRUE(ship(bound.id, 4));
  fulfillment::v1::FulfillmentShipped event{
      .fulfillment_id = fulfillment, .order_id = order, .reservation_id = bound.id, .warehouse_id = ha_noi, .lines = {{1, "A", 4}}};
  const auto taken = take_in(event);
  ASSERT_TRUE(taken) << taken.error().to_string();
  EXPECT_EQ(stock(ha_noi, "A"), "6/0/0");
  EXPECT_EQ(stored(bound.id)->status, v1::ReservationStatus::fulfilled);
  EXPECT_EQ(count("movement WHERE type = 'shipment'"), 1);
}

TEST_F(Steps, GoodsThatLeftUnpickedStillLeaveTheStock) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 4}}, order);
  fulfillment::v1::FulfillmentShipped event{
      .fulfillment_id = fulfillment, .order_id = order, .reservation_id = bound.id, .warehouse_id = ha_noi, .lines = {{1, "A", 4}}};
  ASSERT_TRUE(take_in(event));
  EXPECT_EQ(stock(ha_noi, "A"), "6/0/0");
}

TEST_F(Steps, TwoLinesOfOneSkuFollowEachOtherInTheLedger) {
  receive(ha_noi, {{"A", 4}, {"A", 6}});
  const auto bound = a_confirmed({{"A", 2}, {"A", 3}}, order);
  const auto taken = take_in(fulfillment::v1::FulfillmentShipped{
      .fulfillment_id = fulfillment, .order_id = order, .reservation_id = bound.id, .warehouse_id = ha_noi, .lines = {{1, "A", 2}, {2, "A", 3}}});
  ASSERT_TRUE(taken) << taken.error().to_string();
  EXPECT_EQ(value("SELECT string_agg(before || '>' || after, ' ' ORDER BY number) FROM movement"), "0>4 4>10 10>8 8>5");
  EXPECT_EQ(stock(ha_noi, "A"), "5/0/0");
}

TEST_F(Steps, EachRefusedCommandLeavesAFinalReservationAsItIs) {
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 4}}, order);
  ASSERT_TRUE(release(bound.id));
  EXPECT_EQ(pick(bound.id, 1).error().reason(), "RESERVATION_STATE");
  EXPECT_EQ(ship(bound.id, 1).error().reason(), "RESERVATION_STATE");
  EXPECT_EQ(shorten(bound.id, 1).error().reason(), "RESERVATION_STATE");
  EXPECT_EQ(run(api().extend_reservation(caller(), {bound.id, bound.created_at + hours(1)})).error().reason(), "RESERVATION_STATE");
  EXPECT_EQ(run(api().resource_reservation(caller(), {bound.id, 1, ha_noi, new_id()})).error().reason(), "RESERVATION_STATE");
  EXPECT_EQ(stock(ha_noi, "A"), "10/0/0");
}

}  // namespace
}  // namespace emporion::warehouse
