#include "kernel/testing/postgres_fixture.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::testing {

PostgresTest::PostgresTest(std::string module, std::span<const postgres::Migration> migrations) {
  add_database(std::move(module), migrations);
  superuser_dsn_ = stores_.front().store->superuser_dsn();
}

PostgresTest::~PostgresTest() {
  for (auto& store : stores_) run(store.database->close());
}

postgres::Database& PostgresTest::add_database(std::string module, std::span<const postgres::Migration> migrations) {
  Store made;
  made.store = std::make_unique<TestDatabase>(migrations);
  postgres::DatabaseOptions wanted;
  wanted.dsn = made.store->dsn();
  wanted.module = std::move(module);
  made.database = std::make_unique<postgres::Database>(runtime_, std::move(wanted));
  stores_.push_back(std::move(made));
  return *stores_.back().database;
}

std::unique_ptr<postgres::Database> PostgresTest::another(postgres::DatabaseOptions options) {
  return std::make_unique<postgres::Database>(runtime_, std::move(options));
}

postgres::DatabaseOptions PostgresTest::options() const {
  postgres::DatabaseOptions out;
  out.dsn = dsn();
  out.module = stores_.front().database->module();
  return out;
}

void PostgresTest::run(Task<void> task) {
  (void)run_until_done(runtime_, [](Task<void> inner) -> Task<bool> {
    co_await std::move(inner);
    co_return true;
  }(std::move(task)));
}

CallContext PostgresTest::context(std::string_view service) {
  return CallContext(clock_.now() + seconds(10), Uuid::v7(clock_.now(), random_), Principal::of_service(service));
}

postgres::BlockingConnection::TextRows PostgresTest::sql(const std::string& statement) {
  if (!aside_) {
    auto opened = postgres::BlockingConnection::open(superuser_dsn_);
    EMP_ASSERT(opened.has_value());
    aside_ = std::make_unique<postgres::BlockingConnection>(std::move(*opened));
  }
  auto rows = aside_->run(statement);
  if (!rows) std::fprintf(stderr, "%s: %s\n", statement.c_str(), rows.error().to_string().c_str());
  EMP_ASSERT(rows.has_value());
  return std::move(*rows);
}

std::string PostgresTest::value(const std::string& statement) {
  const auto rows = sql(statement);
  if (rows.empty() || rows.front().empty()) return "";
  return rows.front().front().value_or("null");
}

std::int64_t PostgresTest::rows_read(const std::string& table, const std::string& statement) {
  const auto counted = [&] {
    return std::stoll(value(text("SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables WHERE relname = '", table, "'")));
  };
  sql("BEGIN");  // Within a transaction the session keeps its counters to itself.
  sql("SET LOCAL plan_cache_mode = force_generic_plan");
  sql("SET LOCAL enable_seqscan = off");
  const auto before = counted();
  sql(statement);
  const auto after = counted();
  sql("COMMIT");
  return after - before;
}

void PostgresTest::expect_refused(const std::string& statement, std::string_view by) {
  auto connection = postgres::BlockingConnection::open(superuser_dsn_);
  ASSERT_TRUE(connection.has_value()) << connection.error().to_string();
  const auto done = connection->run(statement);
  const std::string answer = done ? "accepted" : done.error().to_string();
  EXPECT_NE(answer.find(by), std::string::npos) << statement << ": " << answer;
}

}  // namespace emporion::testing
