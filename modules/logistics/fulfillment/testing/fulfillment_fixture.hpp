#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

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

inline const Currency vnd = Currency::of("VND");

/// Fulfillment over a fresh database and a Warehouse in memory; what other modules say is heard as from the bus. No test leaves what the audit finds broken.
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
  void hear(Task<Result<>> (Triggers::*handler)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event, std::int64_t version = 0) {
    const auto done = run(deliver(handler, std::move(event), version));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  template <typename Event>
  Task<Result<>> deliver(Task<Result<>> (Triggers::*handler)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event, std::int64_t version = 0) {
    EMP_CO_ASSIGN(auto work, co_await database().begin(context("fulfillment")));
    EMP_CO_TRY(co_await (triggers.*handler)(work, an_envelope(version), std::move(event)));
    co_return co_await work.commit();
  }
  /// Confirmations, in one page.
  void confirm(std::vector<order::v1::OrderConfirmed> orders) {
    const auto done = run(deliver_confirmed(std::move(orders)));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  void confirm(order::v1::OrderConfirmed order) { confirm(std::vector(1, std::move(order))); }
  Task<Result<>> deliver_confirmed(std::vector<order::v1::OrderConfirmed> orders) {
    EMP_CO_ASSIGN(auto work, co_await database().begin(context("fulfillment")));
    std::vector<messaging::Heard<order::v1::OrderConfirmed>> heard;
    for (auto& order : orders) heard.push_back({an_envelope(), std::move(order)});
    EMP_CO_TRY(co_await triggers.on_orders_confirmed(work, std::move(heard)));
    co_return co_await work.commit();
  }
  messaging::Envelope an_envelope(std::int64_t version = 0) {
    messaging::Envelope out;
    out.event_id = Uuid::v7(clock.now(), random);
    out.occurred_at = clock.now();
    out.aggregate_version = version;
    return out;
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
  Workflow workflow{store, picking, database(), calls, clock};
  v1::LocalFulfillmentApi api{workflow, clock};
  Triggers triggers{store};
  Autopilot autopilot{store, picking, database(), 100};
};

}  // namespace emporion::fulfillment
