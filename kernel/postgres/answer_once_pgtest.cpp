#include "kernel/postgres/answer_once.hpp"
#include "kernel/postgres/revision_watch.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/postgres_fixture.hpp"

namespace emporion::postgres {
namespace {

struct Note {
  std::string text;
};
void append_json(std::string& out, const Note& note) {
  json::Writer writer(out);
  writer.begin_object().key("text").string(note.text).end_object();
}
void read_json(const json::Value& value, json::Reader& reader, Note& out) {
  const auto member = value.member("text");
  if (!member || !member->string()) return reader.missing("text");
  out.text = *member->string();
}

constexpr Statement add_note{"test.add_note", "INSERT INTO note (text) VALUES ($1::text) RETURNING json_build_object('text', text || ' ' || id)::text",
                             Effect::writes};
constexpr Statement read_revision{"test.read_revision", "SELECT revision FROM revision"};

struct AnswerOnceTest : testing::PostgresTest {
  AnswerOnceTest() {
    sql("CREATE TABLE note (id serial PRIMARY KEY, text text NOT NULL CHECK (text <> 'bad'))");
    sql("CREATE TABLE revision (revision bigint NOT NULL)");
    sql("INSERT INTO revision VALUES (1)");
    sql("GRANT ALL ON note, note_id_seq, revision TO PUBLIC");
  }
  Task<Result<Note>> add(std::string key, std::string text) {
    CallContext call = context("caller");
    call.idempotency_key = std::move(key);
    Note note{std::move(text)};
    auto statement = postgres::bind(add_note, note.text);
    return answer_once<Note>(database(), std::move(call), "test.add", std::move(note), std::move(statement));
  }
};

TEST_F(AnswerOnceTest, ARepeatAtOnceGetsTheFirstAnswer) {
  std::vector<Task<Result<Note>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(add("k", "one"));
  for (const auto& answer : run(when_all(std::move(calls)))) {
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->text, "one 1");
  }
  EXPECT_EQ(value("SELECT count(*) FROM note"), "1");
}

TEST_F(AnswerOnceTest, AKeyIsOfOneRequest) {
  ASSERT_TRUE(run(add("k", "one")).has_value());
  EXPECT_EQ(run(add("k", "two")).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(run(add("other", "two"))->text, "two 2");
}

TEST_F(AnswerOnceTest, ARefusalLeavesTheKeyFree) {
  EXPECT_EQ(run(add("k", "bad")).error().reason(), "CHECK_VIOLATION");
  EXPECT_EQ(value("SELECT count(*) FROM idempotency"), "0");
  EXPECT_TRUE(run(add("k", "good")).has_value());
}

TEST_F(AnswerOnceTest, ARevisionIsReadAgainWhenItIsOldOrAfterAnOwnChange) {
  testing::FakeClock clock;
  RevisionWatch watch(database(), read_revision, clock);
  EXPECT_EQ(*run(watch.current()), 1);
  sql("UPDATE revision SET revision = 2");
  clock.move(milliseconds(100));
  EXPECT_EQ(*run(watch.current()), 1);
  clock.move(microseconds(1));
  EXPECT_EQ(*run(watch.current()), 2);
  sql("UPDATE revision SET revision = 3");
  watch.look_again();
  EXPECT_EQ(*run(watch.current()), 3);
}

}  // namespace
}  // namespace emporion::postgres
