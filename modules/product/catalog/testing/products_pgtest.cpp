#include "contracts/product/catalog/v1/catalog_events.hpp"
#include "kernel/json/codec.hpp"
#include "modules/product/catalog/adapters/postgres/products.hpp"
#include "modules/product/catalog/testing/catalog_fixture.hpp"

namespace emporion::catalog {
namespace {

struct ProductsTest : CatalogFixture {
  Result<v1::Product> step(Task<Result<v1::Product>> (v1::CatalogApi::*operation)(CallContext, v1::ProductTransitionRequest), const v1::Product& product,
                           std::optional<std::string> reason = {}) {
    return run((api().*operation)(staff(new_key()), {.id = product.id, .version = product.version, .reason = std::move(reason)}));
  }
};

TEST_F(ProductsTest, OfTwoProductsWithOneSkuOneIsCreated) {  // CAT-A1
  std::vector<Task<Result<v1::Product>>> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(api().create_product(staff(new_key()), {.product = a_product("A-1")}));
  const auto answers = run(when_all(std::move(calls)));
  const bool first_won = answers[0].has_value();
  ASSERT_NE(first_won, answers[1].has_value());
  const auto& refused = first_won ? answers[1].error() : answers[0].error();
  EXPECT_EQ(refused.kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.reason(), "SKU_TAKEN");
  EXPECT_EQ(count("variant"), 1);
  EXPECT_EQ(count("product"), 1);
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.product.created'"), 1);
}

TEST_F(ProductsTest, ASkuStaysTakenForEver) {  // CAT-A2
  const auto made = create(a_product("A-1"));
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
  const auto gone = run(api().delete_product(staff(), {.id = made->id, .version = 1}));
  ASSERT_TRUE(gone.has_value()) << gone.error().to_string();
  EXPECT_EQ(gone->status, v1::ProductStatus::deleted);
  EXPECT_EQ(*run(api().delete_product(staff(), {.id = made->id, .version = 1})), *gone);  // Again: the same.
  EXPECT_EQ(create(a_product("a-1")).error().reason(), "SKU_TAKEN");
  EXPECT_EQ(run(api().get_product(context(), {.id = made->id}))->status, v1::ProductStatus::deleted);  // CAT-10
  EXPECT_EQ(run(api().get_product(guest(), {.id = made->id})).error().reason(), "PRODUCT_NOT_FOUND");
}

TEST_F(ProductsTest, AReviewIsOfTheRevisionThatWasRead) {  // CAT-A3
  auto product = create(a_product("A-1"));
  product = step(&v1::CatalogApi::submit_product, *product);
  ASSERT_TRUE(product.has_value()) << product.error().to_string();
  ASSERT_TRUE(run(api().update_product(staff(), {.id = product->id, .version = product->version, .product = input_of(*product)})));
  const auto refused = step(&v1::CatalogApi::approve_product, *product);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.error().reason(), "REVISION_CHANGED");
  EXPECT_EQ(run(api().get_product(staff(), {.id = product->id}))->status, v1::ProductStatus::pending_review);
}

TEST_F(ProductsTest, AStaleVersionChangesNothing) {  // CAT-A13
  const auto made = create(a_product("A-1"));
  ASSERT_TRUE(run(api().update_product(staff(), {.id = made->id, .version = 1, .product = input_of(*made)})));
  const auto events = count("outbox");
  const auto refused = run(api().update_product(staff(), {.id = made->id, .version = 1, .product = input_of(*made)}));
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.error().reason(), "VERSION_CONFLICT");
  EXPECT_EQ(count("outbox"), events);
}

TEST_F(ProductsTest, ValuesMatchTheirDefinitions) {  // CAT-A7
  an_attribute("height", {.data_type = v1::AttributeType::number, .rules = v1::AttributeRules{.min = "0", .max = "10"}});
  for (const char* attributes : {R"({"height":11})", R"({"height":"abc"})", R"({"depth":1})"}) {
    auto input = a_product("A-1");
    input.attributes = json::Raw{attributes};
    const auto refused = create(input);
    EXPECT_EQ(refused.error().kind(), ErrorKind::rule_violated);
    EXPECT_EQ(refused.error().reason(), "ATTRIBUTE_INVALID") << attributes;
  }
  EXPECT_EQ(count("product"), 0);
  auto input = a_product("A-1");
  input.attributes = json::Raw{R"({"height":10})"};
  EXPECT_TRUE(create(input).has_value());
}

