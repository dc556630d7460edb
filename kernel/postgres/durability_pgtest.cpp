#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/postgres/durability.hpp"
#include "kernel/testing/postgres_fixture.hpp"

// The tests' own server has all three off. What a session can be given by its role is tried here; that a shop of a whole server like this does not start,
// tests/journeys.
namespace emporion::postgres {
namespace {

using ::testing::HasSubstr;

struct Durability : testing::PostgresTest {};

TEST_F(Durability, names_each_setting_that_is_off) {
  const auto refused = run(expect_durable(database()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "DATABASE_NOT_DURABLE");
  EXPECT_THAT(refused.error().detail(), HasSubstr("database of test: its server has fsync, full_page_writes, synchronous_commit off"));
}

TEST_F(Durability, looks_with_the_sessions_own_eyes) {
  sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$");
  const auto refused = run(expect_durable(*another(options())));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail(), HasSubstr("has fsync, full_page_writes off"));
}

TEST_F(Durability, a_server_that_does_not_answer_is_unavailable) {
  auto nowhere = options();
  nowhere.dsn = "host=/nonexistent dbname=x user=y";
  const auto refused = run(expect_durable(*another(nowhere)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "DATABASE_UNAVAILABLE");
}

}  // namespace
}  // namespace emporion::postgres
