#include <algorithm>

#include "contracts/commerce/order/v1/order_records_api_binding.hpp"
#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

/// Exports in pages of three.
struct Records : OrderTest {
  struct Exported {
    std::string csv;
    int pages = 0;
    std::vector<std::string> lines;  ///< Without the header line.
  };
  Result<Exported> export_all(v1::ExportOrdersRequest ask, Uuid staff = Uuid::from_name("analyst")) {
    Exported out;
    ask.client_address = "203.0.113.7";
    for (bool more = true; more; ++out.pages) {
      auto page = run(records.export_orders(as(Realm::staff, staff), ask));
      if (!page) return fail(page.error());
      out.csv += page->csv;
      ask.page_token = page->next_page_token;
      more = ask.page_token.has_value();
    }
    std::size_t at = out.csv.find("\r\n") + 2;
    for (std::size_t end = out.csv.find("\r\n", at); end != std::string::npos; at = end + 2, end = out.csv.find("\r\n", at))
      out.lines.push_back(out.csv.substr(at, end - at));
    return out;
  }
};

TEST_F(Records, AreExportedWholeNewestFirstAndWhoTookThemIsOnRecord) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 8; ++i) numbers.insert(numbers.begin(), create(an_order())->order.order_number);
  const auto all = export_all({});
  ASSERT_TRUE(all) << all.error().to_string();
  EXPECT_EQ(all->pages, 3);
  ASSERT_EQ(all->lines.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(all->lines[i].substr(0, all->lines[i].find(',')), numbers[i]);
  EXPECT_TRUE(all->csv.starts_with("order_number,placed_at,status,")) << all->csv;
  EXPECT_NE(all->lines[0].find(",VN,VND,220000,0,30000,0,33000,0,0,283000,0,1,2,"), std::string::npos) << all->lines[0];
  const auto list = run(records.list_exports(as(Realm::staff, Uuid::from_name("admin")), {}));
  ASSERT_TRUE(list) << list.error().to_string();
  ASSERT_EQ(list->exports.size(), 1u);
  EXPECT_EQ(list->exports[0].actor_id, Uuid::from_name("analyst"));
  EXPECT_EQ(list->exports[0].address, "203.0.113.7");
  EXPECT_EQ(list->exports[0].order_count, 8);
  EXPECT_TRUE(list->exports[0].finished_at);
}

TEST_F(Records, AreOnRecordBeforeTheFirstLineLeavesAndUnfinishedWhenTheyBreakOff) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(create(an_order()));
  v1::ExportOrdersRequest ask;
  ask.email = "Buyer@example.test";
  ask.status = "pending_payment";
  const auto first = run(records.export_orders(as(Realm::staff, Uuid::from_name("analyst")), ask));
  ASSERT_TRUE(first && first->next_page_token);
  EXPECT_EQ(value("SELECT order_count || ' ' || (finished_at IS NULL) || ' ' || filters FROM order_export"),
            R"(3 true {"status":"pending_payment","email":"buyer@example.test"})");
  // It goes on for who began it, and as it began.
  ask.page_token = first->next_page_token;
  EXPECT_EQ(run(records.export_orders(as(Realm::staff, Uuid::from_name("another")), ask)).error().reason(), "INVALID_PAGE_TOKEN");
  auto wider = ask;
  wider.status.reset();
  EXPECT_EQ(run(records.export_orders(as(Realm::staff, Uuid::from_name("analyst")), wider)).error().reason(), "INVALID_PAGE_TOKEN");
  for (const char* token : {"x", ".", "0190a3b4-0000-7000-8000-000000000001.1_0190a3b4-0000-7000-8000-000000000001"}) {
    auto odd = ask;
    odd.page_token = token;
    EXPECT_EQ(run(records.export_orders(as(Realm::staff, Uuid::from_name("analyst")), odd)).error().reason(), "INVALID_PAGE_TOKEN") << token;
  }
  const auto rest = run(records.export_orders(as(Realm::staff, Uuid::from_name("analyst")), ask));
  ASSERT_TRUE(rest) << rest.error().to_string();
  EXPECT_FALSE(rest->next_page_token);
  EXPECT_EQ(value("SELECT order_count || ' ' || (finished_at IS NULL) FROM order_export"), "5 false");
}

TEST_F(Records, AreFilteredAndLeaveOutWhatCameAfterTheExportBegan) {
  const auto confirmed = a_confirmed_order();
  auto owned = an_order(2);
  owned.customer_id = Uuid::from_name("owner");
  owned.contact.email = "owner@example.test";
  ASSERT_TRUE(create(owned));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(create(an_order()));
  const auto lines_of = [&](auto change) {
    v1::ExportOrdersRequest ask;
    change(ask);
    const auto all = export_all(ask);
    EXPECT_TRUE(all) << all.error().to_string();
    return all ? all->lines.size() : 0;
  };
  EXPECT_EQ(lines_of([](auto& ask) { ask.status = "confirmed"; }), 1u);
  EXPECT_EQ(lines_of([](auto& ask) { ask.customer_id = Uuid::from_name("owner"); }), 1u);
  EXPECT_EQ(lines_of([](auto& ask) { ask.sku = "SKU-2"; }), 1u);
  EXPECT_EQ(lines_of([](auto& ask) { ask.email = "OWNER@example.test"; }), 1u);
  EXPECT_EQ(lines_of([&](auto& ask) { ask.placed_to = clock.now() - hours(1); }), 0u);
  EXPECT_EQ(lines_of([&](auto& ask) { ask.placed_from = clock.now() - hours(1); }), 5u);
  v1::ExportOrdersRequest odd;
  odd.status = "paid";
  EXPECT_EQ(export_all(odd).error().kind(), ErrorKind::invalid_argument);
  v1::ExportOrdersRequest ask;
  const auto first = run(records.export_orders(as(Realm::staff, Uuid::from_name("analyst")), ask));
  ASSERT_TRUE(create(an_order()));
  ask.page_token = first->next_page_token;
  const auto rest = run(records.export_orders(as(Realm::staff, Uuid::from_name("analyst")), ask));
  ASSERT_TRUE(rest) << rest.error().to_string();
  EXPECT_EQ(std::ranges::count(rest->csv, '\n'), 2) << "five orders, three of which came before";
}

