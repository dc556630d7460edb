#include "kernel/base/text.hpp"
#include "kernel/postgres/statistics.hpp"
#include "kernel/testing/postgres_fixture.hpp"

namespace emporion::postgres {
namespace {

struct Statistics : testing::PostgresTest {};

TEST_F(Statistics, ATableThatIsEmptyIsNotSaidToStayEmpty) {
  auto database = BlockingConnection::open(superuser_dsn());
  ASSERT_TRUE(database.has_value());
  ASSERT_TRUE(look_at_filled_tables(*database, Look::statistics)) << "of nothing at all";
  ASSERT_TRUE(database->run("CREATE TABLE filled AS SELECT n FROM generate_series(1, 500) n; CREATE TABLE empty (n int PRIMARY KEY)"));
  const auto known = [&](const std::string& table) { return value(text("SELECT reltuples::int FROM pg_class WHERE relname = '", table, "'")); };
  for (const Look look : {Look::statistics, Look::vacuum_too}) {
    const auto looked = look_at_filled_tables(*database, look);
    ASSERT_TRUE(looked) << looked.error().to_string();
    EXPECT_EQ(known("filled"), "500");
    EXPECT_EQ(known("empty"), "-1") << "nothing is known of it";
  }
}

}  // namespace
}  // namespace emporion::postgres
