#include <algorithm>
#include <chrono>

#include "contracts/logistics/fulfillment/v1/fulfillment_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/logistics/fulfillment/adapters/postgres/fulfillment_store.hpp"
#include "modules/logistics/fulfillment/api/module.hpp"
#include "modules/logistics/fulfillment/app/autopilot.hpp"
#include "modules/logistics/fulfillment/app/triggers.hpp"
#include "modules/logistics/fulfillment/app/workflow.hpp"
#include "modules/logistics/fulfillment/testing/fake_warehouse.hpp"

namespace emporion::fulfillment {
namespace {

const Currency vnd = Currency::of("VND");

struct FulfillmentTest : testing::PostgresTest {
  FulfillmentTest() : PostgresTest("fulfillment", migrations()) { calls.bind<warehouse::v1::WarehouseApi>(warehouse); }
  ~FulfillmentTest() override {
    for (const auto& check : definition().audit_checks) EXPECT_TRUE(sql(std::string(check.sql)).empty()) << check.invariant;
  }

  static Uuid id(const std::string& name) { return Uuid::from_name(name); }

  /// One line per warehouse named: `units` of its SKU each, worth 1,000 a unit.
  static order::v1::OrderConfirmed an_order(const std::string& name, std::vector<std::string> warehouses, std::int32_t units = 2, std::int64_t cod = 0) {
    order::v1::OrderConfirmed event;
    event.order_id = id(name);
    event.order_number = "EM-" + name;
    event.currency = "VND";
    event.shipping_address.name = "Trần Mai";
    event.shipping_address.country = "VN";
    event.shipping_address.city = "Hà Nội";
    event.shipping_address.line1 = "12 Nguyễn Du";
    event.payment.method = cod > 0 ? "cod" : "card";
    event.totals.grand_total = Money(cod, vnd);
    for (const auto& warehouse : warehouses) {
      order::v1::OrderLineFact line;
      line.line_no = static_cast<std::int32_t>(event.lines.size() + 1);
      line.sku = text("SKU-", line.line_no);
      line.qty = units;
      line.unit_price = Money(1'000, vnd);
      line.total = Money(1'000 * units, vnd);
      line.allocations.push_back({.warehouse_id = id(warehouse), .qty = units, .reservation_id = id("reservation of " + name)});
      event.lines.push_back(std::move(line));
    }
    return event;
  }
  template <typename Event>
  void hear(Task<Result<>> (Triggers::*handler)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    const auto done = run(deliver(handler, std::move(event)));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  template <typename Event>
  Task<Result<>> deliver(Task<Result<>> (Triggers::*handler)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    EMP_CO_ASSIGN(auto work, co_await database().begin(context("fulfillment")));
    messaging::Envelope envelope;
    envelope.occurred_at = clock.now();
    EMP_CO_TRY(co_await (triggers.*handler)(work, std::move(envelope), std::move(event)));
    co_return co_await work.commit();
  }
  CallContext worker() {
    CallContext out = context();
    out.principal = Principal{.realm = Realm::staff, .id = id("worker"), .session = {}, .service = {}, .permissions = {"fulfillment.*"}, .acting_staff = {}};
    return out;
  }
  std::vector<v1::Fulfillment> of_order(const std::string& name) { return run(api.list_by_order(context("order"), {.order_id = id(name)}))->fulfillments; }
  v1::Fulfillment the_one(const std::string& name) { return of_order(name).at(0); }
  v1::Picklist started(const std::string& name) {
    const auto fulfillment = the_one(name);
    EXPECT_TRUE(run(api.plan_fulfillment(worker(), {.id = fulfillment.id})));
    const auto list = run(api.create_picklist(worker(), {.id = fulfillment.id}));
    EXPECT_TRUE(run(api.assign_picklist(worker(), {.id = list->id, .assignee_id = {}})));
    const auto out = run(api.start_picklist(worker(), {.id = list->id}));
    EXPECT_TRUE(out) << out.error().to_string();
    return *out;
  }
  Task<Result<v1::Picklist>> scan(const v1::Picklist& list, std::string scan_id, std::string sku, std::int32_t qty, std::int32_t short_qty = 0) {
    return api.confirm_pick_item(worker(),
                                 {.id = list.id, .line_no = 1, .scan_id = std::move(scan_id), .sku = std::move(sku), .qty = qty, .short_qty = short_qty});
  }
  void give_label(const v1::Fulfillment& fulfillment) {
    for (const auto& package : fulfillment.packages) {
      shipping::v1::LabelGenerated event;
      event.shipment_id = id("shipment of " + package.id.to_string());
      event.order_id = fulfillment.order_id;
      event.fulfillment_id = fulfillment.id;
      event.package_id = package.id;
      event.direction = "outbound";
      event.carrier = "demo";
      event.tracking_number = "T" + package.id.to_string();
      hear(&Triggers::on_label, event);
    }
  }
  void pick_up(const v1::Fulfillment& fulfillment, std::size_t package) {
    shipping::v1::ShipmentDispatched event;
    event.order_id = fulfillment.order_id;
    event.fulfillment_id = fulfillment.id;
    event.package_id = fulfillment.packages.at(package).id;
    event.direction = "outbound";
    hear(&Triggers::on_dispatched, event);
  }
  void deliver_all(const v1::Fulfillment& fulfillment) {
    for (const auto& package : fulfillment.packages) {
      shipping::v1::ShipmentDelivered event;
      event.order_id = fulfillment.order_id;
      event.fulfillment_id = fulfillment.id;
      event.package_id = package.id;
      event.direction = "outbound";
      hear(&Triggers::on_delivered, event);
    }
  }
  void fly() {
    const auto flown = run(autopilot.run(context("fulfillment")));
    ASSERT_TRUE(flown) << flown.error().to_string();
  }
  std::string events(const std::string& topic) { return value("SELECT count(*) FROM outbox WHERE topic = 'fulfillment." + topic + "'"); }

  SystemClock clock;
  SystemRandom random;
  std::shared_ptr<FakeWarehouse> warehouse = std::make_shared<FakeWarehouse>();
  Calls calls;
  PostgresFulfillmentStore store{database()};
  Picking picking{store, database(), calls};
  Workflow workflow{store, picking, database(), calls, clock, random};
  v1::LocalFulfillmentApi api{workflow, clock};
  Triggers triggers{store};
  Autopilot autopilot{store, picking, database(), 100};
};

TEST_F(FulfillmentTest, a_confirmed_order_heard_three_times_makes_one_fulfillment_per_warehouse) {
  for (int i = 0; i < 3; ++i) hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi", "danang"}));
  EXPECT_EQ(of_order("o").size(), 2u);
  EXPECT_EQ(events("fulfillment.created"), "2");
}

TEST_F(FulfillmentTest, a_cancelled_order_cancels_every_fulfillment_or_awaits_its_return) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi", "danang", "saigon"}));
  const auto all = of_order("o");
  sql("UPDATE fulfillment SET state = jsonb_set(state, '{status}', '\"shipped\"'), status = 'shipped' WHERE id = '" + all[1].id.to_string() + "'");
  order::v1::OrderCancelled event;
  event.order_id = id("o");
  for (int i = 0; i < 2; ++i) hear(&Triggers::on_order_cancelled, event);
  EXPECT_EQ(value("SELECT count(*) FROM fulfillment WHERE status = 'cancelled'"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM fulfillment WHERE status = 'compensation_pending'"), "1");
  EXPECT_EQ(events("fulfillment.cancelled"), "2");
}

TEST_F(FulfillmentTest, an_order_cancelled_before_it_was_heard_of_is_never_picked) {
  const auto agreed = run(api.cancel_for_order(context("order"), {.order_id = id("o"), .items = {}, .reason = "changed my mind", .cause_id = "c1"}));
  ASSERT_TRUE(agreed) << agreed.error().to_string();
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}));
  EXPECT_TRUE(of_order("o").empty());
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "0");
}

TEST_F(FulfillmentTest, consent_to_cancel_takes_all_fulfillments_or_none) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi", "danang"}));
  const auto list = started("o");
  ASSERT_TRUE(run(scan(list, "s1", list.lines[0].sku, 1)));
  const auto refused = run(api.cancel_for_order(context("order"), {.order_id = id("o"), .items = {}, .reason = "late", .cause_id = "c1"}));
  EXPECT_EQ(refused.error().reason(), "ALREADY_PICKED");
  EXPECT_EQ(value("SELECT count(*) FROM fulfillment WHERE status = 'cancelled'"), "0");
  EXPECT_EQ(value("SELECT is_cancelled FROM order_book"), "f");

