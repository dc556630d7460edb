#include <gmock/gmock.h>

#include "kernel/postgres/transaction_span.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::postgres {
namespace {

constexpr Statement insert{"work.insert", "INSERT INTO item (id, name) VALUES ($1, $2) RETURNING xmin::text::bigint", Effect::writes};
constexpr Statement count_items{"work.count", "SELECT count(*) FROM item"};

const std::vector<Migration> item_table{{1, "item", "CREATE TABLE item (id int8 PRIMARY KEY, name text);"}};

struct TransactionSpanTest : testing::PostgresTest {
  TransactionSpanTest() : PostgresTest("test", item_table) { trace::enable({}); }
  ~TransactionSpanTest() override { trace::disable(); }
  using PostgresTest::context;
  using PostgresTest::database;

  /// Runs it in a trace and answers the spans below its root.
  template <typename Work>
  std::vector<trace::SpanData> traced(Work work) {
    run([](TransactionSpanTest& test, Work inner) -> Task<void> {
      const trace::Active root(trace::begin({.trace = test.trace}, "root", trace::Kind::server));
      test.root = root->id();
      co_await inner(test);
    }(*this, work));
    auto spans = trace::take(100);
    EXPECT_EQ(spans.back().name, "root");
    spans.pop_back();
    for (const auto& span : spans) {
      EXPECT_EQ(span.parent, root);
      EXPECT_EQ(span.trace, trace);
    }
    return spans;
  }
  static std::string attribute(const trace::SpanData& span, std::string_view key) {
    for (const auto& each : span.attributes) {
      if (each.key != key) continue;
      if (const auto* words = std::get_if<std::string>(&each.value)) return *words;
      return std::to_string(std::get<std::int64_t>(each.value));
    }
    return "";
  }

  const Uuid trace = Uuid::from_name("a trace");
  std::uint64_t root = 0;
  std::int64_t transaction = 0;
};

TEST_F(TransactionSpanTest, AStatementThatWritesIsACommitWithItsTransactionsNumber) {
  const auto spans = traced([](TransactionSpanTest& test) -> Task<void> {
    const auto rows = co_await test.database().query(insert, std::int64_t{1}, "Mai Tran");
    EXPECT_EQ(rows->size(), 1u) << "what we ask beside it is not the caller's";
    test.transaction = (*rows)[0].get<std::int64_t>(0);
  });
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "commit test");
  EXPECT_EQ(spans[0].kind, trace::Kind::client);
  EXPECT_EQ(attribute(spans[0], "db.system"), "postgresql");
  EXPECT_EQ(attribute(spans[0], "db.namespace"), "test");
  EXPECT_EQ(attribute(spans[0], "db.operation.name"), "work.insert") << "the name, and nothing of its values";
  EXPECT_EQ(attribute(spans[0], "emporion.transaction"), std::to_string(transaction));
  EXPECT_EQ(spans[0].id, trace::commit_span_id(trace, "test", transaction));
}

TEST_F(TransactionSpanTest, ItsNumberIsThatOfItsEventsAlsoAfterTheDatabaseHasMoved) {
  sql("UPDATE module_place SET shift = 1000");
  const auto spans = traced([](TransactionSpanTest& test) -> Task<void> {
    const auto rows = co_await test.database().query(insert, std::int64_t{1}, "a");
    test.transaction = (*rows)[0].get<std::int64_t>(0);
  });
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(attribute(spans[0], "emporion.transaction"), std::to_string(transaction + 1000));
}

TEST_F(TransactionSpanTest, AReadIsARead) {
  const auto spans = traced([](TransactionSpanTest& test) -> Task<void> { (void)co_await test.database().query(count_items); });
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "read test");
  EXPECT_EQ(attribute(spans[0], "emporion.transaction"), "");
}

TEST_F(TransactionSpanTest, AUnitOfWorkIsOneSpanFromItsBeginningToItsCommit) {
  const auto spans = traced([](TransactionSpanTest& test) -> Task<void> {
    auto work = co_await test.database().begin(test.context());
    (void)co_await work->query(count_items);
    for (const std::int64_t id : {1, 2}) {
      std::vector<Bound> both;
      both.push_back(bind(insert, id, "a"));
      both.push_back(bind(count_items));
      const auto answers = co_await work->run_together(std::move(both));
      EXPECT_EQ(answers->size(), 2u);
      EXPECT_EQ((*answers)[1][0].get<std::int64_t>(0), id);
    }
    EXPECT_TRUE(co_await work->commit());
  });
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "commit test");
  EXPECT_EQ(attribute(spans[0], "db.operation.name"), "work.count, work.insert");
  EXPECT_NE(attribute(spans[0], "emporion.transaction"), "");
  EXPECT_EQ(value("SELECT count(*) FROM item"), "2");
}

TEST_F(TransactionSpanTest, WhatIsLeftOrRefusedIsToldWithItsReason) {
  const auto spans = traced([](TransactionSpanTest& test) -> Task<void> {
    EXPECT_TRUE(co_await test.database().query(insert, std::int64_t{1}, "a"));
    EXPECT_FALSE(co_await test.database().query(insert, std::int64_t{1}, "again"));
    auto work = co_await test.database().begin(test.context());
    (void)co_await work->query(insert, std::int64_t{2}, "b");
  });
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[1].name, "commit test");
  EXPECT_EQ(spans[1].error, "UNIQUE_VIOLATION");
  EXPECT_EQ(spans[2].name, "rollback test");
  EXPECT_EQ(value("SELECT count(*) FROM item"), "1");
}

TEST_F(TransactionSpanTest, WhoIsNotTracedIsAskedNothing) {
  run([](TransactionSpanTest& test) -> Task<void> { EXPECT_TRUE(co_await test.database().query(insert, std::int64_t{1}, "a")); }(*this));
  EXPECT_EQ(trace::queued(), 0u);
}

}  // namespace
}  // namespace emporion::postgres