TEST_F(ProductsTest, WhatIsInUseCannotBeDeleted) {  // CAT-A8, for what has a delete: brands have none in this contract.
  an_attribute("height", {.data_type = v1::AttributeType::number});
  auto input = a_product("A-1");
  input.attributes = json::Raw{R"({"height":1})"};
  ASSERT_TRUE(create(input).has_value());
  EXPECT_EQ(run(api().delete_attribute(staff(), {.code = "height", .version = 1})).error().reason(), "IN_USE");
  EXPECT_EQ(run(api().delete_category(staff(), {.id = *input.category_id, .version = 1})).error().reason(), "IN_USE");
  EXPECT_EQ(
      run(api().update_attribute(staff(), {.code = "height", .version = 1, .attribute = {.name = "h", .data_type = v1::AttributeType::text}})).error().reason(),
      "IN_USE");
}

TEST_F(ProductsTest, CreatingAndDeletingTheCategoryAtOnceLeavesNothingDangling) {  // CAT-A8
  for (int round = 0; round < 5; ++round) {
    const auto category = a_category("C" + std::to_string(round));
    auto input = a_product("R-" + std::to_string(round));
    input.category_id = category.id;
    const auto both = [](v1::CatalogApi& catalog, CallContext context, v1::CreateProductRequest product, CallContext other,
                         v1::DeleteCategoryRequest gone) -> Task<int> {
      std::vector<Task<bool>> calls;
      calls.push_back([](v1::CatalogApi& to, CallContext with, v1::CreateProductRequest request) -> Task<bool> {
        co_return (co_await to.create_product(with, request)).has_value();
      }(catalog, context, product));
      calls.push_back([](v1::CatalogApi& to, CallContext with, v1::DeleteCategoryRequest request) -> Task<bool> {
        co_return (co_await to.delete_category(with, request)).has_value();
      }(catalog, other, gone));
      const auto done = co_await when_all(std::move(calls));
      co_return int{done[0]} + int{done[1]};
    };
    EXPECT_EQ(run(both(api(), staff(new_key()), {.product = input}, staff(), {.id = category.id, .version = 1})), 1);
    EXPECT_EQ(count("product p WHERE NOT EXISTS (SELECT FROM category c WHERE c.id = p.category_id)"), 0);
  }
}

TEST_F(ProductsTest, ADescriptionHoldsNoScript) {  // CAT-A9
  auto input = a_product("A-1");
  input.description = "<p>Soft<script>alert(1)</script></p>";
  EXPECT_EQ(create(input)->description, "<p>Soft</p>");
}

TEST_F(ProductsTest, OnlyACompleteProductIsShown) {  // CAT-4
  an_attribute("care", {.data_type = v1::AttributeType::text});
  auto input = a_product("A-1");
  input.category_id = a_category("Shirts", {}, {.required = {"care"}}).id;
  input.media.clear();
  const auto draft = create(input);
  ASSERT_TRUE(draft.has_value()) << draft.error().to_string();
  const auto refused = publish(*draft);
  EXPECT_EQ(refused.error().kind(), ErrorKind::rule_violated);
  EXPECT_EQ(refused.error().reason(), "PRODUCT_INCOMPLETE");
  EXPECT_EQ(refused.error().metadata_json("missing"), R"(["image","attribute:care"])");
  input.media = {{.url = "https://example.test/a.png"}};
  input.attributes = json::Raw{R"({"care":"wash"})"};
  const auto complete = run(api().update_product(staff(), {.id = draft->id, .version = 1, .product = input}));
  const auto shown = publish(*complete);
  ASSERT_TRUE(shown.has_value()) << shown.error().to_string();
  EXPECT_EQ(shown->status, v1::ProductStatus::active);
  EXPECT_EQ(run(api().get_product(guest(), {.id = draft->id}))->version, 3);
  // And stays so: an edit that takes the picture away is refused.
  input.media.clear();
  EXPECT_EQ(run(api().update_product(staff(), {.id = draft->id, .version = 3, .product = input})).error().reason(), "PRODUCT_INCOMPLETE");
}

TEST_F(ProductsTest, ATransitionRepeatedWithItsKeyIsOneTransition) {
  const auto draft = create(a_product("A-1"));
  std::vector<Task<Result<v1::Product>>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(api().publish_product(staff("k"), {.id = draft->id, .version = 1}));
  const auto answers = run(when_all(std::move(calls)));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->version, 2);
  }
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.product.activated'"), 1);
  EXPECT_EQ(step(&v1::CatalogApi::restore_product, answers[0].value()).error().reason(), "ILLEGAL_TRANSITION");
}