  hear(&Triggers::on_order_confirmed, an_order("p", {"hanoi", "danang"}));
  for (int i = 0; i < 2; ++i) {
    const auto agreed = run(api.cancel_for_order(context("order"), {.order_id = id("p"), .items = {}, .reason = "late", .cause_id = "c2"}));
    ASSERT_TRUE(agreed) << agreed.error().to_string();
    EXPECT_TRUE(std::ranges::all_of(agreed->fulfillments, [](const auto& f) { return f.status == v1::FulfillmentStatus::cancelled; }));
  }
  EXPECT_EQ(events("fulfillment.cancelled"), "2");
}

TEST_F(FulfillmentTest, units_cancelled_by_consent_are_not_taken_out_again_by_the_event) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}, 5, 5'000));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        run(api.cancel_for_order(context("order"), {.order_id = id("o"), .items = {{.order_line = 1, .qty = 2}}, .reason = "fewer", .cause_id = "c1"})));
  }
  EXPECT_EQ(the_one("o").items[0].cancelled, 2);
  order::v1::OrderLineCancelled event;
  event.order_id = id("o");
  event.line_no = 1;
  event.qty = 2;
  event.refund = Money(2'000, vnd);
  event.sku = "SKU-1";
  event.allocations.push_back({.warehouse_id = id("hanoi"), .qty = 2, .reservation_id = id("reservation of o")});
  hear(&Triggers::on_line_cancelled, event);
  EXPECT_EQ(the_one("o").items[0].cancelled, 2);
  EXPECT_EQ(the_one("o").cod, Money(3'000, vnd));
  event.qty = 1;
  event.refund = Money(1'000, vnd);
  hear(&Triggers::on_line_cancelled, event);
  EXPECT_EQ(the_one("o").items[0].cancelled, 3);
  EXPECT_EQ(the_one("o").cod, Money(2'000, vnd));
}

TEST_F(FulfillmentTest, the_courier_asks_for_what_credit_has_not_paid) {
  auto order = an_order("o", {"hanoi", "saigon"}, 2, 4'000);
  order.totals.credit_value = Money(1'000, vnd);
  order.totals.amount_due = Money(3'000, vnd);
  hear(&Triggers::on_order_confirmed, order);
  std::int64_t cash = 0;
  for (const auto& fulfillment : of_order("o")) cash += fulfillment.cod->amount();
  EXPECT_EQ(cash, 3'000);
}

TEST_F(FulfillmentTest, a_worker_takes_an_order_from_the_shelf_to_the_courier) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}, 2, 2'000));
  const auto list = started("o");
  EXPECT_EQ(events("fulfillment.started"), "1");
  ASSERT_TRUE(run(scan(list, "s1", "SKU-1", 1)));
  EXPECT_EQ(run(api.confirm_picked(worker(), {.id = list.id})).error().reason(), "PICK_INCOMPLETE");
  ASSERT_TRUE(run(scan(list, "s2", "SKU-1", 1)));
  ASSERT_TRUE(run(scan(list, "s2", "SKU-1", 1)));  // The scanner sends it again.
  ASSERT_TRUE(run(api.confirm_picked(worker(), {.id = list.id})));
  EXPECT_EQ(warehouse->picked[1], 2);
  const Uuid fulfillment = the_one("o").id;
  ASSERT_TRUE(run(api.start_packing(worker(), {.id = fulfillment})));
  v1::PackRequest pack{.id = fulfillment, .packages = {}};
  pack.packages.push_back({.id = id("box"), .weight_g = 300, .length_mm = {}, .width_mm = {}, .height_mm = {}, .items = {{.order_line = 1, .qty = 1}}});
  EXPECT_EQ(run(api.pack(worker(), pack)).error().reason(), "PACKAGES_INCOMPLETE");
  pack.packages[0].items[0].qty = 2;
  pack.packages[0].weight_g = 30'001;
  EXPECT_EQ(run(api.pack(worker(), pack)).error().reason(), "OVER_LIMIT");
  pack.packages[0].weight_g = 300;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(api.pack(worker(), pack)));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(api.make_ready(worker(), {.id = fulfillment})));
  EXPECT_EQ(events("package.readied"), "1");
  EXPECT_EQ(the_one("o").packages[0].cod, Money(2'000, vnd));

  // Shipping is down: no label, no hand-over (F-A4).
  const v1::ShipRequest ship{.id = fulfillment, .package_ids = {id("box")}};
  EXPECT_EQ(run(api.ship(worker(), ship)).error().reason(), "LABEL_MISSING");
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::ready);
  give_label(the_one("o"));
  EXPECT_EQ(run(api.ship(worker(), {.id = fulfillment, .package_ids = {id("another box")}})).error().reason(), "PACKAGES_INCOMPLETE");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(api.ship(worker(), ship)));
  EXPECT_EQ(events("fulfillment.shipped"), "1");
  EXPECT_EQ(run(api.cancel_fulfillment(context("order"), {.id = fulfillment, .reason = "too late"})).error().reason(), "ALREADY_SHIPPED");
  for (int i = 0; i < 2; ++i) deliver_all(the_one("o"));
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::completed);
  EXPECT_EQ(events("fulfillment.completed"), "1");
  // F-A5.
  EXPECT_EQ(run(api.start_packing(worker(), {.id = fulfillment})).error().reason(), "ILLEGAL_TRANSITION");
}

// The courier's van was quicker than the scanner at the door. Else a parcel that comes back would be on sale twice: released, and received.
TEST_F(FulfillmentTest, what_the_carrier_scanned_has_left_without_a_scan_of_the_handover) {
  for (const char* name : {"o", "p"}) {
    hear(&Triggers::on_order_confirmed, an_order(name, {"hanoi"}, 2, 2'000));
    const auto list = started(name);
    ASSERT_TRUE(run(scan(list, "s1", "SKU-1", 2)));
    ASSERT_TRUE(run(api.confirm_picked(worker(), {.id = list.id})));
    const Uuid fulfillment = the_one(name).id;
    ASSERT_TRUE(run(api.start_packing(worker(), {.id = fulfillment})));
    v1::PackRequest pack{.id = fulfillment, .packages = {}};
    for (const char* box : {"box 1", "box 2"})
      pack.packages.push_back(
          {.id = id(std::string(name) + box), .weight_g = 200, .length_mm = {}, .width_mm = {}, .height_mm = {}, .items = {{.order_line = 1, .qty = 1}}});
    ASSERT_TRUE(run(api.pack(worker(), pack)));
    ASSERT_TRUE(run(api.make_ready(worker(), {.id = fulfillment})));
    give_label(the_one(name));
    for (int i = 0; i < 2; ++i) pick_up(the_one(name), 0);
    EXPECT_EQ(the_one(name).status, v1::FulfillmentStatus::ready);
  }
  EXPECT_EQ(events("fulfillment.shipped"), "0");
  // The other parcel is scanned at the door …
  const auto scanned = the_one("o");
  const auto shipped = run(api.ship(worker(), {.id = scanned.id, .package_ids = {scanned.packages[1].id}}));
  ASSERT_TRUE(shipped) << shipped.error().to_string();
  EXPECT_EQ(events("fulfillment.shipped"), "1");
  // … or by the carrier too, which a hold does not undo.
  ASSERT_TRUE(run(api.hold_fulfillment(worker(), {.id = the_one("p").id, .reason = "a question"})));
  for (int i = 0; i < 2; ++i) pick_up(the_one("p"), 1);
  EXPECT_EQ(the_one("p").status, v1::FulfillmentStatus::shipped);
  EXPECT_EQ(events("fulfillment.shipped"), "2");
}

TEST_F(FulfillmentTest, a_wrong_item_counts_for_nothing) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}));
  const auto list = started("o");
  EXPECT_EQ(run(scan(list, "s1", "SKU-9", 1)).error().reason(), "WRONG_ITEM");
  EXPECT_EQ(the_one("o").items[0].picked, 0);
  EXPECT_EQ(warehouse->calls, 0);
}

TEST_F(FulfillmentTest, of_two_pickers_one_gets_the_last_unit) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}, 1));
  const auto list = started("o");
  std::vector<Task<Result<v1::Picklist>>> both;
  both.push_back(scan(list, "one", "SKU-1", 1));
  both.push_back(scan(list, "two", "SKU-1", 1));
  const auto answers = run(when_all(std::move(both)));
  EXPECT_NE(answers[0].has_value(), answers[1].has_value());
  for (const auto& answer : answers) {
    if (!answer) EXPECT_EQ(answer.error().reason(), "OVER_PICK");
  }
  EXPECT_EQ(the_one("o").items[0].picked, 1);
  EXPECT_EQ(warehouse->picked[1], 1);
}

