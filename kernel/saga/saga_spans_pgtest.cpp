#include <gmock/gmock.h>

#include <map>

#include "kernel/json/codec.hpp"
#include "kernel/saga/engine.hpp"
#include "kernel/saga/saga_spans.hpp"
#include "kernel/testing/eventually.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::saga {
namespace {

struct Nothing {};
void append_json(std::string& out, const Nothing&) { out += "{}"; }
void read_json(const json::Value&, json::Reader&, Nothing&) {}

/// Two steps; the second waits for somebody the first time.
struct Errand {
  std::vector<Uuid> traces;
  bool has_waited = false;

  Task<StepOutcome> go(Nothing&, Context& context) {
    traces.push_back(context.call("go").trace);
    co_return StepOutcome::done();
  }
  Task<StepOutcome> ask(Nothing&, Context& context) {
    traces.push_back(context.call("ask").trace);
    if (std::exchange(has_waited, true)) co_return StepOutcome::done();
    co_return StepOutcome::wait("waiting_for_answer", seconds(60));
  }
  ErasedDefinition definition() { return Definition<Errand, Nothing>(this, "test.errand").pivot("go", &Errand::go).then("ask", &Errand::ask).erased(); }
};

struct SagaSpansTest : testing::PostgresTest {
  SagaSpansTest() : PostgresTest("errands") {}
  ~SagaSpansTest() override { trace::disable(); }

  Task<void> begin_in_a_request(Engine& engine) {
    const trace::Active request(trace::begin({.trace = of_request}, "request", trace::Kind::server));
    const UtcTime deadline = clock.now() + seconds(60);
    EXPECT_TRUE(co_await database().run(engine.begin_statement(saga, "subject", "{}", deadline)));
    engine.run_begun(saga, "subject", "{}", deadline, of_request);
    EXPECT_EQ((co_await engine.wait_settled(saga, clock.now() + seconds(20)))->state, "waiting_for_answer");
  }
  Task<void> go_on(Engine& engine) { EXPECT_TRUE(co_await engine.retry(saga, "answered")); }
  std::map<std::string, trace::SpanData> trace_of(const Uuid& trace) const {
    std::map<std::string, trace::SpanData> out;
    for (const auto& span : spans) {
      if (span.trace == trace) out.emplace(span.name, span);
    }
    return out;
  }

  SystemClock clock;
  SystemRandom random;
  const Uuid saga = Uuid::v7(clock.now(), random);
  const Uuid of_request = Uuid::v7(clock.now(), random);
  Errand errand;
  std::vector<trace::SpanData> spans;
};

TEST_F(SagaSpansTest, ASagaGoesOnInTheTraceThatBeganItAndLaterUnderItsOwnId) {
  trace::enable({});
  Engine engine(runtime(), database(), clock, random, "errands", errand.definition(), {.scan_period = milliseconds(20)});
  engine.start();
  run(begin_in_a_request(engine));
  run(go_on(engine));
  EXPECT_TRUE(testing::eventually(runtime(), [&] { return value("SELECT state FROM saga") == "completed"; }));
  run(engine.stop());
  EXPECT_EQ(errand.traces, (std::vector<Uuid>{of_request, of_request, saga})) << "its calls carry the trace that its spans have";
  spans = trace::take(1'000);
  const auto first = trace_of(of_request);
  EXPECT_EQ(first.at("saga test.errand").parent, first.at("request").id);
  EXPECT_EQ(first.at("step go").parent, first.at("saga test.errand").id);
  EXPECT_EQ(first.at("step ask").parent, first.at("saga test.errand").id);
  EXPECT_THAT(first.at("step ask").attributes, ::testing::Contains(::testing::Field(&trace::Attribute::key, "emporion.saga.outcome")));
  const auto later = trace_of(saga);
  EXPECT_EQ(later.at("saga test.errand").parent, 0u);
  EXPECT_EQ(later.at("step ask").parent, later.at("saga test.errand").id);
}

}  // namespace
}  // namespace emporion::saga
