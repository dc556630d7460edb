#include <algorithm>

#include "modules/logistics/warehouse/testing/warehouse_test.hpp"

namespace emporion::warehouse {
namespace {

struct Warehouses : WarehouseTest {
  Result<v1::StockMovement> adjust(Uuid warehouse, std::int32_t delta, const std::string& cause) {
    return run(api().adjust_stock(caller(), {warehouse, "A", delta, v1::AdjustmentReason::correction, cause, {}}));
  }
  Result<v1::Warehouse> deactivate(Uuid warehouse) { return run(api().deactivate_warehouse(caller(), {warehouse, {}})); }
};

TEST_F(Warehouses, ADrainingWarehouseIsEmptiedOfUnpickedLines) {
  const auto first = a_warehouse("W1", 1);
  const auto second = a_warehouse("W2", 2);
  receive(first, {{"A", 10}});
  receive(second, {{"A", 6}});
  const auto moved = a_confirmed({{"A", 4}}, new_id());
  const auto picked = a_confirmed({{"A", 3}}, new_id());
  const auto waiting = reserve(a_request({{"A", 2}}));
  ASSERT_TRUE(run(api().pick_reservation(caller(), {picked.id, new_id(), "1", v1::PickAction::pick, {{1, first, 3}}})));
  ASSERT_TRUE(deactivate(first));
  ASSERT_TRUE(run(upkeep().evacuate(caller())));
  EXPECT_EQ(stored(moved.id)->lines[0].warehouse_id, second);
  EXPECT_EQ(stored(picked.id)->lines[0].warehouse_id, first) << "picked lines ship from there";
  EXPECT_EQ(stored(waiting->id)->lines[0].warehouse_id, second);
  EXPECT_EQ(stock(first, "A"), "10/3/3");
  EXPECT_EQ(stock(second, "A"), "6/6/0");
  ASSERT_TRUE(run(upkeep().evacuate(caller()))) << "nothing is left to do";
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.reservation.resourced'"), 2);
  const auto late = reserve(a_request_at(first, {{"A", 1}}));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason(), "WAREHOUSE_NOT_ACTIVE");
}

TEST_F(Warehouses, WhatFitsNowhereExpiresOrIsGivenUp) {
  const auto first = a_warehouse("W1", 1);
  const auto second = a_warehouse("W2", 2);
  receive(first, {{"A", 10}});
  receive(second, {{"A", 1}});
  const auto confirmed = a_confirmed({{"A", 4}}, new_id());
  const auto active = reserve(a_request({{"A", 2}}));
  ASSERT_TRUE(deactivate(first));
  ASSERT_TRUE(run(upkeep().evacuate(caller())));
  EXPECT_EQ(stored(confirmed.id)->lines.size(), 2u) << "one unit moved, three are given up";
  EXPECT_EQ(value("SELECT data::json->>'missing' FROM outbox WHERE topic = 'warehouse.reservation.shorted'"), "3");
  EXPECT_EQ(stored(active->id)->status, v1::ReservationStatus::expired);
  EXPECT_EQ(stock(first, "A"), "10/0/0") << "the units are still there";
  EXPECT_EQ(stock(second, "A"), "1/1/0");
}

TEST_F(Warehouses, AnOfflineWarehouseKeepsConfirmedLinesAWhile) {
  const auto first = a_warehouse("W1", 1);
  const auto second = a_warehouse("W2", 2);
  receive(first, {{"A", 10}});
  receive(second, {{"A", 10}});
  const auto confirmed = a_confirmed({{"A", 4}}, new_id());
  const auto active = reserve(a_request({{"A", 2}}));
  ASSERT_TRUE(run(api().take_warehouse_offline(caller(), {first, {}})));
  ASSERT_TRUE(run(upkeep().evacuate(caller())));
  EXPECT_EQ(stored(active->id)->lines[0].warehouse_id, second);
  EXPECT_EQ(stored(confirmed.id)->lines[0].warehouse_id, first);
  sql("UPDATE warehouse SET status_since = status_since - interval '16 minutes'");
  ASSERT_TRUE(run(upkeep().evacuate(caller())));
  EXPECT_EQ(stored(confirmed.id)->lines[0].warehouse_id, second);
}

TEST_F(Warehouses, WhoLooksForWhatIsStrandedDoesNotReadWhatIsOver) {
  const auto first = a_warehouse("W1");
  receive(first, {{"A", 10}});
  const auto confirmed = a_confirmed({{"A", 4}}, new_id());
  sql("INSERT INTO reservation SELECT r.* FROM reservation x, generate_series(1, 1000) n, LATERAL jsonb_populate_record(NULL::reservation, to_jsonb(x) || "
      "jsonb_build_object('id', md5('over' || n), 'reference_id', md5('of' || n), 'status', 'fulfilled')) r");
  sql("INSERT INTO reservation_line SELECT r.id, 1, l.warehouse_id, 'A', 1, 0, 1 FROM reservation r, reservation_line l WHERE r.status = 'fulfilled'");
  sql("ANALYZE reservation, reservation_line");
  const std::string look = "SELECT stranded_lines(900, 200)";
  EXPECT_EQ(rows_read("reservation", look) + rows_read("reservation_line", look), 0) << "no warehouse is closed";
  ASSERT_TRUE(deactivate(first));
  EXPECT_LT(rows_read("reservation", look) + rows_read("reservation_line", look), 10);
  EXPECT_EQ(value("SELECT string_agg(reservation::text, ' ') FROM stranded_lines(900, 200)"), confirmed.id.to_string());
  sql("DELETE FROM reservation_line WHERE reservation_id <> '" + confirmed.id.to_string() + "'");  // Nobody received or shipped those.
  sql("DELETE FROM reservation WHERE status = 'fulfilled'");
}

TEST_F(Warehouses, ReservingWhileAWarehouseDrainsLosesNoUnit) {
  const auto first = a_warehouse("W1", 1);
  const auto second = a_warehouse("W2", 2);
  receive(first, {{"A", 100}});
  receive(second, {{"A", 400}});
  const auto reserve_and_confirm = [](WarehouseService& service, CallContext context, v1::ReserveRequest request, Uuid order) -> Task<Result<v1::Reservation>> {
    EMP_CO_TRY(co_await service.reserve(context, request));
    co_return co_await service.confirm_reservation(context, {request.reservation_id, order});
  };
  const auto drain = [](WarehouseService& service, Upkeep& upkeep, CallContext context, Uuid warehouse) -> Task<Result<v1::Reservation>> {
    EMP_CO_TRY(co_await service.deactivate_warehouse(context, {warehouse, {}}));
    EMP_CO_TRY(co_await upkeep.evacuate(context));
    co_return v1::Reservation{};
  };
  std::vector<Task<Result<v1::Reservation>>> tasks;
  for (int i = 0; i < 200; ++i) {
    tasks.push_back(reserve_and_confirm(api(), caller(), a_request({{"A", 1}}), new_id()));
    if (i == 100) tasks.push_back(drain(api(), upkeep(), caller(), first));
  }
  for (const auto& answer : run(when_all(std::move(tasks)))) EXPECT_TRUE(answer) << answer.error().to_string();
  ASSERT_TRUE(run(upkeep().evacuate(caller())));
  EXPECT_EQ(stock(first, "A"), "100/0/0");
  EXPECT_EQ(stock(second, "A"), "400/200/0");
  EXPECT_EQ(count(text("reservation_line WHERE warehouse_id = '", first, "'")), 0);
}

TEST_F(Warehouses, OnlyAnEmptyWarehouseCloses) {
  const auto first = a_warehouse("W1");
  receive(first, {{"A", 2}});
  EXPECT_EQ(run(api().close_warehouse(caller(), {first})).error().reason(), "INVALID_TRANSITION");
  ASSERT_TRUE(deactivate(first));
  ASSERT_TRUE(deactivate(first)) << "a repeat";
  EXPECT_EQ(run(api().close_warehouse(caller(), {first})).error().reason(), "NOT_EMPTY");
  ASSERT_TRUE(adjust(first, -2, "c1"));
  const auto closed = run(api().close_warehouse(caller(), {first}));
  ASSERT_TRUE(closed) << closed.error().to_string();
  EXPECT_EQ(closed->status, v1::WarehouseStatus::closed);
  EXPECT_EQ(adjust(first, 1, "c2").error().reason(), "WAREHOUSE_CLOSED");
}

TEST_F(Warehouses, AnAdjustmentNeverBreaksWhatIsReserved) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 10}});
  ASSERT_TRUE(reserve(a_request({{"A", 8}})));
  const auto refused = adjust(ha_noi, -5, "c1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "WOULD_BREAK_RESERVED");
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(stock(ha_noi, "A"), "10/8/0");
  const auto first = adjust(ha_noi, -2, "c2");
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->before, 10);
  EXPECT_EQ(first->after, 8);
  EXPECT_EQ(adjust(ha_noi, -2, "c2")->id, first->id) << "a repeat answers the first movement";
  EXPECT_EQ(run(api().get_movement(caller(), {first->id}))->id, first->id);
  EXPECT_EQ(stock(ha_noi, "A"), "8/8/0");
  EXPECT_EQ(adjust(new_id(), 1, "c3").error().reason(), "WAREHOUSE_NOT_FOUND");
}

