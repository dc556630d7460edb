#include "contracts/logistics/warehouse/v1/warehouse_api_binding.hpp"
#include "modules/logistics/warehouse/testing/warehouse_test.hpp"

namespace emporion::warehouse {
namespace {

using ::testing::HasSubstr;

struct Reservations : WarehouseTest {};

std::string reason_of(const Result<v1::Reservation>& result) { return result ? std::string("ok") : result.error().reason(); }

TEST_F(Reservations, HoldsEveryLineAndAnswersTheSameToARepeat) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}, {"B", 5}});
  const auto request = a_request({{"A", 3}, {"B", 2}});
  const auto first = reserve(request);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->status, v1::ReservationStatus::active);
  EXPECT_EQ(first->lines.size(), 2u);
  EXPECT_EQ(first->lines[0].warehouse_id, ha_noi);
  const auto again = reserve(request);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, *first);
  EXPECT_EQ(stock(ha_noi, "A"), "10/3/0");
  EXPECT_EQ(stock(ha_noi, "B"), "5/2/0");
  EXPECT_EQ(*stored(request.reservation_id), *first);
}

TEST_F(Reservations, AReservationIdTakesOneBodyOnly) {
  receive(a_warehouse("HN"), {{"A", 10}});
  auto request = a_request({{"A", 3}});
  ASSERT_TRUE(reserve(request));
  request.lines[0].qty = 4;
  EXPECT_EQ(reason_of(reserve(request)), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(value("SELECT reserved FROM stock"), "3");
}

TEST_F(Reservations, AShortLineHoldsNothingOfTheOthers) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  for (const auto& request : {a_request({{"A", 1}, {"B", 1}}), a_request_at(ha_noi, {{"A", 1}, {"B", 1}})}) {
    const auto refused = reserve(request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "INSUFFICIENT_STOCK");
    EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
    EXPECT_THAT(std::string(refused.error().metadata_json("items")), HasSubstr("\"B\""));
    EXPECT_EQ(count("reservation"), 0);
  }
  EXPECT_EQ(stock(ha_noi, "A"), "10/0/0");
}

TEST_F(Reservations, ConfirmBindsTheOrderAndDropsTheExpiry) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  const auto held = reserve(a_request({{"A", 3}}));
  const auto order = new_id();
  const auto bound = confirm(held->id, order);
  ASSERT_TRUE(bound) << bound.error().to_string();
  EXPECT_EQ(bound->status, v1::ReservationStatus::confirmed);
  EXPECT_EQ(bound->order_id, order);
  EXPECT_FALSE(bound->expires_at);
  EXPECT_EQ(*confirm(held->id, order), *bound) << "a repeat";
  EXPECT_EQ(reason_of(confirm(held->id, new_id())), "BOUND_TO_OTHER_ORDER");
  EXPECT_EQ(reason_of(confirm(new_id(), order)), "RESERVATION_NOT_FOUND");
  EXPECT_EQ(stock(ha_noi, "A"), "10/3/0");
}

TEST_F(Reservations, ConfirmAsksTheRowAndNotTheClock) {
  receive(a_warehouse("HN"), {{"A", 10}});
  const auto overdue = reserve(a_request({{"A", 1}}));
  const auto swept = reserve(a_request({{"A", 1}}));
  make_overdue(overdue->id);
  EXPECT_TRUE(confirm(overdue->id, new_id())) << "past its time, but not swept";
  make_overdue(swept->id);
  ASSERT_TRUE(run(upkeep().sweep(caller())));
  EXPECT_EQ(reason_of(confirm(swept->id, new_id())), "RESERVATION_EXPIRED");
  EXPECT_EQ(value("SELECT reserved FROM stock"), "1");
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.reservation.expired'"), 1);
}

TEST_F(Reservations, AReleaseBeforeItsReserveRefusesIt) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  const auto request = a_request({{"A", 1}});
  const auto early = release(request.reservation_id);
  ASSERT_TRUE(early) << early.error().to_string();
  EXPECT_FALSE(early->reservation);
  EXPECT_TRUE(release(request.reservation_id)) << "a repeat";
  EXPECT_EQ(reason_of(reserve(request)), "RESERVATION_STATE");
  EXPECT_EQ(reason_of(confirm(request.reservation_id, new_id())), "RESERVATION_NOT_FOUND");
  EXPECT_EQ(stock(ha_noi, "A"), "10/0/0");
}

