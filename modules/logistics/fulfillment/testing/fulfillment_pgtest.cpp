#include <algorithm>
#include <chrono>

#include "kernel/testing/rival.hpp"
#include "modules/logistics/fulfillment/testing/fulfillment_fixture.hpp"

namespace emporion::fulfillment {
namespace {

TEST_F(FulfillmentTest, a_confirmed_order_heard_three_times_makes_one_fulfillment_per_warehouse) {
  for (int i = 0; i < 3; ++i) confirm(an_order("o", {"hanoi", "danang"}));
  EXPECT_EQ(of_order("o").size(), 2u);
  EXPECT_EQ(events("fulfillment.created"), "2");
}

TEST_F(FulfillmentTest, orders_confirmed_in_one_page_are_told_of_once_each_and_in_their_order) {
  order::v1::OrderCancelled cancelled;
  cancelled.order_id = id("never");
  hear(&Triggers::on_order_cancelled, cancelled);
  confirm(an_order("known", {"hanoi"}));
  confirm(std::vector{an_order("b", {"hanoi", "danang"}), an_order("never", {"hanoi"}), an_order("known", {"hanoi"}), an_order("a", {"danang"}),
                      an_order("b", {"hanoi", "danang"})});
  EXPECT_EQ(of_order("b").size(), 2u);
  EXPECT_EQ(of_order("a").size(), 1u);
  EXPECT_TRUE(of_order("never").empty());
  // Two of b's before the one of a, and what was known before is not told again.
  EXPECT_EQ(value("SELECT string_agg(f.order_id::text, ' ' ORDER BY o.id) FROM outbox o JOIN fulfillment f ON f.id::text = o.aggregate_id AND f.version = "
                  "o.aggregate_version"),
            text(id("known"), " ", id("b"), " ", id("b"), " ", id("a")));
  EXPECT_EQ(events("fulfillment.created"), "4");
  EXPECT_EQ(value("SELECT count(*) FROM fulfillment WHERE version <> 1 OR (state ->> 'version')::bigint <> 1"), "0");
}

TEST_F(FulfillmentTest, a_cancelled_order_cancels_every_fulfillment_or_awaits_its_return) {
  confirm(an_order("o", {"hanoi", "danang", "saigon"}));
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
  confirm(an_order("o", {"hanoi"}));
  EXPECT_TRUE(of_order("o").empty());
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "0");
}

TEST_F(FulfillmentTest, consent_to_cancel_takes_all_fulfillments_or_none) {
  confirm(an_order("o", {"hanoi", "danang"}));
  const auto list = started("o");
  ASSERT_TRUE(run(scan(list, "s1", list.lines[0].sku, 1)));
  const auto refused = run(api.cancel_for_order(context("order"), {.order_id = id("o"), .items = {}, .reason = "late", .cause_id = "c1"}));
  EXPECT_EQ(refused.error().reason(), "ALREADY_PICKED");
  EXPECT_EQ(value("SELECT count(*) FROM fulfillment WHERE status = 'cancelled'"), "0");
  EXPECT_EQ(value("SELECT is_cancelled FROM order_book"), "f");

  confirm(an_order("p", {"hanoi", "danang"}));
  for (int i = 0; i < 2; ++i) {
    const auto agreed = run(api.cancel_for_order(context("order"), {.order_id = id("p"), .items = {}, .reason = "late", .cause_id = "c2"}));
    ASSERT_TRUE(agreed) << agreed.error().to_string();
    EXPECT_TRUE(std::ranges::all_of(agreed->fulfillments, [](const auto& f) { return f.status == v1::FulfillmentStatus::cancelled; }));
  }
  EXPECT_EQ(events("fulfillment.cancelled"), "2");
}

TEST_F(FulfillmentTest, units_cancelled_by_consent_are_not_taken_out_again_by_the_event) {
  confirm(an_order("o", {"hanoi"}, 5, 5'000));
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
  confirm(order);
  std::int64_t cash = 0;
  for (const auto& fulfillment : of_order("o")) cash += fulfillment.cod->amount();
  EXPECT_EQ(cash, 3'000);
}

TEST_F(FulfillmentTest, a_wrong_item_counts_for_nothing) {
  confirm(an_order("o", {"hanoi"}));
  const auto list = started("o");
  EXPECT_EQ(run(scan(list, "s1", "SKU-9", 1)).error().reason(), "WRONG_ITEM");
  EXPECT_EQ(the_one("o").items[0].picked, 0);
  EXPECT_EQ(warehouse->calls, 0);
}

TEST_F(FulfillmentTest, of_two_pickers_one_gets_the_last_unit) {
  confirm(an_order("o", {"hanoi"}, 1));
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
  confirm(an_order("o", {"hanoi"}, 2));
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
  confirm(an_order("o", {"hanoi"}, 2));
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
  confirm(an_order("o", {"hanoi", "danang", "saigon"}, 1, 100'000));
  std::vector<std::int64_t> cash;
  for (const auto& fulfillment : of_order("o")) cash.push_back(fulfillment.cod->amount());
  EXPECT_EQ(cash, (std::vector<std::int64_t>{33'334, 33'333, 33'333}));  // In the order of ids.
}

TEST_F(FulfillmentTest, a_fulfillment_cancelled_after_picking_names_what_goes_back_to_the_shelf) {
  confirm(an_order("o", {"hanoi"}, 3));
  const auto list = started("o");
  ASSERT_TRUE(run(scan(list, "s1", "SKU-1", 2)));
  ASSERT_TRUE(run(api.cancel_fulfillment(context("order"), {.id = the_one("o").id, .reason = "order cancelled"})));
  EXPECT_EQ(value("SELECT data::jsonb -> 'put_back' -> 0 ->> 'qty' FROM outbox WHERE topic = 'fulfillment.fulfillment.cancelled'"), "2");
  EXPECT_EQ(run(scan(list, "s2", "SKU-1", 1)).error().reason(), "ILLEGAL_TRANSITION");
}

TEST_F(FulfillmentTest, units_that_another_warehouse_sends_move_there_with_their_cash) {
  confirm(an_order("o", {"hanoi"}, 4, 4'000));
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
  confirm(an_order("o", {"hanoi"}));
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

TEST_F(FulfillmentTest, work_that_is_held_just_now_is_not_picked) {
  confirm(an_order("o", {"hanoi"}));
  const auto list = started("o");
  testing::Rival other(superuser_dsn());
  other.run(
      "UPDATE fulfillment SET status = 'on_hold', held_status = 'picking', version = version + 1,"
      " state = state || jsonb_build_object('status', 'on_hold', 'version', version + 1)");
  const auto scanned = other.beside(runtime(), scan(list, "s1", "SKU-1", 1));
  EXPECT_TRUE(other.was_waited_for());
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::on_hold);
  EXPECT_TRUE(warehouse->picked.empty());
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().reason(), "ILLEGAL_TRANSITION");
}

TEST_F(FulfillmentTest, an_order_of_which_a_unit_is_picked_just_now_is_not_cancelled) {
  confirm(an_order("o", {"hanoi"}));
  (void)started("o");
  testing::Rival other(superuser_dsn());
  other.run(
      "UPDATE fulfillment SET version = version + 1,"
      " state = jsonb_set(state, '{items,0,picked}', '1') || jsonb_build_object('version', version + 1)");
  const auto cancelled = other.beside(runtime(), api.cancel_for_order(context("order"), {.order_id = id("o"), .items = {}, .reason = "late", .cause_id = "c"}));
  EXPECT_TRUE(other.was_waited_for());
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::picking);
  EXPECT_EQ(the_one("o").items.at(0).picked, 1);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().reason(), "ALREADY_PICKED");
}

TEST_F(FulfillmentTest, the_autopilot_takes_many_orders_to_the_door_and_each_once) {
  constexpr int orders = 200;
  for (int i = 0; i < orders; ++i) confirm(an_order(text("o", i), {"hanoi", "danang"}, 3, 6'000));
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
  confirm(an_order("o", {"hanoi"}));
  warehouse->is_down = true;
  fly();
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::picking);
  warehouse->is_down = false;
  sql("UPDATE pick_scan SET created_at = now() - interval '1 minute'");
  ASSERT_TRUE(run(picking.finish_stale(context("fulfillment"))));
  fly();
  EXPECT_EQ(the_one("o").status, v1::FulfillmentStatus::ready);
  confirm(an_order("p", {"hanoi"}));
  warehouse->on_shelf[1] = 0;
  fly();
  EXPECT_EQ(the_one("p").status, v1::FulfillmentStatus::on_hold);
  EXPECT_EQ(the_one("p").items[0].picked, 0);
}

TEST_F(FulfillmentTest, the_audit_names_what_is_broken) {
  confirm(an_order("o", {"hanoi"}));
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
