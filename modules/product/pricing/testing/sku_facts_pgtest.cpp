#include "modules/product/pricing/adapters/sku_facts.hpp"
#include "modules/product/pricing/testing/pricing_fixture.hpp"

namespace emporion::pricing {
namespace {

struct SkuFactsTest : PricingFixture {
  SkuFactsTest() { feed.subscribe(subscriptions); }
  template <typename Event>
  Task<Result<>> apply(Event event) {
    EMP_CO_ASSIGN(auto work, co_await database().begin(context()));
    messaging::Envelope envelope;
    envelope.data = to_json(event);
    EMP_CO_TRY(co_await subscriptions.handlers().find(Event::topic)->second(work, envelope));
    co_return co_await work.commit();
  }
  template <typename Event>
  Event event(std::int64_t version, std::string tax_class) {
    Event out;
    out.product_id = Uuid::from_name("shirt");
    out.version = version;
    out.status = "active";
    out.slug = out.name = "shirt";
    out.tax_class = std::move(tax_class);
    out.variants = {{.variant_id = Uuid::from_name("v"), .sku = "S", .status = "active"}};
    return out;
  }
  SkuFactsFeed feed;
  messaging::Subscriptions subscriptions;
};

TEST_F(SkuFactsTest, AnOlderCopyDoesNotReplaceANewerOne) {  // PRC-A13
  ASSERT_TRUE(run(apply(event<catalog::v1::ProductCreated>(1, "standard"))));
  ASSERT_TRUE(run(apply(event<catalog::v1::ProductUpdated>(5, "books"))));
  ASSERT_TRUE(run(apply(event<catalog::v1::ProductUpdated>(4, "food"))));
  EXPECT_EQ(value("SELECT tax_class || version FROM sku_fact"), "books5");
}

TEST_F(SkuFactsTest, ADeletedProductHasNoPrice) {
  ASSERT_TRUE(run(apply(event<catalog::v1::ProductCreated>(1, "standard"))));
  ASSERT_TRUE(set_price(Uuid::from_name("shirt"), "S", {.base_amount = vnd(100)}));
  ASSERT_TRUE(run(api().create_quote(service("a"), quote_of({{.line_id = "1", .sku = "S", .qty = 1}}))));
  ASSERT_TRUE(run(apply(event<catalog::v1::ProductDeleted>(2, "standard"))));
  clock().move(milliseconds(101));  // Another replica's change is seen within 100 ms.
  EXPECT_EQ(run(api().create_quote(service("b"), quote_of({{.line_id = "1", .sku = "S", .qty = 1}}))).error().reason(), "PRICE_NOT_FOUND");
}

}  // namespace
}  // namespace emporion::pricing
