#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/postgres/migration.hpp"
#include "kernel/testing/test_cluster.hpp"

namespace emporion::testing {

/// A test with a runtime and a fresh, migrated database:
///
///     struct StockTest : testing::PostgresTest {
///       StockTest() : PostgresTest("warehouse", warehouse::migrations()) {}
///     };
///     TEST_F(StockTest, a_receipt_adds_to_what_is_on_hand) {
///       const auto received = run(receive(database(), …));   // a Task, run to its end
///       EXPECT_EQ(value("SELECT on_hand FROM stock_item"), "5");
///     }
class PostgresTest : public ::testing::Test {
 public:
  explicit PostgresTest(std::string module = "test", std::span<const postgres::Migration> migrations = {});
  ~PostgresTest() override;

 protected:
  Runtime& runtime() { return runtime_; }
  postgres::Database& database() { return *stores_.front().database; }
  /// Another module's database, for tests that join several. Lives as long as the test.
  postgres::Database& add_database(std::string module, std::span<const postgres::Migration> migrations);
  /// A second Database on the same store: another replica, or other options.
  std::unique_ptr<postgres::Database> another(postgres::DatabaseOptions options);
  /// The first database's options, to vary for `another`.
  postgres::DatabaseOptions options() const;
  const std::string& dsn() const { return stores_.front().store->dsn(); }
  const std::string& superuser_dsn() const { return superuser_dsn_; }

  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime_, std::move(task));
  }
  void run(Task<void> task);

  /// A context of that module's own with ten seconds left.
  CallContext context(std::string_view service = "test");

  /// Runs SQL on a connection of its own, behind the back of what is tested, and answers text. A failure stops the test program.
  postgres::BlockingConnection::TextRows sql(const std::string& statement);
  /// The first column of the first row, "null" for NULL, "" without rows.
  std::string value(const std::string& statement);
  /// How many rows of `table` the statement reads, by index or from end to end; it runs on the same connection as `sql`, and is planned as for a module's pool.
  std::int64_t rows_read(const std::string& table, const std::string& statement);
  /// The tables themselves refuse the statement, on a connection of its own, and say `by`: the name of a constraint, or a trigger's words.
  void expect_refused(const std::string& statement, std::string_view by);

 private:
  struct Store {
    std::unique_ptr<TestDatabase> store;
    std::unique_ptr<postgres::Database> database;
  };
  Runtime runtime_;
  std::vector<Store> stores_;
  std::string superuser_dsn_;
  std::unique_ptr<postgres::BlockingConnection> aside_;
  SystemClock clock_;
  SystemRandom random_;
};

}  // namespace emporion::testing