TEST_F(Reservations, AReleaseGivesBackOnce) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  const auto order = new_id();
  const auto bound = a_confirmed({{"A", 4}}, order);
  for (int i = 0; i < 2; ++i) {
    const auto done = release(bound.id);
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(done->reservation->status, v1::ReservationStatus::released);
    EXPECT_EQ(stock(ha_noi, "A"), "10/0/0");
  }
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.reservation.released'"), 1);
  EXPECT_EQ(count("movement WHERE type <> 'receipt'"), 0) << "nothing left the shelf";
  EXPECT_EQ(reason_of(confirm(bound.id, order)), "RESERVATION_STATE");
}

TEST_F(Reservations, ALostAnswerIsFoundAgainByTheSameRequest) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"LAST", 1}});
  const auto request = a_request({{"LAST", 1}});
  ASSERT_TRUE(reserve(request));  // This answer never reached the caller.
  EXPECT_EQ(reason_of(reserve(a_request({{"LAST", 1}}))), "INSUFFICIENT_STOCK");
  const auto retried = reserve(request);
  ASSERT_TRUE(retried) << retried.error().to_string() << ": a sold-out SKU does not hide the caller's own reservation";
  EXPECT_EQ(retried->id, request.reservation_id);
  EXPECT_EQ(stock(ha_noi, "LAST"), "1/1/0");
}

TEST_F(Reservations, AShortageFreesWhatIsOverdue) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 1}});
  const auto abandoned = reserve(a_request({{"A", 1}}));
  EXPECT_EQ(reason_of(reserve(a_request_at(ha_noi, {{"A", 1}}))), "INSUFFICIENT_STOCK");
  make_overdue(abandoned->id);
  const auto next_buyer = reserve(a_request_at(ha_noi, {{"A", 1}}));
  EXPECT_TRUE(next_buyer) << next_buyer.error().to_string();
  EXPECT_EQ(stored(abandoned->id)->status, v1::ReservationStatus::expired);
}

TEST_F(Reservations, WhatIsNotOverdueIsNotReadByWhoLooksForWhatIs) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 1}});
  const auto abandoned = reserve(a_request({{"A", 1}}));
  make_overdue(abandoned->id);
  sql("INSERT INTO reservation SELECT r.* FROM reservation x, generate_series(1, 1000) n, LATERAL jsonb_populate_record(NULL::reservation, to_jsonb(x) || "
      "jsonb_build_object('id', md5('held' || n), 'reference_id', md5('of' || n), 'created_at', now(), 'expires_at', now() + interval '10 minutes')) r");
  EXPECT_LT(rows_read("reservation", "SELECT reservation_expire(100, NULL, gen_random_uuid())"), 20);
  EXPECT_LT(rows_read("reservation", "SELECT reservation_expire(100, ARRAY['A'], gen_random_uuid())"), 20);
  EXPECT_EQ(count("reservation WHERE status = 'expired'"), 1);
  sql("DELETE FROM reservation WHERE status = 'active'");  // They had no lines.
}

