#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

using warehouse::v1::ReservationResourced;

const Uuid danang = Uuid::from_name("danang");
const Uuid saigon = Uuid::from_name("saigon");

/// Orders of one line of two units in Hà Nội whose units move, before and after they are confirmed (ADR 0037).
struct MovesTest : OrderTest {
  /// Warehouse tells of a move that made the reservation's version `version`.
  void moved(const v1::CreateOrderRequest& order, std::int64_t version, Uuid from, Uuid to, int qty = 2, std::optional<Uuid> reservation = {}) {
    ReservationResourced event;
    event.order_id = order.order_id;
    event.reservation_id = reservation.value_or(order.reservation_id);
    event.line_no = 1;
    event.sku = "SKU-1";
    event.qty = qty;
    event.from_warehouse_id = from;
    event.to_warehouse_id = to;
    const auto heard = hear(&EventHandlers::on_reservation_resourced, event, std::nullopt, version);
    ASSERT_TRUE(heard) << heard.error().to_string();
  }
  v1::ConfirmOrderRequest held_in(const v1::CreateOrderRequest& order, std::int64_t version, std::vector<std::pair<Uuid, int>> units,
                                  std::optional<Uuid> reservation = {}) {
    auto out = a_confirmation(order);
    out.reservation = v1::ConfirmedReservation{.reservation_id = reservation.value_or(order.reservation_id), .version = version};
    for (const auto& [warehouse, qty] : units) out.reservation->units.push_back({.line_no = 1, .warehouse_id = warehouse, .qty = qty});
    return out;
  }
  Result<v1::OrderConfirmation> confirm_with(const v1::ConfirmOrderRequest& request) { return run(service.confirm_order(by("checkout"), request)); }
  /// "hanoi 1, danang 1" of the order's only line.
  std::string sources() {
    return value(
        text("SELECT string_agg((CASE a ->> 'warehouse_id' WHEN '", warehouse_id, "' THEN 'hanoi' WHEN '", danang, "' THEN 'danang' WHEN '", saigon,
             "' THEN 'saigon' END) || ' ' || (a ->> 'qty'), ', ' ORDER BY n) FROM order_line, jsonb_array_elements(allocations) WITH ORDINALITY AS r (a, n)"));
  }
  /// What Fulfillment picks from.
  v1::OrderConfirmed told() {
    const auto event = parse_json<v1::OrderConfirmed>(value("SELECT data FROM outbox WHERE topic = 'order.order.confirmed'"));
    EXPECT_TRUE(event) << event.error().to_string();
    return event.value_or(v1::OrderConfirmed{});
  }
  std::string told_sources() {
    std::string out;
    for (const auto& row : told().lines.at(0).allocations) {
      out += text(out.empty() ? "" : ", ", row.warehouse_id == warehouse_id ? "hanoi" : row.warehouse_id == danang ? "danang" : "saigon", ' ', row.qty);
    }
    return out;
  }
};

TEST_F(MovesTest, AnOrderIsConfirmedWithTheWarehousesThatItsReservationHas) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  const auto confirmed = confirm_with(held_in(order, 3, {{danang, 1}, {saigon, 1}}));
  ASSERT_TRUE(confirmed) << confirmed.error().to_string();
  EXPECT_EQ(confirmed->status, v1::OrderStatus::confirmed);
  EXPECT_EQ(sources(), "danang 1, saigon 1");
  EXPECT_EQ(told_sources(), "danang 1, saigon 1");
  EXPECT_EQ(told().reservation_version, 3);
  // Each has a group to be sent by; together they cost what they did.
  EXPECT_EQ(value("SELECT count(*) || ' ' || sum(fee) || ' ' || count(DISTINCT warehouse_id) FROM order_shipment_group"), "2 30000 2");
  EXPECT_EQ(value(text("SELECT count(*) FROM order_shipment_group WHERE warehouse_id = '", warehouse_id, "'")), "0");
  EXPECT_EQ(value("SELECT kind || ' ' || actor_type FROM order_edit_history"), "allocation checkout");
}

TEST_F(MovesTest, AConfirmationThatIsRepeatedOrComesTwiceAtOnceCountsOnce) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  const auto request = held_in(order, 3, {{danang, 2}});
  std::vector<Task<Result<v1::OrderConfirmation>>> both;
  for (int i = 0; i < 2; ++i) both.push_back(service.confirm_order(by("checkout"), request));
  for (const auto& answer : run(when_all(std::move(both)))) ASSERT_TRUE(answer) << answer.error().to_string();
  moved(order, 4, danang, saigon);
  // Asked again after a crash, it says where the units were then.
  ASSERT_TRUE(confirm_with(request));
  EXPECT_EQ(sources(), "saigon 2");
  EXPECT_EQ(count("outbox WHERE topic = 'order.order.confirmed'"), "1");
  EXPECT_EQ(count("order_edit_history WHERE actor_type = 'checkout'"), "1");
}

TEST_F(MovesTest, AConfirmationThatIsRefusedLeavesTheLinesAsTheyWere) {
  const auto order = an_order(1, v1::PaymentMethod::card);
  ASSERT_TRUE(create(order));
  auto unpaid = held_in(order, 3, {{danang, 2}});
  unpaid.payment_status = v1::PaymentFacet::none;
  EXPECT_EQ(confirm_with(unpaid).error().reason(), "NOT_PAYABLE");
  for (const auto& wrong : {held_in(order, 3, {{danang, 1}}), held_in(order, 3, {{danang, 2}, {saigon, 1}})}) {
    const auto refused = confirm_with(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "ALLOCATION_MISMATCH");
  }
  auto unknown = held_in(order, 3, {{danang, 2}});
  unknown.reservation->units.front().line_no = 7;
  EXPECT_EQ(confirm_with(unknown).error().reason(), "ALLOCATION_MISMATCH");
  EXPECT_EQ(sources(), "hanoi 2");
  EXPECT_EQ(status(order.order_id), "pending_payment");
  EXPECT_EQ(count("order_edit_history"), "0");
  unknown.id = Uuid::from_name("nobody's");
  EXPECT_EQ(confirm_with(unknown).error().reason(), "ORDER_NOT_FOUND");
}

