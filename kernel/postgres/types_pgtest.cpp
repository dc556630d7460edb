#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/random.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/testing/postgres_fixture.hpp"

namespace emporion::postgres {
namespace {

template <typename T>
using Maybe = std::optional<T>;
using OrderId = Id<struct OrderTag>;

struct TypesTest : testing::PostgresTest {
  /// What comes back of a value that went to the server and was cast there.
  template <typename T>
  T round_trip(const Statement& statement, const T& sent) {
    const auto rows = run(database().query(statement, sent));
    EXPECT_TRUE(rows) << rows.error().to_string();
    return (*rows)[0].template get<T>(0);
  }
  template <typename T>
  void expect_round_trip(const Statement& one, const Statement& many, std::vector<T> values) {
    for (const T& value : values) EXPECT_EQ(round_trip(one, value), value);
    EXPECT_EQ(round_trip(one, Maybe<T>()), std::nullopt);
    EXPECT_EQ(round_trip(many, values), values);
    EXPECT_EQ(round_trip(many, std::vector<T>()), std::vector<T>());
    std::vector<Maybe<T>> sparse(values.begin(), values.end());
    sparse.insert(sparse.begin(), std::nullopt);
    sparse.emplace_back();
    EXPECT_EQ(round_trip(many, sparse), sparse);
  }
};

TEST_F(TypesTest, every_type_comes_back_as_it_went_alone_as_null_and_in_arrays) {
  expect_round_trip<bool>({"t.bool", "SELECT $1::bool"}, {"t.bools", "SELECT $1::bool[]"}, {true, false});
  expect_round_trip<std::int32_t>({"t.int4", "SELECT $1::int4"}, {"t.int4s", "SELECT $1::int4[]"}, {0, 1, -1, INT32_MAX, INT32_MIN});
  expect_round_trip<std::int64_t>({"t.int8", "SELECT $1::int8"}, {"t.int8s", "SELECT $1::int8[]"}, {0, 1, -1, INT64_MAX, INT64_MIN});
  expect_round_trip<std::string>({"t.text", "SELECT $1::text"}, {"t.texts", "SELECT $1::text[]"}, {"", "a", "Hà Nội", "it's \"quoted\", {braced}\\", "null"});
  expect_round_trip<Bytes>({"t.bytea", "SELECT $1::bytea"}, {"t.byteas", "SELECT $1::bytea[]"}, {Bytes{""}, Bytes{std::string("\0\1\xFF", 3)}});
  expect_round_trip<UtcTime>({"t.time", "SELECT $1::timestamptz"}, {"t.times", "SELECT $1::timestamptz[]"},
                             {UtcTime(), UtcTime::from_micros(1), UtcTime::from_micros(-1), UtcTime::from_micros(4'102'444'800'123'456)});
  expect_round_trip<json::Raw>({"t.json", "SELECT $1::jsonb"}, {"t.jsons", "SELECT $1::jsonb[]"}, {json::Raw{"null"}, json::Raw{"{\"a\": [1, \"x\"]}"}});
  SystemRandom random;
  expect_round_trip<Uuid>({"t.uuid", "SELECT $1::uuid"}, {"t.uuids", "SELECT $1::uuid[]"}, {Uuid(), Uuid::v7(SystemClock().now(), random)});
}

TEST_F(TypesTest, the_server_means_the_same_by_it) {
  const auto rows = run(database().query(
      Statement{"t.mixed",
                "SELECT $1::timestamptz = '2026-11-22 10:00:00.123456+00', $2::bytea = '\\x00ff', $3::uuid = '01234567-89ab-cdef-0123-456789abcdef', "
                "$4::jsonb ->> 'a', $5::int8[] = '{1,NULL,3}', cardinality($6::text[]), $7::int4 IS NULL, $8::uuid::text"},
      UtcTime::parse("2026-11-22T10:00:00.123456Z").value(), Bytes{std::string("\0\xFF", 2)}, Uuid::parse("01234567-89ab-cdef-0123-456789abcdef").value(),
      json::Raw{"{\"a\":\"b\"}"}, std::vector<Maybe<std::int64_t>>{1, std::nullopt, 3}, std::vector<std::string>{}, Maybe<std::int32_t>(),
      OrderId(Uuid::parse("01234567-89ab-cdef-0123-456789abcdef").value())));
  ASSERT_TRUE(rows) << rows.error().to_string();
  const Row row = (*rows)[0];
  EXPECT_TRUE(row.get<bool>(0));
  EXPECT_TRUE(row.get<bool>(1));
  EXPECT_TRUE(row.get<bool>(2));
  EXPECT_EQ(row.get<std::string>(3), "b");
  EXPECT_TRUE(row.get<bool>(4));
  EXPECT_EQ(row.get<std::int32_t>(5), 0);
  EXPECT_TRUE(row.get<bool>(6));
  EXPECT_EQ(row.get<std::string>(7), "01234567-89ab-cdef-0123-456789abcdef");
}

TEST_F(TypesTest, related_types_read_as_the_nearest_of_ours) {
  sql("CREATE TYPE colour AS ENUM ('red', 'green')");
  const auto rows = run(database().query(Statement{
      "t.related", "SELECT 7::int2, 8::int4, '9'::xid8, 'a'::varchar(5), 'b'::char(3), '{\"k\":1}'::json, 'green'::colour, 'n'::name, ARRAY['x'::varchar]"}));
  ASSERT_TRUE(rows) << rows.error().to_string();
  const Row row = (*rows)[0];
  EXPECT_EQ(row.get<std::int32_t>(0), 7);
  EXPECT_EQ(row.get<std::int64_t>(1), 8);
  EXPECT_EQ(row.get<std::int64_t>(2), 9);
  EXPECT_EQ(row.get<std::string>(3), "a");
  EXPECT_EQ(row.get<std::string>(4), "b  ");
  EXPECT_EQ(row.get<json::Raw>(5).json, "{\"k\":1}");
  EXPECT_EQ(row.get<std::string>(6), "green");
  EXPECT_EQ(row.get<std::string>(7), "n");
  EXPECT_EQ(row.get<std::vector<std::string>>(8), std::vector<std::string>{"x"});
}

using TypesDeathTest = TypesTest;
TEST_F(TypesDeathTest, a_wrong_type_an_unexpected_null_and_a_wrong_column_stop_the_process) {
  const auto rows = run(database().query(Statement{"t.wrong", "SELECT 1::int8, NULL::text"}));
  ASSERT_TRUE(rows);
  EXPECT_DEATH((*rows)[0].get<std::string>(0), "does not read as");
  EXPECT_DEATH((*rows)[0].get<std::int32_t>(0), "does not read as");
  EXPECT_DEATH((*rows)[0].get<std::string>(1), "unexpected NULL");
  EXPECT_DEATH((*rows)[0].get<bool>(2), "no such column");
}

TEST_F(TypesDeathTest, one_name_for_two_statements_and_a_write_declared_as_a_read_stop_the_process) {
  ASSERT_TRUE(run(database().query(Statement{"t.twice", "SELECT 1"})));
  EXPECT_DEATH((void)run(database().query(Statement{"t.twice", "SELECT 2"})), "two texts");
  EXPECT_DEATH((void)run(database().query(Statement{"t.sly", "INSERT INTO job_lease (name) VALUES ('x')"})), "Effect::reads wrote");
}

TEST_F(TypesTest, arrays_of_any_texts_come_back) {
  EXPECT_TRUE(rc::check([this](std::vector<std::string> values) {
    for (auto& value : values) {
      for (auto& c : value) {
        if (c == '\0' || (static_cast<unsigned char>(c) & 0x80) != 0) c = '?';
      }
    }
    RC_ASSERT(round_trip(Statement{"t.texts", "SELECT $1::text[]"}, values) == values);
  }));
}

}  // namespace
}  // namespace emporion::postgres