TEST_F(Warehouses, AdjustmentsOfABatchAreJudgedOneByOne) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 1}});
  const auto line = [&](std::int32_t delta, const std::string& cause) {
    return v1::AdjustStockRequest{ha_noi, "A", delta, v1::AdjustmentReason::found, cause, {}};
  };
  const auto done = run(api().batch_adjust_stock(caller(), {{line(-2, "1"), line(3, "2"), line(-2, "3")}}));
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(done->results[0].reason, "WOULD_BREAK_RESERVED");
  EXPECT_TRUE(done->results[1].movement);
  EXPECT_TRUE(done->results[2].movement);
  EXPECT_EQ(stock(ha_noi, "A"), "2/0/0");
}

TEST_F(Warehouses, AReceiptIsInspectedAndPutAwayOnce) {
  const auto ha_noi = a_warehouse("HN");
  v1::CreateReceiptRequest request{.warehouse_id = ha_noi, .kind = v1::ReceiptKind::purchase, .reference = "PO-1"};
  request.lines.push_back({.sku = "A", .expected = 100, .unit_cost = Money(500, Currency::of("VND"))});
  request.lines.push_back({.sku = "B", .expected = 10});
  const auto made = run(api().create_receipt(caller(), request));
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(run(api().create_receipt(caller(), request))->id, made->id) << "once per reference";
  EXPECT_EQ(run(api().put_away_receipt(caller(), {made->id})).error().reason(), "RECEIPT_STATE");
  EXPECT_EQ(run(api().inspect_receipt_line(caller(), {made->id, 1, 106, 0})).error().reason(), "OVER_RECEIPT");
  ASSERT_TRUE(run(api().inspect_receipt_line(caller(), {made->id, 1, 95, 3})));
  EXPECT_EQ(run(api().inspect_receipt_line(caller(), {made->id, 2, 0, 0}))->status, v1::ReceiptStatus::inspected);
  for (int i = 0; i < 2; ++i) {
    const auto closed = run(api().put_away_receipt(caller(), {made->id}));
    ASSERT_TRUE(closed) << closed.error().to_string();
    EXPECT_EQ(closed->status, v1::ReceiptStatus::closed);
  }
  EXPECT_EQ(stock(ha_noi, "A"), "95/0/0");
  const auto item = run(api().get_inventory(caller(), {text(ha_noi, ".A")}));
  EXPECT_EQ(item->damaged, 3);
  EXPECT_EQ(item->unit_cost, Money(500, Currency::of("VND")));
  EXPECT_EQ(run(api().inspect_receipt_line(caller(), {made->id, 1, 1, 0})).error().reason(), "RECEIPT_STATE");
}