TEST_F(ProductsTest, AScheduledProductAppearsOnceWhenItIsDue) {  // CAT-A12
  auto input = a_product("A-1");
  input.publish_at = clock().now() + hours(1);
  const auto scheduled = publish(*create(input));
  ASSERT_EQ(scheduled->status, v1::ProductStatus::scheduled);
  Attributes attributes(database());
  Products first(database(), attributes, clock(), random());
  Products second(database(), attributes, clock(), random());
  const auto run_both = [&] {
    std::vector<Task<Result<>>> calls;
    calls.push_back(first.publish_due(context()));
    calls.push_back(second.publish_due(context()));
    for (const auto& answer : run(when_all(std::move(calls)))) EXPECT_TRUE(answer.has_value());
    clock().move(milliseconds(101));  // What another replica did is seen within 100 ms.
  };
  const UtcTime due = *scheduled->publish_at;
  clock().set(due - microseconds(1));
  run_both();
  EXPECT_EQ(run(api().get_product(staff(), {.id = scheduled->id}))->status, v1::ProductStatus::scheduled);
  clock().set(due);
  run_both();
  run_both();
  EXPECT_EQ(run(api().get_product(guest(), {.id = scheduled->id}))->status, v1::ProductStatus::active);
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.product.activated'"), 1);
}

TEST_F(ProductsTest, AWorkerPassesByWhatAnotherIsPublishing) {  // CAT-A12, with the race held open.
  auto input = a_product("A-1");
  input.publish_at = clock().now() + hours(1);
  ASSERT_TRUE(publish(*create(input)).has_value());
  clock().move(hours(2));
  sql("BEGIN");
  sql("SELECT product_publish_due('" + clock().now().to_string() + "', 100)");
  Attributes attributes(database());
  Products second(database(), attributes, clock(), random());
  const auto passed = run(second.publish_due(context()));
  EXPECT_TRUE(passed.has_value()) << passed.error().to_string();
  sql("COMMIT");
  ASSERT_TRUE(run(second.publish_due(context())).has_value());
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.product.activated'"), 1);
}

TEST_F(ProductsTest, TheSkuIsFixedOnceTheProductLeftItsDraft) {  // CAT-2
  auto product = create(a_product("A-1"));
  auto input = a_product("A-2");
  input.variants[0].id = product->variants[0].id;
  product = run(api().update_product(staff(), {.id = product->id, .version = 1, .product = input}));
  ASSERT_TRUE(product.has_value()) << product.error().to_string();
  EXPECT_EQ(product->variants[0].sku, "A-2");
  product = publish(*product);
  input.variants[0].sku = "A-3";
  EXPECT_EQ(run(api().update_product(staff(), {.id = product->id, .version = product->version, .product = input})).error().reason(), "SKU_FIXED");
}

TEST_F(ProductsTest, VariantsHaveTheirAxesOptionsOnce) {  // CAT-6
  an_attribute("color", {.data_type = v1::AttributeType::select, .options = {"red", "blue"}, .is_axis = true});
  auto input = a_product("T");
  input.option_axes = {"color"};
  input.variants = {{.sku = "T-R", .options = {{"color", "red"}}}, {.sku = "T-B", .options = {{"color", "blue"}}}};
  const auto made = create(input);
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
  EXPECT_TRUE(made->variants[0].is_default);
  input.variants[1].options["color"] = "red";
  EXPECT_EQ(create(input).error().reason(), "VARIANT_OPTIONS_INVALID");
  input.variants[1].options["color"] = "green";
  EXPECT_EQ(create(input).error().reason(), "VARIANT_OPTIONS_INVALID");
  // Swapping the options of two variants is no collision.
  input.variants = {{.sku = "T-R", .options = {{"color", "blue"}}}, {.sku = "T-B", .options = {{"color", "red"}}}};
  EXPECT_TRUE(run(api().update_product(staff(), {.id = made->id, .version = 1, .product = input})).has_value());
}

TEST_F(ProductsTest, AnOldAddressLeadsToTheNewOne) {  // CAT-3
  auto input = a_product("A-1");
  input.slug = "old";
  auto product = publish(*create(input));
  input.slug = "new";
  ASSERT_TRUE(run(api().update_product(staff(), {.id = product->id, .version = 2, .product = input})));
  EXPECT_EQ(run(api().get_product_by_slug(guest(), {.slug = "new"}))->status_code, 200);
  const auto moved = run(api().get_product_by_slug(guest(), {.slug = "old"}));
  EXPECT_EQ(moved->status_code, 301);
  EXPECT_EQ(moved->location, "/api/v1/catalog/products/slug/new");
  auto other = a_product("A-2");
  other.slug = "new";
  EXPECT_EQ(create(other).error().reason(), "SLUG_TAKEN");
}