TEST_F(Reservations, TheHoldIsWhatWasAskedUpToTheCeiling) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 100}, {"HOT", 100}});
  v1::UpdateInventoryRequest flag{.id = text(ha_noi, ".HOT"), .hot = true};
  ASSERT_TRUE(run(api().update_inventory(caller(), flag)));
  const auto granted = [&](const std::string& sku, v1::ReservationPaymentMethod method, std::optional<std::int32_t> asked) {
    auto request = a_request({{sku, 1}});
    request.payment_method = method;
    request.ttl_seconds = asked;
    const auto held = reserve(request);
    return std::chrono::duration_cast<seconds>(*held->expires_at - held->created_at).count();
  };
  using Method = v1::ReservationPaymentMethod;
  EXPECT_EQ(granted("A", Method::card, {}), 900);
  EXPECT_EQ(granted("A", Method::card, 600), 600);
  EXPECT_EQ(granted("A", Method::card, 7'200), 1'500);
  EXPECT_EQ(granted("A", Method::bank_transfer, 172'800), 87'000);
  EXPECT_EQ(granted("HOT", Method::bank_transfer, 172'800), 300);
}

TEST_F(Reservations, ExtendEndsAtTwiceTheFirstHold) {
  receive(a_warehouse("HN"), {{"A", 100}});
  const auto held = reserve(a_request({{"A", 1}}));
  const auto longer = run(api().extend_reservation(caller(), {held->id, *held->expires_at + minutes(5)}));
  ASSERT_TRUE(longer) << longer.error().to_string();
  EXPECT_EQ(*longer->expires_at, *held->expires_at + minutes(5));
  const auto longest = run(api().extend_reservation(caller(), {held->id, *held->expires_at + hours(5)}));
  EXPECT_EQ(*longest->expires_at, held->created_at + minutes(30));
  const auto shorter = run(api().extend_reservation(caller(), {held->id, held->created_at}));
  EXPECT_EQ(*shorter->expires_at, *longest->expires_at) << "a hold is never shortened";
  EXPECT_EQ(reason_of(run(api().extend_reservation(caller(), {new_id(), held->created_at}))), "RESERVATION_NOT_FOUND");
}

TEST_F(Reservations, ACustomerHoldsThreeCheckoutsAtMost) {
  receive(a_warehouse("HN"), {{"A", 100}});
  auto request = a_request({{"A", 1}});
  const auto customer = request.customer_id;
  for (int i = 0; i < 3; ++i) {
    request = a_request({{"A", 1}});
    request.customer_id = customer;
    ASSERT_TRUE(reserve(request));
  }
  auto fourth = a_request({{"A", 1}});
  fourth.customer_id = customer;
  EXPECT_EQ(reason_of(reserve(fourth)), "TOO_MANY_RESERVATIONS");
  ASSERT_TRUE(release(request.reservation_id));
  EXPECT_TRUE(reserve(fourth));
  for (int i = 0; i < 4; ++i) {
    auto guest = a_request({{"A", 1}});
    guest.customer_id.reset();
    guest.guest_key = "guest-1";
    EXPECT_EQ(reason_of(reserve(guest)), i < 3 ? "ok" : "TOO_MANY_RESERVATIONS");
  }
}

TEST_F(Reservations, ImpossibleRequestsWriteNothing) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 100}});
  v1::LocalWarehouseApi local(api(), clock());
  auto request = a_request_at(ha_noi, {{"A", 1}});
  for (const std::int32_t qty : {0, -1, 1'000'000'000}) {
    request.lines[0].qty = qty;
    const auto refused = run(local.reserve(caller(), request));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::invalid_argument) << qty;
  }
  request.lines[0].qty = 1;
  request.lines[0].warehouse_id = Uuid();
  EXPECT_EQ(reason_of(reserve(request)), "WAREHOUSE_REQUIRED");
  request.lines[0].warehouse_id.reset();
  EXPECT_EQ(reason_of(reserve(request)), "WAREHOUSE_REQUIRED");
  EXPECT_EQ(reason_of(reserve(a_request({{"A", 10'000}}))), "QTY_LIMIT");
  EXPECT_EQ(count("reservation"), 0);
  EXPECT_EQ(stock(ha_noi, "A"), "100/0/0");
}

TEST_F(Reservations, DividesALineOverTwoWarehousesAndPrefersOne) {
  const auto first = a_warehouse("W1");
  const auto second = a_warehouse("W2");
  receive(first, {{"A", 3}});
  receive(second, {{"A", 2}});
  const auto divided = reserve(a_request({{"A", 5}}));
  ASSERT_TRUE(divided) << divided.error().to_string();
  EXPECT_EQ(divided->lines.size(), 2u);
  EXPECT_EQ(stock(first, "A"), "3/3/0");
  EXPECT_EQ(stock(second, "A"), "2/2/0");
  ASSERT_TRUE(release(divided->id));
  const auto third = a_warehouse("W3");
  receive(third, {{"A", 5}});
  const auto whole = reserve(a_request({{"A", 5}}));
  ASSERT_EQ(whole->lines.size(), 1u);
  EXPECT_EQ(whole->lines[0].warehouse_id, third);
}

TEST_F(Reservations, AnAddressNobodyDeliversToIsNotCovered) {
  receive(a_warehouse("HN"), {{"A", 100}});
  auto request = a_request({{"A", 1}});
  request.plan->destination.location_path = {Uuid::from_name("GB")};
  EXPECT_EQ(reason_of(reserve(request)), "NOT_COVERED");
}

struct Wholesale : WarehouseTest {
  Wholesale() : WarehouseTest(Options{.lines_max = 2'000, .qty_max = 100'000, .active_reservations_max = 1'000'000}) {}
};

TEST_F(Wholesale, TwoThousandLinesAreHeldConfirmedAndShipped) {
  const auto ha_noi = a_warehouse("HN");
  std::vector<std::pair<std::string, std::int32_t>> units;
  for (int i = 0; i < 2'000; ++i) units.emplace_back(text("SKU-", i), 100);
  receive(ha_noi, units);
  for (auto& unit : units) unit.second = 3;
  const auto bound = a_confirmed(units, new_id());
  ASSERT_EQ(bound.lines.size(), 2'000u);
  v1::FulfillReservationRequest ship{.id = bound.id, .fulfillment_id = new_id()};
  v1::PickReservationRequest pick{.id = bound.id, .fulfillment_id = ship.fulfillment_id, .step = "all", .action = v1::PickAction::pick};
  for (const auto& line : bound.lines) pick.lines.push_back({line.line_no, line.warehouse_id, line.qty});
  ship.lines = pick.lines;
  ASSERT_TRUE(run(api().pick_reservation(caller(), pick)));
  const auto shipped = run(api().fulfill_reservation(caller(), ship));
  ASSERT_TRUE(shipped) << shipped.error().to_string();
  EXPECT_EQ(shipped->status, v1::ReservationStatus::fulfilled);
  EXPECT_EQ(value("SELECT sum(on_hand) || '/' || sum(reserved) || '/' || sum(picked) FROM stock"), "194000/0/0");
}

TEST_F(Reservations, TheAuditNamesEachKindOfDamage) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  const auto bound = a_confirmed({{"A", 2}}, new_id());
  const auto violations = [&] {
    std::string named;
    for (const auto& check : audit_checks()) {
      if (!sql(std::string(check.sql)).empty()) named += std::string(check.invariant.substr(0, 5)) + ";";
    }
    return named;
  };
  const auto damaged = [&](const std::string& damage, const std::string& repair) {
    sql(damage);
    const auto named = violations();
    sql(repair);
    return named;
  };
  EXPECT_EQ(violations(), "");
  EXPECT_THAT(damaged("UPDATE stock SET reserved = 1", "UPDATE stock SET reserved = 2"), HasSubstr("W-I2"));
  EXPECT_THAT(damaged("UPDATE stock SET on_hand = 11", "UPDATE stock SET on_hand = 10"), HasSubstr("W-I3"));
  EXPECT_THAT(damaged("UPDATE movement SET before = 1, after = 11", "UPDATE movement SET before = 0, after = 10"), HasSubstr("W-I3"));
  EXPECT_THAT(damaged("UPDATE reservation SET status = 'released'", "UPDATE reservation SET status = 'confirmed'"), HasSubstr("W-I6"));
  EXPECT_THAT(damaged("UPDATE reservation_line SET sku = 'B'", "UPDATE reservation_line SET sku = 'A'"), HasSubstr("W-I5"));
  EXPECT_THAT(damaged("UPDATE reservation_line SET shipped = 1", "UPDATE reservation_line SET shipped = 0"), HasSubstr("W-I10"));
  EXPECT_EQ(stored(bound.id)->lines[0].qty, 2);
}

}  // namespace
}  // namespace emporion::warehouse