TEST_F(Warehouses, TellsWhenASkuRunsOutAndComesBack) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 1}});
  const auto held = reserve(a_request({{"A", 1}}));
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.stock.depleted'"), 1);
  ASSERT_TRUE(release(held->id));
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.stock.replenished'"), 2) << "the receipt and the release";
  ASSERT_TRUE(deactivate(ha_noi));
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.stock.depleted'"), 2) << "its only warehouse does not sell any more";
  ASSERT_TRUE(run(upkeep().retell_depletion(caller())));
  EXPECT_EQ(count("outbox WHERE topic = 'warehouse.stock.depleted'"), 2);
}

TEST_F(Warehouses, LowStockIsToldOnceUntilItRecovered) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 20}});
  ASSERT_TRUE(run(api().update_inventory(caller(), {.id = text(ha_noi, ".A"), .reorder_point = 10})));
  const auto told = [&] {
    EXPECT_TRUE(run(upkeep().tell_low_stock(caller())));
    return count("outbox WHERE topic = 'warehouse.stock.low_detected'");
  };
  EXPECT_EQ(told(), 0);
  const auto held = reserve(a_request({{"A", 16}}));
  EXPECT_EQ(told(), 1);
  EXPECT_EQ(value("SELECT data::json->>'level' FROM outbox WHERE topic = 'warehouse.stock.low_detected'"), "medium");
  EXPECT_EQ(told(), 1) << "not again";
  ASSERT_TRUE(release(held->id));
  EXPECT_EQ(told(), 1);
  ASSERT_TRUE(reserve(a_request({{"A", 20}})));
  EXPECT_EQ(told(), 2) << "it recovered in between";
}