// However many there are: a part is a page, and the next one is made when it has left.
TEST_F(Records, OfAHundredThousandOrdersLeaveInPartsOfAPage) {
  ASSERT_TRUE(create(an_order()));
  sql("ALTER TABLE order_header DISABLE TRIGGER USER");
  sql("INSERT INTO order_header SELECT r.* FROM (SELECT * FROM order_header) h, generate_series(1, 100000) n, "
      "LATERAL jsonb_populate_record(NULL::order_header, to_jsonb(h) || jsonb_build_object('id', gen_random_uuid(), 'saga_id', gen_random_uuid(), "
      "'session_id', gen_random_uuid(), "
      "'order_number', 'N' || n, 'placed_at', h.placed_at - n * interval '1 second')) r");
  sql("ANALYZE order_header");
  OrderRecords paged(store, claim_tokens, clock, random);
  v1::LocalOrderRecordsApi api(paged, clock);
  http::Router router;
  ASSERT_TRUE(v1::add_routes(router, api));
  const auto match = router.match(http::Method::get, "/api/v1/orders/export");
  ASSERT_TRUE(match);
  CallContext analyst = as(Realm::staff, Uuid::from_name("analyst"));
  analyst.principal.permissions = {"order.order.read"};
  http::Request ask;
  ask.path = "/api/v1/orders/export";
  auto response = run(const_cast<http::Route*>(match->route)->handle(analyst, ask, {}));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.content_type, "text/csv; charset=utf-8; header=present");
  std::int64_t lines = std::ranges::count(response.body, '\n');
  std::size_t largest = response.body.size();
  ASSERT_TRUE(response.rest);
  while (true) {
    const auto part = run(response.rest->next());
    ASSERT_TRUE(part) << part.error().to_string();
    if (part->empty()) break;
    largest = std::max(largest, part->size());
    lines += std::ranges::count(*part, '\n');
  }
  EXPECT_EQ(lines, 100'002) << "and the header line";
  EXPECT_LT(largest, 256u * 1024) << "500 orders";
  EXPECT_EQ(value("SELECT order_count || ' ' || (finished_at IS NOT NULL) FROM order_export"), "100001 true");
}

// Lists: what a customer and what staff may look for, page by page.
TEST_F(Records, AreListedByStatusDateSkuAndContactPageByPage) {
  auto owned = an_order(2);
  owned.customer_id = Uuid::from_name("owner");
  ASSERT_TRUE(create(owned));
  for (int i = 0; i < 4; ++i) {
    auto more = an_order();
    more.customer_id = owned.customer_id;
    ASSERT_TRUE(create(more));
  }
  ASSERT_TRUE(confirm(owned));
  auto guest = an_order();
  guest.contact.email = "Guest@Example.test";
  ASSERT_TRUE(create(guest));
  const auto mine = [&](auto change) {
    v1::ListMyOrdersRequest ask;
    ask.customer_id = *owned.customer_id;
    change(ask);
    const auto answer = run(service.list_my_orders(as(Realm::customer, *owned.customer_id), ask));
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? answer->orders.size() : 0;
  };
  EXPECT_EQ(mine([](auto&) {}), 5u);
  EXPECT_EQ(mine([](auto& ask) { ask.status = v1::OrderStatus::confirmed; }), 1u);
  EXPECT_EQ(mine([](auto& ask) { ask.sku = "SKU-2"; }), 1u);
  EXPECT_EQ(mine([&](auto& ask) { ask.placed_from = clock.now(); }), 0u);
  EXPECT_EQ(mine([&](auto& ask) { ask.placed_to = clock.now(); }), 5u);
  v1::ListMyOrdersRequest strangers;
  strangers.customer_id = *owned.customer_id;
  EXPECT_EQ(run(service.list_my_orders(as(Realm::customer, Uuid::from_name("stranger")), strangers)).error().reason(), "ORDER_NOT_FOUND");
  v1::ListOrdersRequest all;
  all.email = "guest@EXAMPLE.test ";
  const auto found = run(service.list_orders(as(Realm::staff, Uuid::from_name("support")), all));
  ASSERT_TRUE(found) << found.error().to_string();
  ASSERT_EQ(found->orders.size(), 1u);
  EXPECT_EQ(found->orders[0].id, guest.order_id);
  // A keyset: what is added meanwhile moves no page.
  all.email.reset();
  all.page_size = 2;
  std::vector<Uuid> seen;
  while (true) {
    const auto page = run(service.list_orders(as(Realm::staff, Uuid::from_name("support")), all));
    ASSERT_TRUE(page) << page.error().to_string();
    for (const auto& order : page->orders) seen.push_back(order.id);
    if (!page->next_page_token) break;
    all.page_token = page->next_page_token;
    ASSERT_TRUE(create(an_order()));
  }
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_TRUE(std::ranges::adjacent_find(seen) == seen.end());
}

}  // namespace
}  // namespace emporion::order