TEST_F(FulfillmentTest, a_pick_that_the_warehouse_refuses_never_was) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}, 2));
  const auto list = started("o");
  warehouse->on_shelf[1] = 1;
  EXPECT_EQ(run(scan(list, "s1", "SKU-1", 2)).error().reason(), "OVER_PICK");
  EXPECT_EQ(the_one("o").items[0].picked, 0);
  EXPECT_EQ(value("SELECT count(*) FROM pick_scan"), "0");
  // One is there and one is missing; then nobody has another.
  ASSERT_TRUE(run(scan(list, "s2", "SKU-1", 1, 1)));
  EXPECT_EQ(warehouse->missing[1], 1);
  EXPECT_EQ(events("pick.failed"), "1");
  warehouse::v1::ReservationShorted none;
  none.order_id = id("o");
  none.line_no = 1;
  none.sku = "SKU-1";
  none.warehouse_id = id("hanoi");
  none.missing = 1;
  hear(&Triggers::on_shorted, none);
  EXPECT_EQ(events("line.shorted"), "1");
  ASSERT_TRUE(run(api.confirm_picked(worker(), {.id = list.id})));
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::picked);
}

TEST_F(FulfillmentTest, a_pick_whose_answer_was_lost_is_told_again_and_counts_once) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}, 2));
  const auto list = started("o");
  warehouse->loses_answers = true;
  EXPECT_EQ(run(scan(list, "s1", "SKU-1", 2)).error().reason(), "ANSWER_LOST");
  warehouse->loses_answers = false;
  EXPECT_EQ(run(api.cancel_fulfillment(context("order"), {.id = the_one("o").id, .reason = "now"})).error().reason(), "PICK_IN_PROGRESS");
  EXPECT_EQ(run(api.confirm_picked(worker(), {.id = list.id})).error().reason(), "PICK_IN_PROGRESS");
  sql("UPDATE pick_scan SET created_at = now() - interval '1 minute'");
  ASSERT_TRUE(run(picking.finish_stale(context("fulfillment"))));
  ASSERT_TRUE(run(api.confirm_picked(worker(), {.id = list.id})));
  EXPECT_EQ(warehouse->picked[1], 2);
  EXPECT_EQ(the_one("o").items[0].picked, 2);
}

