#include "modules/logistics/fulfillment/testing/fulfillment_fixture.hpp"

namespace emporion::fulfillment {
namespace {

/// Packed, labelled, handed over, and what the carrier says of it.
struct HandoverTest : FulfillmentTest {
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
};

TEST_F(HandoverTest, a_worker_takes_an_order_from_the_shelf_to_the_courier) {
  confirm(an_order("o", {"hanoi"}, 2, 2'000));
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

TEST_F(HandoverTest, the_list_of_picklists_is_of_what_is_still_in_the_house) {
  for (const char* name : {"sent", "picking", "waiting"}) confirm(an_order(name, {"hanoi"}));
  const auto gone = started("sent");
  const auto under_way = started("picking");
  ASSERT_TRUE(run(api.plan_fulfillment(worker(), {.id = the_one("waiting").id})));
  const auto open = run(api.create_picklist(worker(), {.id = the_one("waiting").id}));
  ASSERT_TRUE(open);
  sql("UPDATE fulfillment SET state = jsonb_set(state, '{status}', '\"shipped\"'), status = 'shipped' WHERE id = '" + the_one("sent").id.to_string() + "'");
  const auto listed = [&](std::optional<v1::PicklistStatus> status) {
    std::string out;
    v1::ListPicklistsRequest request;
    request.status = status;
    for (const auto& list : run(api.list_picklists(worker(), request))->picklists) {
      out += list.id == gone.id ? " sent" : list.id == under_way.id ? " picking" : list.id == open->id ? " waiting" : " ?";
    }
    return out;
  };
  EXPECT_EQ(listed({}), " picking waiting");
  EXPECT_EQ(listed(v1::PicklistStatus::picking), " picking");
  EXPECT_EQ(listed(v1::PicklistStatus::open), " waiting");
}

// The courier's van was quicker than the scanner at the door. Else a parcel that comes back would be on sale twice: released, and received.
TEST_F(HandoverTest, what_the_carrier_scanned_has_left_without_a_scan_of_the_handover) {
  for (const char* name : {"o", "p"}) {
    confirm(an_order(name, {"hanoi"}, 2, 2'000));
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

}  // namespace
}  // namespace emporion::fulfillment