TEST_F(MovesTest, AMoveThatDoesNotFitTheOlderLinesWaitsForTheConfirmation) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  // Hà Nội → Đà Nẵng was before the binding, as version 2: nobody told it with the order's id. 3 bound it.
  moved(order, 4, danang, saigon, 1);
  EXPECT_EQ(sources(), "hanoi 2");
  ASSERT_TRUE(confirm_with(held_in(order, 3, {{danang, 2}})));
  EXPECT_EQ(sources(), "danang 1, saigon 1");
  EXPECT_EQ(told_sources(), "danang 1, saigon 1");
  EXPECT_EQ(told().reservation_version, 4);
}

TEST_F(MovesTest, AMoveThatSeemsToFitTheOlderLinesIsAppliedToTheNewerOnesToo) {
  auto order = an_order();
  order.lines[0].allocations = {{warehouse_id, 1, order.reservation_id}, {danang, 1, order.reservation_id}};
  ASSERT_TRUE(create(order));
  // Untold: the unit in Hà Nội went to Đà Nẵng. Then both left it, one after the other; the first seems to fit.
  moved(order, 4, danang, saigon, 1);
  moved(order, 5, danang, warehouse_id, 1);
  ASSERT_TRUE(confirm_with(held_in(order, 3, {{danang, 2}})));
  EXPECT_EQ(sources(), "saigon 1, hanoi 1");
}

TEST_F(MovesTest, AMoveThatTheConfirmationKnowsIsNotAppliedAgain) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  moved(order, 4, warehouse_id, danang);
  // The saga crashed after the binding: the answer to its repeat has the moves of then, and one more that is still on its way.
  ASSERT_TRUE(confirm_with(held_in(order, 5, {{warehouse_id, 1}, {danang, 1}})));
  EXPECT_EQ(sources(), "hanoi 1, danang 1");
  moved(order, 5, danang, warehouse_id, 1);
  EXPECT_EQ(sources(), "hanoi 1, danang 1") << "told late, it is known";
  moved(order, 6, warehouse_id, saigon, 1);
  EXPECT_EQ(sources(), "danang 1, saigon 1");
}

TEST_F(MovesTest, MovesOfAReservationThatRanOutAreNotThoseOfTheNext) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  moved(order, 4, danang, saigon, 1);
  ASSERT_TRUE(confirm_with(held_in(order, 2, {{danang, 2}}, Uuid::from_name("second attempt"))));
  EXPECT_EQ(sources(), "danang 2");
  EXPECT_EQ(told().reservation_version, 2);
}

TEST_F(MovesTest, AMoveIsKeptOnceHoweverOftenItIsTold) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  for (int i = 0; i < 2; ++i) moved(order, 4, danang, saigon, 1);  // It does not fit yet.
  EXPECT_EQ(count("order_move"), "1");
}

TEST_F(MovesTest, AnOrderOfWhichNothingIsSaidIsConfirmedWithTheMovesThatItWasTold) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  moved(order, 3, warehouse_id, danang);
  ASSERT_TRUE(confirm(order));
  EXPECT_EQ(told_sources(), "danang 2");
  EXPECT_EQ(told().reservation_version, 3) << "Fulfillment is told of the move, too, and must know that it is in";
  ASSERT_TRUE(run(housekeeping.flag_late(by("order"))));
  EXPECT_EQ(count("order_move"), "0");
}

TEST_F(MovesTest, AnOrderWhoseUnitsWereReservedAnewNamesItsNewReservation) {
  const auto order = an_order();
  ASSERT_TRUE(create(order));
  const Uuid second = Uuid::from_name("second attempt");
  moved(order, 3, danang, saigon, 1, second);
  ASSERT_TRUE(confirm_with(held_in(order, 2, {{danang, 2}}, second)));
  EXPECT_EQ(sources(), "danang 1, saigon 1");
  EXPECT_EQ(told().lines[0].allocations[0].reservation_id, second);
  EXPECT_EQ(run(store.load(order.order_id))->reservation_id, second);
  moved(order, 4, saigon, danang, 1, second);
  EXPECT_EQ(sources(), "danang 2");
}

TEST_F(MovesTest, AnOrderUnderReviewTakesItsUnitsFromWhereTheyAreWhenItIsApproved) {
  const auto order = an_order(1, v1::PaymentMethod::card);
  ASSERT_TRUE(create(order));
  ASSERT_TRUE(run(service.mark_review(by("checkout"), {.id = order.order_id, .assessment_id = Uuid::from_name("risk")})));
  moved(order, 4, danang, saigon);
  EXPECT_EQ(confirm_with(held_in(order, 3, {{danang, 2}})).error().reason(), "INVALID_TRANSITION");
  EXPECT_EQ(sources(), "hanoi 2");
  v1::DecideReviewRequest decide;
  decide.id = order.order_id;
  decide.decision = v1::ReviewDecision::approve;
  decide.reason = "known buyer";
  ASSERT_TRUE(run(service.decide_review(as(Realm::staff, Uuid::from_name("reviewer")), decide)));
  ASSERT_TRUE(confirm_with(held_in(order, 3, {{danang, 2}})));
  EXPECT_EQ(told_sources(), "saigon 2");
}

}  // namespace
}  // namespace emporion::order