TEST_F(FulfillmentTest, cash_is_split_over_warehouses_to_the_last_unit) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi", "danang", "saigon"}, 1, 100'000));
  std::vector<std::int64_t> cash;
  for (const auto& fulfillment : of_order("o")) cash.push_back(fulfillment.cod->amount());
  EXPECT_EQ(cash, (std::vector<std::int64_t>{33'334, 33'333, 33'333}));  // In the order of ids.
}

TEST_F(FulfillmentTest, a_fulfillment_cancelled_after_picking_names_what_goes_back_to_the_shelf) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}, 3));
  const auto list = started("o");
  ASSERT_TRUE(run(scan(list, "s1", "SKU-1", 2)));
  ASSERT_TRUE(run(api.cancel_fulfillment(context("order"), {.id = the_one("o").id, .reason = "order cancelled"})));
  EXPECT_EQ(value("SELECT data::jsonb -> 'put_back' -> 0 ->> 'qty' FROM outbox WHERE topic = 'fulfillment.fulfillment.cancelled'"), "2");
  EXPECT_EQ(run(scan(list, "s2", "SKU-1", 1)).error().reason(), "ILLEGAL_TRANSITION");
}

TEST_F(FulfillmentTest, units_that_another_warehouse_sends_move_there_with_their_cash) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}, 4, 4'000));
  warehouse::v1::ReservationResourced moved;
  moved.reservation_id = id("reservation of o");
  moved.order_id = id("o");
  moved.line_no = 1;
  moved.sku = "SKU-1";
  moved.qty = 1;
  moved.from_warehouse_id = id("hanoi");
  moved.to_warehouse_id = id("danang");
  hear(&Triggers::on_resourced, moved);
  moved.qty = 3;
  hear(&Triggers::on_resourced, moved);
  const auto all = of_order("o");
  ASSERT_EQ(all.size(), 2u);
  for (const auto& fulfillment : all) {
    if (fulfillment.warehouse_id == id("hanoi")) {
      EXPECT_EQ(fulfillment.status, v1::FulfillmentStatus::cancelled);
    } else {
      EXPECT_EQ(fulfillment.items[0].qty, 4);
      EXPECT_EQ(fulfillment.cod, Money(4'000, vnd));
    }
  }
}

TEST_F(FulfillmentTest, work_that_is_held_goes_on_where_it_stopped) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}));
  const auto list = started("o");
  const Uuid fulfillment = the_one("o").id;
  const auto held = run(api.hold_fulfillment(context("order"), {.id = fulfillment, .reason = "call the customer"}));
  ASSERT_TRUE(held) << held.error().to_string();
  EXPECT_EQ(held->status, v1::FulfillmentStatus::on_hold);
  EXPECT_EQ(run(scan(list, "s1", "SKU-1", 1)).error().reason(), "ILLEGAL_TRANSITION");
  const auto resumed = run(api.resume_fulfillment(context("order"), {.id = fulfillment}));
  ASSERT_TRUE(resumed) << resumed.error().to_string();
  EXPECT_EQ(resumed->status, v1::FulfillmentStatus::picking);
  EXPECT_TRUE(run(scan(list, "s1", "SKU-1", 1)));
}

