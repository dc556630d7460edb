#include "modules/commerce/order/testing/order_fixture.hpp"

// What the tables refuse by themselves, whatever the code above them does.
namespace emporion::order {
namespace {

struct OrderConstraints : OrderTest {
  /// Another order with the same members but these.
  static std::string another(const std::string& members) {
    return "INSERT INTO order_header SELECT (r.x).* FROM (SELECT jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'order_number', "
           "gen_random_uuid()::text" +
           members + ")) AS x FROM order_header o) r";
  }
};

TEST_F(OrderConstraints, ASagaAndASessionHaveOneOrder) {
  ASSERT_TRUE(create(an_order()));
  expect_refused(another(", 'session_id', gen_random_uuid()"), "order_header_saga_id_key");
  expect_refused(another(", 'saga_id', gen_random_uuid()"), "order_session_live");
}

TEST_F(OrderConstraints, TheTotalDerivesFromItsTerms) {
  ASSERT_TRUE(create(an_order()));
  expect_refused(another(", 'saga_id', gen_random_uuid(), 'session_id', gen_random_uuid(), 'grand_total', o.grand_total + 1"), "order_total_derives");
  const auto line = [](const char* members) {
    return text("INSERT INTO order_line SELECT (r.x).* FROM (SELECT jsonb_populate_record(l, jsonb_build_object('line_no', 99, ", members,
                ")) AS x FROM order_line l) r");
  };
  expect_refused(line("'total', l.total + 1"), "order_line_total_derives");
  expect_refused(line("'cancelled_qty', l.qty + 1"), "order_line_");
}

TEST_F(OrderConstraints, WhatWasOrderedDoesNotChange) {
  ASSERT_TRUE(create(an_order()));
  expect_refused("UPDATE order_header SET subtotal = subtotal + 1, grand_total = grand_total + 1", "what was ordered does not change");
  expect_refused("UPDATE order_line SET sku = 'another'", "what was ordered does not change");
}

TEST_F(OrderConstraints, AStatusLeavesTheTableForNobodyAndAnOrderIsBornUnpaid) {
  ASSERT_TRUE(create(an_order()));
  expect_refused("UPDATE order_header SET status = 'delivered'", "INVALID_TRANSITION");
  expect_refused(another(", 'saga_id', gen_random_uuid(), 'session_id', gen_random_uuid(), 'status', 'processing'"), "INVALID_TRANSITION");
}

TEST_F(OrderConstraints, HistoryIsWrittenOnce) {
  ASSERT_TRUE(create(an_order()));
  expect_refused("DELETE FROM order_status_history", "append-only");
  expect_refused("UPDATE order_status_history SET to_status = 'cancelled'", "append-only");
}

}  // namespace
}  // namespace emporion::order
