#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "kernel/base/text.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "kernel/testing/postgres_fixture.hpp"

namespace emporion {
namespace {

using postgres::BlockingConnection;
using postgres::PrivateCluster;
using ::testing::HasSubstr;

/// Two modules' databases as the product makes them, and what warehouse's role gets to see of order's.
class DatabaseWall : public ::testing::Test {
 protected:
  DatabaseWall() {
    char pattern[] = "/tmp/emporion_database_wall_XXXXXX";
    folder = mkdtemp(pattern);
    std::filesystem::permissions(folder, std::filesystem::perms(0755));
    auto cluster = start();
    EXPECT_TRUE(cluster) << cluster.error().to_string();
    warehouse_dsn = cluster->ensure_database("warehouse").value();
    order_dsn = cluster->ensure_database("order").value();
    EXPECT_EQ(answer(order_dsn, "CREATE TABLE purchase (n int); INSERT INTO purchase VALUES (7) RETURNING n"), "7");
  }
  ~DatabaseWall() override {
    if (auto cluster = start()) (void)cluster->stop();
    std::filesystem::remove_all(folder);
  }
  Result<PrivateCluster> start() const { return PrivateCluster::start(folder, {}, postgres::Durability::none_for_tests); }

  /// The first value of the answer, or the refusal's text.
  static std::string answer(const std::string& dsn, const std::string& sql) {
    auto connection = BlockingConnection::open(dsn);
    if (!connection) return connection.error().detail();
    auto rows = connection->run(sql);
    if (!rows) return rows.error().detail();
    return rows->empty() || rows->front().empty() ? "" : rows->front().front().value_or("null");
  }

  std::filesystem::path folder;
  std::string warehouse_dsn;
  std::string order_dsn;
};

// Wall 2. One test, for a cluster takes a second to make.
TEST_F(DatabaseWall, KeepsEachModulesRoleInItsOwnDatabase) {
  const std::string order_database = answer(order_dsn, "SELECT current_database()");
  const std::string order_role = answer(order_dsn, "SELECT current_user");
  ASSERT_EQ(answer(order_dsn, "SELECT n FROM purchase"), "7");

  EXPECT_THAT(answer(text(warehouse_dsn, " dbname=", order_database), "SELECT n FROM purchase"), HasSubstr("permission denied for database"));
  EXPECT_THAT(answer(warehouse_dsn, text("SELECT n FROM ", order_database, ".public.purchase")), HasSubstr("cross-database references are not implemented"));
  EXPECT_THAT(answer(warehouse_dsn, text("SET ROLE ", order_role)), HasSubstr("permission denied to set role"));
  EXPECT_THAT(answer(warehouse_dsn, text("GRANT CONNECT ON DATABASE ", order_database, " TO CURRENT_USER")), HasSubstr("permission denied for database"));
  EXPECT_THAT(answer(warehouse_dsn, "CREATE EXTENSION dblink"), HasSubstr("permission denied"));
  EXPECT_THAT(answer(warehouse_dsn, "CREATE EXTENSION postgres_fdw"), HasSubstr("permission denied"));
  EXPECT_THAT(answer(warehouse_dsn, "CREATE DATABASE mine"), HasSubstr("permission denied"));
  EXPECT_THAT(answer(warehouse_dsn, "COPY (SELECT 1) TO PROGRAM 'true'"), HasSubstr("must be superuser"));
  EXPECT_EQ(
      answer(warehouse_dsn, "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = current_user"),
      "f");
}

struct OpenTransactionTest : testing::PostgresTest {
  Task<bool> marks_while_open(CallContext context, bool commits) {
    {
      auto work = co_await database().begin(context);
      if (!work || context.open_transactions() != 1) co_return false;
      if (commits && !co_await work->commit()) co_return false;
      if (commits && context.open_transactions() != 0) co_return false;
    }
    co_return context.open_transactions() == 0;
  }
};

// Wall 3: the mark that rpc::admit asserts on is held by the unit of work itself, so no module can forget it.
TEST_F(OpenTransactionTest, AUnitOfWorkMarksItsContextFromBeginToCommit) { EXPECT_TRUE(run(marks_while_open(context(), true))); }
TEST_F(OpenTransactionTest, AUnitOfWorkThatIsDroppedTakesItsMarkWithIt) { EXPECT_TRUE(run(marks_while_open(context(), false))); }

}  // namespace
}  // namespace emporion