TEST_F(FulfillmentTest, the_autopilot_takes_many_orders_to_the_door_and_each_once) {
  constexpr int orders = 200;
  for (int i = 0; i < orders; ++i) hear(&Triggers::on_order_confirmed, an_order(text("o", i), {"hanoi", "danang"}, 3, 6'000));
  const auto started_at = std::chrono::steady_clock::now();
  fly();
  EXPECT_EQ(value("SELECT count(*) FROM fulfillment WHERE status = 'ready'"), text(2 * orders));
  for (int i = 0; i < orders; ++i) {
    for (const auto& fulfillment : of_order(text("o", i))) give_label(fulfillment);
  }
  fly();
  const auto spent = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started_at);
  RecordProperty("milliseconds", static_cast<int>(spent.count()));
  EXPECT_EQ(value("SELECT count(*) FROM fulfillment WHERE status = 'shipped'"), text(2 * orders));
  EXPECT_EQ(events("fulfillment.started"), text(orders));
  EXPECT_EQ(events("fulfillment.shipped"), text(2 * orders));
  EXPECT_EQ(warehouse->picked[1], 3 * orders);
  EXPECT_EQ(sql(std::string(definition().audit_facts[0].sql)).size(), static_cast<std::size_t>(2 * orders));
}

TEST_F(FulfillmentTest, the_autopilot_waits_for_a_warehouse_that_is_down_and_holds_what_it_refuses) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}));
  warehouse->is_down = true;
  fly();
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::picking);
  warehouse->is_down = false;
  sql("UPDATE pick_scan SET created_at = now() - interval '1 minute'");
  ASSERT_TRUE(run(picking.finish_stale(context("fulfillment"))));
  fly();
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::ready);
  hear(&Triggers::on_order_confirmed, an_order("p", {"hanoi"}));
  warehouse->on_shelf[1] = 0;
  fly();
  EXPECT_EQ(the_one("p").status, v1::FulfillmentStatus::on_hold);
  EXPECT_EQ(the_one("p").items[0].picked, 0);
}

