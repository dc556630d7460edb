#include "modules/product/pricing/adapters/postgres/bulk_upsert.hpp"
#include "modules/product/pricing/testing/pricing_fixture.hpp"

namespace emporion::pricing {
namespace {

struct BulkUpsertTest : PricingFixture {
  static v1::BulkUpsertPricesRequest rows(int count, std::int64_t base) {
    v1::BulkUpsertPricesRequest request;
    for (int i = 0; i < count; ++i) request.rows.push_back({.sku = "S" + std::to_string(i), .terms = {.base_amount = vnd(base)}});
    return request;
  }
};

TEST_F(BulkUpsertTest, AppliesAllButTheBadRowAndResumesWithoutRepeating) {  // PRC-A10
  auto request = rows(10'000, 1'000);
  request.rows[7'000].terms.base_amount = vnd(-1);
  // Given a process that ended after one chunk: the caller's deadline leaves no time for more.
  auto hurried = staff("k");
  hurried.deadline = clock().now() + milliseconds(500);
  const auto begun = run(api().bulk_upsert_prices(hurried, request));
  ASSERT_TRUE(begun.has_value()) << begun.error().to_string();
  EXPECT_EQ(begun->status, v1::BulkJobStatus::queued);
  sql("SELECT bulk_job_step('" + begun->id.to_string() + "', 500, now())");
  EXPECT_EQ(count("price"), 500);
  // When the job is taken up again
  BulkUpsert bulk(database(), clock(), random());
  ASSERT_TRUE(run(bulk.resume(context())));
  // Then each good row has one price, one entry of history and one event, and the bad one is named
  const auto job = run(api().get_bulk_job(staff(), {.id = begun->id}));
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->status, v1::BulkJobStatus::completed_with_errors);
  EXPECT_EQ(job->applied, 9'999);
  ASSERT_EQ(job->errors.size(), 1u);
  EXPECT_EQ(job->errors[0].row, 7'000);
  EXPECT_EQ(job->errors[0].reason, "PRICE_INVALID");
  EXPECT_EQ(count("price"), 9'999);
  EXPECT_EQ(count("price_history"), 9'999);
  EXPECT_EQ(count("outbox WHERE topic = 'pricing.price.created'"), 9'999);
  EXPECT_EQ(count("bulk_row"), 0);
  // And the same request again is the same job
  EXPECT_EQ(run(api().bulk_upsert_prices(staff("k"), request))->id, begun->id);
  EXPECT_EQ(count("price_history"), 9'999);
}

TEST_F(BulkUpsertTest, ReplacesTheOpenPriceAndLeavesAnEqualOne) {
  ASSERT_EQ(run(api().bulk_upsert_prices(staff("a"), rows(3, 1'000)))->status, v1::BulkJobStatus::completed);
  auto request = rows(3, 1'000);
  request.rows[1].terms.base_amount = vnd(1'100);
  ASSERT_EQ(run(api().bulk_upsert_prices(staff("b"), request))->applied, 3);
  EXPECT_EQ(count("price"), 3);
  EXPECT_EQ(count("price_history"), 4);
  EXPECT_EQ(value("SELECT data::jsonb #>> '{price,previous_base,amount}' FROM outbox WHERE topic = 'pricing.price.updated'"), "1000");
}

TEST_F(BulkUpsertTest, RefusesALargeMoveWithoutThePermissionAndGoesOn) {
  ASSERT_TRUE(run(api().bulk_upsert_prices(staff("a"), rows(2, 1'000))));
  auto request = rows(2, 1'100);
  request.rows[0].terms.base_amount = vnd(100);
  const auto job = run(api().bulk_upsert_prices(staff("b", {"pricing.price.write", "pricing.price.read"}), request));
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->applied, 1);
  ASSERT_EQ(job->errors.size(), 1u);
  EXPECT_EQ(job->errors[0].reason, "OVERRIDE_REQUIRED");
  EXPECT_EQ(value("SELECT string_agg(base_amount::text, ' ' ORDER BY sku) FROM price"), "1000 1100");
}

TEST_F(BulkUpsertTest, TwoAtOnceWithOneKeyAreOneJob) {
  std::vector<Task<Result<v1::BulkJob>>> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(api().bulk_upsert_prices(staff("k"), rows(600, 1'000)));
  const auto answers = run(when_all(std::move(calls)));
  ASSERT_TRUE(answers[0] && answers[1]);
  EXPECT_EQ(answers[0]->id, answers[1]->id);
  EXPECT_EQ(count("price_history"), 600);
}

}  // namespace
}  // namespace emporion::pricing