TEST_F(ProductsTest, ListsWhatTheCallerMaySee) {
  const auto below = a_category("Below", a_category("Above").id);
  std::vector<std::string> seen;
  for (int i = 0; i < 5; ++i) {
    clock().move(milliseconds(1));
    auto input = a_product("S" + std::to_string(i));
    input.category_id = below.id;
    const auto made = create(input);
    if (i != 2) ASSERT_TRUE(publish(*made).has_value());
  }
  std::optional<std::string> token;
  do {
    const auto page = run(api().list_products(guest(), {.category_id = below.path[0], .page_size = 2, .page_token = token}));
    ASSERT_TRUE(page.has_value()) << page.error().to_string();
    for (const auto& product : page->products) seen.push_back(product.variants.at(0).sku);
    token = page->next_page_token;
  } while (token);
  EXPECT_EQ(seen, (std::vector<std::string>{"S4", "S3", "S1", "S0"}));
  EXPECT_EQ(run(api().list_products(guest(), {.status = v1::ProductStatus::draft})).error().kind(), ErrorKind::permission_denied);
  EXPECT_EQ(run(api().list_products(staff(), {.status = v1::ProductStatus::draft}))->products.size(), 1u);
  EXPECT_EQ(run(api().list_products(guest(), {.skus = {"s0", "S2", "NONE"}}))->products.size(), 1u);
  const auto facts = run(api().batch_get_products(context(), {.skus = {"s0", "S2", "NONE"}}));
  ASSERT_EQ(facts->found.size(), 2u);
  EXPECT_TRUE(facts->found[0].sellable);
  EXPECT_FALSE(facts->found[1].sellable);
  EXPECT_EQ(facts->missing, std::vector<std::string>{"NONE"});
  // From memory, and again from the rows after a change: the same answer but for what changed.
  EXPECT_EQ(run(api().batch_get_products(context(), {.skus = {"s0", "S2"}}))->found, facts->found);
  const auto product = run(api().get_product(staff(), {.id = facts->found[0].product_id}));
  ASSERT_TRUE(step(&v1::CatalogApi::deactivate_product, *product).has_value());
  EXPECT_FALSE(run(api().batch_get_products(context(), {.skus = {"S0"}}))->found.at(0).sellable);
  EXPECT_EQ(run(api().get_product(guest(), {.id = product->id})).error().reason(), "PRODUCT_NOT_FOUND");
  const auto by_id = run(api().batch_get_products(context(), {.ids = {product->id, Uuid::from_name("none")}, .skus = {"S0"}}));
  EXPECT_EQ(by_id->found.size(), 1u);
  EXPECT_EQ(by_id->missing, std::vector<std::string>{Uuid::from_name("none").to_string()});
}

TEST_F(ProductsTest, APictureIsStoredOnceAndServedWithItsPolicy) {
  const auto product = create(a_product("A-1"));
  const Uuid id = Uuid::from_name("picture");
  const std::string svg = R"(<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>)";
  for (int i = 0; i < 2; ++i) {
    const auto stored = run(api().put_media(staff(), {.id = product->id, .media_id = id, .content = svg}));
    ASSERT_TRUE(stored.has_value()) << stored.error().to_string();
    EXPECT_EQ(stored->url, "/api/v1/catalog/media/" + id.to_string());
  }
  EXPECT_EQ(run(api().get_product(staff(), {.id = product->id}))->media.size(), 2u);
  EXPECT_EQ(run(api().get_product(staff(), {.id = product->id}))->version, 2);
  const auto served = run(api().get_media(guest(), {.media_id = id}));
  EXPECT_EQ(served->content, svg);
  EXPECT_EQ(served->content_type, "image/svg+xml");
  EXPECT_TRUE(served->content_security_policy.has_value());
  EXPECT_EQ(run(api().put_media(staff(), {.id = product->id, .media_id = id, .content = "\xFF\xD8\xFF other"})).error().reason(), "MEDIA_TAKEN");
  EXPECT_EQ(run(api().put_media(staff(), {.id = product->id, .media_id = Uuid::from_name("x"), .content = "<html>"})).error().reason(), "MEDIA_TYPE");
}

TEST_F(ProductsTest, ItsEventsHoldTheWholeProduct) {
  auto input = a_product("A-1");
  input.variants[0].weight_g = 250;
  const auto product = publish(*create(input));
  ASSERT_TRUE(product.has_value());
  const auto created = parse_json<v1::ProductCreated>(value("SELECT data FROM outbox WHERE topic = 'catalog.product.created'"));
  ASSERT_TRUE(created.has_value()) << created.error().to_string();
  EXPECT_EQ(created->variants.at(0).weight_g, 250);
  const auto activated = parse_json<v1::ProductActivated>(value("SELECT data FROM outbox WHERE topic = 'catalog.product.activated'"));
  ASSERT_TRUE(activated.has_value()) << activated.error().to_string();
  EXPECT_EQ(activated->version, 2);
  EXPECT_EQ(activated->status, "active");
  EXPECT_EQ(activated->category_paths.at(0).path.size(), 1u);
  const auto stopped = step(&v1::CatalogApi::deactivate_product, *product);
  ASSERT_TRUE(stopped.has_value());
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.product.deactivated'"), 1);
  EXPECT_EQ(run(api().get_product(guest(), {.id = product->id})).error().kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace emporion::catalog