TEST_F(Warehouses, StrangersSeeAStatusAndACappedQuantity) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 50}});
  auto stranger = caller();
  stranger.principal = Principal::guest();
  const auto shown = run(api().batch_stock(stranger, {{"A", "NONE"}, {}}));
  EXPECT_EQ(shown->stock[0].available, 10);
  EXPECT_TRUE(shown->stock[0].warehouses.empty());
  EXPECT_EQ(shown->stock[1].available, 0);
  EXPECT_EQ(shown->stock[1].status, v1::StockStatus::out);
  EXPECT_EQ(run(api().batch_stock(caller(), {{"A"}, {}}))->stock[0].warehouses[0].available, 50);
}

TEST_F(Warehouses, WhoAsksForStockAtTheSameTimeIsToldOfHisOwnSkus) {
  receive(a_warehouse("HN"), {{"A", 5}, {"B", 7}, {"C", 9}});
  std::vector<Task<Result<v1::BatchStockResponse>>> calls;
  calls.push_back(api().batch_stock(caller(), {{"B", "A"}, {}}));
  calls.push_back(api().batch_stock(caller(), {{"C", "NONE", "B", "C"}, {}}));
  const auto answers = run(when_all(std::move(calls)));
  const auto told = [&](std::size_t i) {
    std::string out;
    for (const auto& level : answers[i]->stock) out += text(level.sku, ' ', level.available, ' ');
    return out;
  };
  EXPECT_EQ(told(0), "B 7 A 5 ");
  EXPECT_EQ(told(1), "C 9 NONE 0 B 7 C 9 ");
}

