#include "kernel/json/codec.hpp"
#include "modules/product/catalog/adapters/postgres/imports.hpp"
#include "modules/product/catalog/testing/catalog_fixture.hpp"

namespace emporion::catalog {
namespace {

struct ImportsTest : CatalogFixture {
  std::string lines(int count, int bad = 0) {
    std::string out;
    for (int i = 1; i <= count; ++i) {
      v1::ImportRow row{.external_reference = "ref-" + std::to_string(i), .product = a_product("SKU-" + std::to_string(i)), .publish = true};
      if (i == bad) row.product.variants[0].sku = "??";
      append_json(out, row);
      out += '\n';
    }
    return out;
  }
  Result<v1::ImportJob> import(std::string content, std::string key, bool atomic = false, bool dry_run = false) {
    return run(api().import_products(staff(std::move(key)),
                                     {.content = std::move(content), .content_type = "application/x-ndjson", .dry_run = dry_run, .atomic = atomic}));
  }
};

TEST_F(ImportsTest, TakesAllButTheBadRowAndARepeatCreatesNothing) {  // CAT-A10
  const auto content = lines(1'000, 500);
  const auto job = import(content, "k");
  ASSERT_TRUE(job.has_value()) << job.error().to_string();
  EXPECT_EQ(job->status, v1::ImportStatus::completed_with_errors);
  EXPECT_EQ(job->created, 999);
  ASSERT_EQ(job->errors.size(), 1u);
  EXPECT_EQ(job->errors[0].row, 500);
  EXPECT_EQ(job->errors[0].reason, "SKU_INVALID");
  EXPECT_EQ(count("product WHERE status = 'active'"), 999);
  EXPECT_EQ(count("import_row"), 0);
  EXPECT_EQ(*import(content, "k"), *job);
  EXPECT_EQ(count("product"), 999);
  EXPECT_EQ(import(content + "x", "k").error().reason(), "IDEMPOTENCY_KEY_REUSED");
  // The same rows under another key change nothing either.
  const auto again = import(content, "other");
  EXPECT_EQ(again->created, 0);
  EXPECT_EQ(again->unchanged, 999);
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.product.created'"), 999);
}

TEST_F(ImportsTest, ARowThatTheDatabaseWouldNotStoreIsRefusedAlone) {
  v1::ImportRow row{.external_reference = "odd", .product = a_product("SKU-9")};
  row.product.specifications = json::Raw{R"({"a":"x\u0000y"})"};
  std::string content = lines(2);
  append_json(content, row);
  const auto job = import(content, "k");
  ASSERT_TRUE(job.has_value()) << job.error().to_string();
  EXPECT_EQ(job->created, 2);
  ASSERT_EQ(job->errors.size(), 1u);
  EXPECT_EQ(job->errors[0].reason, "OUT_OF_RANGE");
}

TEST_F(ImportsTest, AnAtomicOneIsAllOrNothing) {  // CAT-A10
  auto content = lines(20);
  ASSERT_TRUE(create(a_product("SKU-7")).has_value());
  const auto refused = import(content, "a", true);
  ASSERT_TRUE(refused.has_value()) << refused.error().to_string();
  EXPECT_EQ(refused->created, 0);
  EXPECT_EQ(refused->refused, 1);
  EXPECT_EQ(refused->errors.at(0).reason, "SKU_TAKEN");
  EXPECT_EQ(count("product"), 1);
  EXPECT_EQ(import(lines(20, 3), "b", true)->created, 0);
  EXPECT_EQ(count("product"), 1);
}

TEST_F(ImportsTest, ADryRunChangesNothing) {
  const auto job = import(lines(5, 2), "k", false, true);
  ASSERT_TRUE(job.has_value()) << job.error().to_string();
  EXPECT_EQ(job->created, 4);
  EXPECT_EQ(job->refused, 1);
  EXPECT_EQ(count("product"), 0);
  EXPECT_EQ(count("outbox WHERE topic LIKE 'catalog.product.%'"), 0);
}

TEST_F(ImportsTest, AKnownReferenceIsUpdated) {
  ASSERT_EQ(import(lines(2), "a")->created, 2);
  v1::ImportRow row{.external_reference = "ref-1", .product = a_product("SKU-1"), .publish = true};
  row.product.name = "Renamed";
  std::string content;
  append_json(content, row);
  const auto job = import(content, "b");
  ASSERT_TRUE(job.has_value()) << job.error().to_string();
  EXPECT_EQ(job->updated, 1);
  EXPECT_EQ(value("SELECT name FROM product WHERE external_reference = 'ref-1'"), "Renamed");
  EXPECT_EQ(count("product"), 2);
}

TEST_F(ImportsTest, GoesOnAfterARestart) {
  auto hurried = staff("k");
  hurried.deadline = clock().now() + milliseconds(500);
  const auto begun = run(api().import_products(hurried, {.content = lines(250), .content_type = "application/x-ndjson"}));
  ASSERT_TRUE(begun.has_value()) << begun.error().to_string();
  EXPECT_EQ(begun->status, v1::ImportStatus::queued);
  sql("SELECT import_job_step('" + begun->id.to_string() + "', 100, now())");
  Attributes attributes(database());
  Imports imports(runtime(), database(), attributes, clock(), random());
  ASSERT_TRUE(run(imports.resume(context())));
  EXPECT_EQ(run(api().get_import_job(staff(), {.id = begun->id}))->created, 250);
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.product.created'"), 250);
  EXPECT_EQ(run(api().cancel_import_job(staff(), {.id = begun->id})).error().reason(), "IMPORT_JOB_FINISHED");
}

TEST_F(ImportsTest, SaysWhatIsNoImport) {
  EXPECT_EQ(import("\n \n", "a").error().reason(), "IMPORT_EMPTY");
  const auto job = import("{\n[]\n{\"external_reference\":\"x\"}\n", "b");
  ASSERT_TRUE(job.has_value()) << job.error().to_string();
  EXPECT_EQ(job->refused, 3);
  EXPECT_EQ(job->errors.at(0).reason, "MALFORMED_JSON");
  EXPECT_EQ(job->errors.at(2).reason, "MISSING_FIELD");
}

}  // namespace
}  // namespace emporion::catalog
