#include "contracts/product/pricing/v1/pricing_events.hpp"
#include "kernel/json/codec.hpp"
#include "modules/product/pricing/adapters/postgres/price_lists.hpp"
#include "modules/product/pricing/testing/pricing_fixture.hpp"

namespace emporion::pricing {
namespace {

struct PricesTest : PricingFixture {
  Result<v1::ResolvedPrice> price_of(const std::string& sku, const Uuid& product, std::optional<Uuid> warehouse = {}) {
    return run(api().get_price(context(), {.product_id = product, .sku = sku, .warehouse_id = warehouse, .currency = "VND"}));
  }
  const Uuid shirt = Uuid::from_name("shirt");
  const Uuid w1 = Uuid::from_name("w1");
  const Uuid w2 = Uuid::from_name("w2");
};

TEST_F(PricesTest, TheMostSpecificLevelDecides) {  // PRC-A1
  know("S", shirt);
  know("OTHER", shirt);
  ASSERT_TRUE(set_price(shirt, {}, {.base_amount = vnd(100'000)}));
  ASSERT_TRUE(set_price(shirt, "s", {.base_amount = vnd(110'000)}));
  ASSERT_TRUE(set_price(shirt, "S", {.base_amount = vnd(120'000)}, w1));
  EXPECT_EQ(price_of("S", shirt, w1)->unit_price, vnd(120'000));
  EXPECT_EQ(price_of("S", shirt, w2)->unit_price, vnd(110'000));
  EXPECT_EQ(price_of("OTHER", shirt, w2)->unit_price, vnd(100'000));
  EXPECT_EQ(price_of("S", shirt, w1)->source, v1::PriceSource::sku_warehouse);

  const auto bulk = run(api().get_bulk_prices(context(), {.items = {{.sku = "s", .warehouse_id = w1}, {.sku = "other"}, {.sku = "NONE"}}, .currency = "VND"}));
  ASSERT_TRUE(bulk.has_value());
  ASSERT_EQ(bulk->prices.size(), 2u);
  EXPECT_EQ(bulk->prices[0].unit_price, vnd(120'000));
  EXPECT_EQ(bulk->prices[1].unit_price, vnd(100'000));
  EXPECT_EQ(bulk->missing, std::vector<std::string>{"NONE"});
}

TEST_F(PricesTest, AQuoteHasTheSalePriceWithinItsWindowOnly) {  // PRC-A2
  know("S", shirt);
  vat("VN", "0.15");
  const UtcTime start = clock().now() + hours(1);
  ASSERT_TRUE(set_price(shirt, "S", {.base_amount = vnd(120'000), .sale_amount = vnd(110'000), .sale_starts_at = start, .sale_ends_at = start + hours(1)}));
  const auto subtotal_at = [&](UtcTime at) {
    clock().set(at);
    const auto quote = run(api().create_quote(service(new_id().to_string()), quote_of({{.line_id = "1", .sku = "S", .qty = 2}})));
    EXPECT_TRUE(quote.has_value());
    const auto calculated = run(api().calculate(context(), {.lines = {{.line_id = "1", .sku = "S", .qty = 2}}, .currency = "VND"}));
    EXPECT_EQ(calculated->lines[0].unit_price, quote->lines[0].unit_price);
    EXPECT_EQ(price_of("S", shirt)->unit_price, quote->lines[0].unit_price);
    return quote->totals.subtotal.amount();
  };
  EXPECT_EQ(subtotal_at(start - milliseconds(1)), 240'000);
  EXPECT_EQ(subtotal_at(start), 220'000);
  EXPECT_EQ(subtotal_at(start + hours(1)), 240'000);
}

TEST_F(PricesTest, TellsOnceWhenASaleBeginsAndEnds) {
  PriceLists lists(database(), clock(), random());
  const UtcTime start = clock().now() + hours(1);
  ASSERT_TRUE(set_price(shirt, "S", {.base_amount = vnd(120'000), .sale_amount = vnd(110'000), .sale_starts_at = start, .sale_ends_at = start + hours(1)}));
  const auto sales_told = [&] {
    EXPECT_TRUE(run(lists.announce_sales(context())).has_value());
    EXPECT_TRUE(run(lists.announce_sales(context())).has_value());
    return value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox WHERE topic LIKE 'pricing.sale.%'");
  };
  clock().set(start - milliseconds(1));
  EXPECT_EQ(sales_told(), "null");
  clock().set(start);
  EXPECT_EQ(sales_told(), "pricing.sale.started");
  clock().set(start + hours(1));
  EXPECT_EQ(sales_told(), "pricing.sale.started pricing.sale.ended");
}

TEST_F(PricesTest, OfTwoOverlappingWindowsSentAtOnceOneIsRefused) {  // PRC-A8
  std::vector<Task<Result<v1::Price>>> calls;
  for (int i = 0; i < 2; ++i) {
    calls.push_back(
        api().set_price(staff(new_id().to_string()),
                        {.product_id = shirt,
                         .sku = "S",
                         .terms = {.base_amount = vnd(100 + i), .effective_from = clock().now() + hours(i), .effective_to = clock().now() + hours(i + 2)}}));
  }
  const auto answers = run(when_all(std::move(calls)));
  const bool first_won = answers[0].has_value();
  ASSERT_NE(first_won, answers[1].has_value());
  const auto& refused = first_won ? answers[1].error() : answers[0].error();
  EXPECT_EQ(refused.kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.reason(), "WINDOW_OVERLAP");
  EXPECT_EQ(count("price"), 1);
  EXPECT_EQ(count("price_history"), 1);
  EXPECT_EQ(count("outbox"), 1);
}

TEST_F(PricesTest, ARepeatedKeyAnswersTheFirstPrice) {
  const v1::SetPriceRequest request{.product_id = shirt, .sku = "S", .terms = {.base_amount = vnd(100)}};
  std::vector<Task<Result<v1::Price>>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(api().set_price(staff("k"), request));
  const auto answers = run(when_all(std::move(calls)));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->id, answers[0]->id);
  }
  EXPECT_EQ(count("price"), 1);
  auto other = request;
  other.terms.base_amount = vnd(101);
  EXPECT_EQ(run(api().set_price(staff("k"), other)).error().reason(), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(PricesTest, EveryChangeHasItsHistoryAndItsEvent) {  // PRC-5
  const auto price = set_price(shirt, "S", {.base_amount = vnd(100), .tiers = {{.min_qty = 10, .unit_amount = vnd(90)}}});
  ASSERT_TRUE(price.has_value());
  const auto updated = run(api().update_price(staff(), {.id = price->id, .version = 1, .terms = {.base_amount = vnd(120)}}));
  ASSERT_TRUE(updated.has_value()) << updated.error().to_string();
  EXPECT_EQ(updated->version, 2);
  EXPECT_EQ(updated->terms.effective_from, price->terms.effective_from);
  EXPECT_EQ(run(api().update_price(staff(), {.id = price->id, .version = 1, .terms = {.base_amount = vnd(130)}})).error().reason(), "VERSION_CONFLICT");
  ASSERT_TRUE(run(api().delete_price(staff(), {.id = price->id, .version = 2})));
  ASSERT_TRUE(run(api().delete_price(staff(), {.id = price->id, .version = 2})));  // Again: the same.
  EXPECT_EQ(price_of("S", shirt).error().reason(), "PRICE_NOT_FOUND");
  EXPECT_EQ(value("SELECT string_agg(topic, ' ' ORDER BY id) FROM outbox"), "pricing.price.created pricing.price.updated pricing.price.deleted");
  const auto told = [&](const std::string& what) { return value("SELECT data FROM outbox WHERE topic = 'pricing.price." + what + "'"); };
  EXPECT_TRUE(parse_json<v1::PriceCreated>(told("created"))) << told("created");
  EXPECT_TRUE(parse_json<v1::PriceDeleted>(told("deleted"))) << told("deleted");
  const auto update = parse_json<v1::PriceUpdated>(told("updated"));
  ASSERT_TRUE(update) << update.error().to_string();
  EXPECT_EQ(update->price.base, vnd(120));
  EXPECT_EQ(update->price.previous_base, vnd(100));
  const auto history = run(api().list_price_history(staff(), {.id = price->id, .page_size = 2}));
  ASSERT_TRUE(history.has_value()) << history.error().to_string();
  ASSERT_EQ(history->entries.size(), 2u);
  EXPECT_EQ(history->entries[0].action, "deleted");
  EXPECT_EQ(history->entries[1].old_terms->tiers.at(0).unit_amount, vnd(90));
  const auto rest = run(api().list_price_history(staff(), {.id = price->id, .page_token = history->next_page_token}));
  ASSERT_EQ(rest->entries.size(), 1u);
  EXPECT_EQ(rest->entries[0].action, "created");
}

TEST_F(PricesTest, ALargeMoveNeedsThePermission) {  // PRC-6
  const auto price = set_price(shirt, "S", {.base_amount = vnd(100)});
  const v1::UpdatePriceRequest halved{.id = price->id, .version = 1, .terms = {.base_amount = vnd(49)}};
  const auto refused = run(api().update_price(staff({}, {"pricing.price.write"}), halved));
  EXPECT_EQ(refused.error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(refused.error().reason(), "OVERRIDE_REQUIRED");
  EXPECT_EQ(count("outbox"), 1);
  EXPECT_TRUE(run(api().update_price(staff(), halved)).has_value());
}

TEST_F(PricesTest, TheCostIsShownToThoseWhoMaySeeIt) {
  const auto price = set_price(shirt, "S", {.base_amount = vnd(100), .cost_amount = vnd(60)});
  EXPECT_EQ(run(api().get_price_row(staff(), {.id = price->id}))->terms.cost_amount, vnd(60));
  EXPECT_FALSE(run(api().get_price_row(staff({}, {"pricing.price.read"}), {.id = price->id}))->terms.cost_amount.has_value());
}

TEST_F(PricesTest, ListsByKeyset) {
  for (int i = 0; i < 5; ++i) {
    clock().move(milliseconds(1));
    ASSERT_TRUE(set_price(shirt, "S" + std::to_string(i), {.base_amount = vnd(100)}));
  }
  std::vector<std::string> seen;
  std::optional<std::string> token;
  do {
    const auto page = run(api().list_prices(staff(), {.product_id = shirt, .page_size = 2, .page_token = token}));
    ASSERT_TRUE(page.has_value());
    for (const auto& price : page->prices) seen.push_back(*price.sku);
    token = page->next_page_token;
  } while (token);
  EXPECT_EQ(seen, (std::vector<std::string>{"S4", "S3", "S2", "S1", "S0"}));
  EXPECT_EQ(run(api().list_prices(staff(), {.page_token = "x"})).error().reason(), "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace emporion::pricing