TEST_F(Warehouses, AreCreatedOnceChangedByVersionAndListedInPages) {
  auto by_key = caller();
  by_key.idempotency_key = "key-1";
  v1::CreateWarehouseRequest request{.code = "X", .name = "X", .type = v1::WarehouseType::store, .priority = 7};
  request.address = {.country = "GB", .city = "London", .line1 = "1 High Street"};
  request.handling_cost = Money(5, Currency::of("GBP"));
  request.pick_cost = Money(1, Currency::of("GBP"));
  const auto made = run(api().create_warehouse(by_key, request));
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(*run(api().create_warehouse(by_key, request)), *made);
  by_key.idempotency_key = "key-2";
  EXPECT_EQ(run(api().create_warehouse(by_key, request)).error().reason(), "CODE_TAKEN");
  v1::UpdateWarehouseRequest change{.id = made->id, .if_match = "\"1\"", .name = "Renamed"};
  EXPECT_EQ(run(api().update_warehouse(caller(), change))->name, "Renamed");
  EXPECT_EQ(run(api().update_warehouse(caller(), change)).error().reason(), "VERSION_CONFLICT");
  change.if_match = "new";
  EXPECT_EQ(run(api().update_warehouse(caller(), change)).error().reason(), "INVALID_IF_MATCH");
  a_warehouse("Y", 8);
  const auto page = run(api().list_warehouses(caller(), {.page_size = 1}));
  EXPECT_EQ(page->warehouses[0].code, "X");
  const auto next_page = run(api().list_warehouses(caller(), {.page_size = 1, .page_token = page->next_page_token}));
  EXPECT_EQ(next_page->warehouses[0].code, "Y");
  EXPECT_FALSE(next_page->next_page_token);
  EXPECT_EQ(run(api().list_warehouses(caller(), {.page_token = "?"})).error().reason(), "INVALID_PAGE_TOKEN");
}

TEST_F(Warehouses, ThePlanNamesParcelsAndShortages) {
  const auto first = a_warehouse("W1", 1);
  receive(first, {{"A", 3}});
  v1::PlanAllocationRequest request{.lines = {{1, "A", 2, 20'000}}, .destination = {.country = "VN"}};
  const auto made = run(api().plan_allocation(caller(), request));
  ASSERT_TRUE(made) << made.error().to_string();
  ASSERT_EQ(made->parcels.size(), 1u);
  EXPECT_EQ(made->parcels[0].warehouse_id, first);
  EXPECT_EQ(made->transit_hours, 24);
  request.lines[0].qty = 4;
  const auto refused = run(api().plan_allocation(caller(), request));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().metadata_json("items"), R"([{"line_no":1,"sku":"A","requested":4,"available":3}])");
}

TEST_F(Warehouses, ListsReadBackWhatWasWritten) {
  const auto ha_noi = a_warehouse("HN");
  receive(ha_noi, {{"A", 3}, {"B", 4}, {"C", 5}});
  const auto held = reserve(a_request({{"B", 4}}));
  const auto page = run(api().list_inventory(caller(), {.page_size = 2}));
  ASSERT_EQ(page->items.size(), 2u);
  const auto rest = run(api().list_inventory(caller(), {.page_size = 2, .page_token = page->next_page_token}));
  ASSERT_EQ(rest->items.size(), 1u);
  EXPECT_EQ(rest->items[0].sku, "C");
  EXPECT_EQ(run(api().list_inventory(caller(), {.low_only = true}))->items[0].sku, "B");
  const auto movements = run(api().list_movements(caller(), {.page_size = 2}));
  EXPECT_EQ(movements->movements.size(), 2u);
  EXPECT_EQ(run(api().list_movements(caller(), {.page_size = 2, .page_token = movements->next_page_token}))->movements.size(), 1u);
  EXPECT_EQ(run(api().list_reservations(caller(), {.sku = "B"}))->reservations[0], *held);
  EXPECT_TRUE(run(api().list_reservations(caller(), {.sku = "A"}))->reservations.empty());
  EXPECT_EQ(run(api().list_receipts(caller(), {}))->receipts.size(), 1u);
  EXPECT_EQ(run(api().get_inventory(caller(), {"nonsense"})).error().reason(), "INVENTORY_NOT_FOUND");
}

}  // namespace
}  // namespace emporion::warehouse