TEST_F(FulfillmentTest, the_audit_names_what_is_broken) {
  hear(&Triggers::on_order_confirmed, an_order("o", {"hanoi"}));
  fly();
  const auto broken = [&](std::size_t check, const std::string& how) {
    sql("UPDATE fulfillment SET " + how);
    return sql(std::string(definition().audit_checks[check].sql)).size();
  };
  const std::string before = value("SELECT state FROM fulfillment");
  EXPECT_EQ(broken(0, "state = jsonb_set(state, '{items,0,picked}', '9')"), 1u);
  EXPECT_EQ(broken(1, "state = jsonb_set('" + before + "', '{packages,0,items,0,qty}', '9')"), 1u);
  EXPECT_EQ(broken(2, "state = jsonb_set('" + before + "', '{packages,0,cod}', '{\"amount\":7,\"currency\":\"VND\"}')"), 1u);
  EXPECT_EQ(broken(3, "state = jsonb_set('" + before + "', '{status}', '\"shipped\"'), status = 'shipped'"), 1u);
  sql("UPDATE order_book SET is_cancelled = true");
  EXPECT_EQ(broken(4, "state = '" + before + "', status = 'ready'"), 1u);
  sql("UPDATE order_book SET is_cancelled = false");
  EXPECT_EQ(broken(5, "version = version + 1"), 1u);
  sql("UPDATE fulfillment SET version = version - 1");
}

}  // namespace
}  // namespace emporion::fulfillment
