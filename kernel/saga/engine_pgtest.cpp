#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/saga/engine.hpp"
#include "kernel/testing/eventually.hpp"
#include "kernel/testing/postgres_fixture.hpp"

namespace emporion::saga {

struct TripState {
  std::int64_t attempts = 0;
};
void append_json(std::string& out, const TripState& state) { json::Writer(out).begin_object().key("attempts").integer(state.attempts).end_object(); }
void read_json(const json::Value& value, json::Reader& reader, TripState& out) {
  const auto member = value.member("attempts");
  if (!member || !member->integer()) return reader.missing("attempts");
  out.attempts = *member->integer();
}

namespace {

/// Four steps whose outcomes a test scripts. What was done and undone is written down in order.
struct Trip {
  std::string trace;
  std::map<std::string, std::vector<StepOutcome>> scripted;
  std::vector<std::string> states;
  std::function<Task<void>()> slow_book;
  bool moves_deadline = false;
  bool is_free = false;

  StepOutcome next(const std::string& step, Context& context) {
    trace += trace.empty() ? step : " " + step;
    (void)context;
    auto& outcomes = scripted[step];
    if (outcomes.empty()) return StepOutcome::done();
    const StepOutcome out = outcomes.front();
    outcomes.erase(outcomes.begin());
    return out;
  }
  Task<StepOutcome> book(TripState& state, Context& context) {
    ++state.attempts;
    if (slow_book) co_await slow_book();
    co_return next("book", context);
  }
  Task<StepOutcome> unbook(TripState&, Context& context) { co_return next("unbook", context); }
  Task<StepOutcome> pay(TripState&, Context& context) {
    if (moves_deadline) context.set_deadline(context.now() + seconds(60));
    co_return next("pay", context);
  }
  Task<StepOutcome> unpay(TripState&, Context& context) { co_return next("unpay", context); }
  bool has_nothing_to_pay(const TripState&) const { return is_free; }
  Task<StepOutcome> commit(TripState&, Context& context) { co_return next("commit", context); }
  Task<StepOutcome> tell(TripState&, Context& context) { co_return next("tell", context); }
  std::vector<postgres::Bound> show(const TripState&, const std::string& state, const std::optional<Error>&, Uuid) {
    states.push_back(state);
    return {};
  }
  ErasedDefinition definition() {
    return Definition<Trip, TripState>(this, "test.trip")
        .step("book", &Trip::book, &Trip::unbook)
        .step("pay", &Trip::pay, &Trip::unpay, WhenUnknown::wait_to_deadline)
        .idle_when(&Trip::has_nothing_to_pay)
        .pivot("commit", &Trip::commit)
        .then("tell", &Trip::tell)
        .on_state(&Trip::show)
        .erased();
  }
};

const Error no_seat(ErrorKind::conflict, "NO_SEAT", "sold out");
const Error silence(ErrorKind::deadline_exceeded, "NO_ANSWER", "nobody answered");

struct EngineTest : testing::PostgresTest {
  EngineTest() : PostgresTest("trips"), saga(Uuid::v7(clock.now(), random)) {}

  EngineOptions quick() {
    EngineOptions options;
    options.lease = seconds(1);
    options.retry_first = milliseconds(1);
    options.scan_period = milliseconds(20);
    return options;
  }
  Task<Result<Snapshot>> begin_and_wait(Engine& engine, std::string subject, UtcTime deadline) {
    const std::string context = to_json(TripState{});
    EMP_CO_TRY(co_await database().run(engine.begin_statement(saga, subject, context, deadline)));
    engine.run_begun(saga, subject, context, deadline, Uuid::v7(clock.now(), random));
    co_return co_await engine.wait_settled(saga, clock.now() + seconds(20));
  }
  Result<Snapshot> drive(seconds until_deadline = seconds(60)) {
    Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
    engine.start();
    auto settled = run(begin_and_wait(engine, saga.to_string(), clock.now() + until_deadline));
    run(engine.stop());
    return settled;
  }
  std::string log() { return value("SELECT string_agg(step || ':' || direction || ':' || state, ' ' ORDER BY seq) FROM saga_step"); }

  SystemClock clock;
  SystemRandom random;
  Uuid saga;
  Trip trip;
};

TEST_F(EngineTest, RunsItsStepsInOrderAndRecordsEachBeforeAndAfter) {
  const auto settled = drive();
  ASSERT_TRUE(settled.has_value()) << settled.error().to_string();
  EXPECT_EQ(settled->state, "completed");
  EXPECT_EQ(trip.trace, "book pay commit tell");
  EXPECT_EQ(
      log(),
      "book:fwd:started book:fwd:succeeded pay:fwd:started pay:fwd:succeeded commit:fwd:started commit:fwd:succeeded tell:fwd:started tell:fwd:succeeded");
  EXPECT_EQ(trip.states, std::vector<std::string>{"completed"});
}

TEST_F(EngineTest, AStepWithNothingToDoIsWrittenWithTheStepsBesideIt) {
  trip.is_free = true;
  ASSERT_EQ(drive()->state, "completed");
  EXPECT_EQ(trip.trace, "book pay commit tell");
  EXPECT_EQ(
      log(),
      "book:fwd:started book:fwd:succeeded pay:fwd:started pay:fwd:succeeded commit:fwd:started commit:fwd:succeeded tell:fwd:started tell:fwd:succeeded");
  EXPECT_EQ(value("SELECT version FROM saga"), "4");  // Begun, and three commits instead of four.
}

TEST_F(EngineTest, WhatCameBeforeAStepWithNothingToDoIsUndoneWhenThatStepFailsAfterAll) {
  trip.is_free = true;
  trip.scripted["pay"] = {StepOutcome::refused(no_seat)};
  ASSERT_EQ(drive()->state, "failed");
  EXPECT_EQ(trip.trace, "book pay unbook");
  EXPECT_EQ(log(), "book:fwd:started book:fwd:succeeded pay:fwd:started pay:fwd:failed book:comp:started book:comp:succeeded");
}

TEST_F(EngineTest, ItsLogKeepsWhatEachTryWasAskedWithAndWhatItLearned) {
  ASSERT_EQ(drive()->state, "completed");
  EXPECT_EQ(value("SELECT count(*) FROM saga_step WHERE (state = 'started') <> (request_sha256 IS NOT NULL)"), "0");
  EXPECT_EQ(value("SELECT request_sha256 = sha256('{\"attempts\":0}') FROM saga_step WHERE step = 'book' AND state = 'started'"), "t");
  EXPECT_EQ(value("SELECT request_sha256 = sha256('{\"attempts\":1}') FROM saga_step WHERE step = 'pay' AND state = 'started'"), "t");
  EXPECT_EQ(value("SELECT response FROM saga_step WHERE step = 'book' AND state = 'succeeded'"), "{\"attempts\":1}");
  EXPECT_EQ(value("SELECT count(*) FROM saga_step WHERE response IS NOT NULL"), "1");
}

TEST_F(EngineTest, ARefusalUndoesWhatWasDoneInReverseAndNotTheRefusedStep) {
  trip.scripted["commit"] = {StepOutcome::refused(no_seat)};
  const auto settled = drive();
  EXPECT_EQ(settled->state, "failed");
  EXPECT_EQ(settled->error->reason(), "NO_SEAT");
  EXPECT_EQ(trip.trace, "book pay commit unpay unbook");
  EXPECT_EQ(trip.states, (std::vector<std::string>{"compensating", "failed"}));
}

TEST_F(EngineTest, AStepWhoseOutcomeStaysUnknownIsAskedThreeTimesAndThenUndoneItself) {
  trip.scripted["book"] = {StepOutcome::unknown(silence), StepOutcome::unknown(silence), StepOutcome::unknown(silence)};
  const auto settled = drive();
  EXPECT_EQ(settled->state, "failed");
  EXPECT_EQ(trip.trace, "book book book unbook");
}

TEST_F(EngineTest, ARefusalAfterATryWithoutAnAnswerUndoesThatStepToo) {
  trip.scripted["book"] = {StepOutcome::unknown(silence), StepOutcome::refused(no_seat)};
  EXPECT_EQ(drive()->state, "failed");
  EXPECT_EQ(trip.trace, "book book unbook");
}

// The first driver died in the middle of its call, which may arrive after what the second one is told.
TEST_F(EngineTest, ARefusalToWhoeverTakesASagaOverUndoesTheStepThatWasUnderWay) {
  trip.scripted["pay"] = {StepOutcome::unknown(silence), StepOutcome::unknown(silence), StepOutcome::unknown(silence), StepOutcome::refused(no_seat)};
  EXPECT_EQ(drive()->state, "failed");
  EXPECT_EQ(trip.trace, "book pay pay pay pay unpay unbook");
}

TEST_F(EngineTest, AnUnknownOutcomeThatResolvesGoesOnAsIfNothingHadHappened) {
  trip.scripted["pay"] = {StepOutcome::unknown(silence), StepOutcome::done()};
  EXPECT_EQ(drive()->state, "completed");
  EXPECT_EQ(trip.trace, "book pay pay commit tell");
}

TEST_F(EngineTest, AfterThePivotItOnlyGoesForward) {
  trip.scripted["tell"] = {StepOutcome::refused(no_seat), StepOutcome::done()};
  EXPECT_EQ(drive()->state, "completed");
  EXPECT_EQ(trip.trace, "book pay commit tell tell");
}

TEST_F(EngineTest, AnUndoThatFailsIsTriedAgain) {
  trip.scripted["pay"] = {StepOutcome::refused(no_seat)};
  trip.scripted["unbook"] = {StepOutcome::unknown(silence), StepOutcome::unknown(silence), StepOutcome::unknown(silence), StepOutcome::done()};
  EXPECT_EQ(drive()->state, "failed");
  EXPECT_EQ(trip.trace, "book pay unbook unbook unbook unbook");
}

TEST_F(EngineTest, WaitsUntilWokenAndAbortsAtItsDeadline) {
  trip.scripted["pay"] = std::vector<StepOutcome>(100, StepOutcome::wait("awaiting_payment", milliseconds(50)));
  const auto waiting = drive(seconds(1));
  EXPECT_EQ(waiting->state, "awaiting_payment");
  Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  engine.start();
  const auto wait_for_end = [](Engine& waited, Uuid id, const Clock& now) -> Task<Result<Snapshot>> {
    for (;;) {
      auto found = co_await waited.wait_settled(id, now.now() + milliseconds(200));
      if (!found || found->is_terminal()) co_return found;
    }
  };
  const auto ended = run(wait_for_end(engine, saga, clock));
  run(engine.stop());
  EXPECT_EQ(ended->state, "failed");
  EXPECT_EQ(ended->error->reason(), "SAGA_DEADLINE");
  EXPECT_TRUE(trip.trace.ends_with("unpay unbook")) << trip.trace;
}

TEST_F(EngineTest, AnotherOwnerTakesOverWhenTheLeaseLapses) {
  // Begun by an owner that died at once: nobody drives it.
  Engine dead(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  ASSERT_TRUE(run(database().run(dead.begin_statement(saga, "subject", to_json(TripState{}), clock.now() + seconds(60)))).has_value());
  Engine alive(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  alive.start();
  const auto settled = run(alive.wait_settled(saga, clock.now() + seconds(20)));
  run(alive.stop());
  run(dead.stop());
  ASSERT_TRUE(settled.has_value());
  EXPECT_EQ(settled->state, "completed");
  EXPECT_EQ(trip.trace, "book pay commit tell");
}

TEST_F(EngineTest, AnOwnerThatWasFencedOffChangesNothing) {
  Engine slow(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  ASSERT_TRUE(run(database().run(slow.begin_statement(saga, "subject", to_json(TripState{}), clock.now() + seconds(60)))).has_value());
  // Another owner has moved the row meanwhile.
  sql("UPDATE saga SET version = version + 1, lease_owner = 'another', lease_until = now() + interval '1 hour'");
  slow.run_begun(saga, "subject", to_json(TripState{}), clock.now() + seconds(60), saga);
  run(slow.stop());
  EXPECT_EQ(value("SELECT step || ':' || state || ':' || lease_owner FROM saga"), "book:running:another");
  EXPECT_EQ(value("SELECT count(*) FROM saga_step"), "1");
}

TEST_F(EngineTest, OneLiveSagaPerSubject) {
  Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  const auto deadline = clock.now() + seconds(60);
  ASSERT_TRUE(run(database().run(engine.begin_statement(saga, "cart", to_json(TripState{}), deadline))).has_value());
  const auto second = run(database().run(engine.begin_statement(Uuid::v7(clock.now(), random), "cart", to_json(TripState{}), deadline)));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().reason(), "UNIQUE_VIOLATION");
  run(engine.stop());
}

TEST_F(EngineTest, AStepThatTakesLongerThanItsLeaseKeepsIt) {
  trip.slow_book = [this]() -> Task<void> {
    return runtime().sleep_for(milliseconds(2'500));  // tidy-allow(test_sleeps): leases lapse by the database's clock.
  };
  Engine other(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  other.start();
  EXPECT_EQ(drive()->state, "completed");
  run(other.stop());
  EXPECT_EQ(trip.trace, "book pay commit tell");
}

TEST_F(EngineTest, WhatOutlivesTwiceItsTimeBeforeThePivotIsGivenToPeopleWhoMayLetItRunAgain) {
  trip.scripted["pay"] = {StepOutcome::wait("awaiting_payment", seconds(3'600))};
  ASSERT_EQ(drive()->state, "awaiting_payment");
  Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  ASSERT_TRUE(run(engine.oversee()).has_value());
  EXPECT_EQ(value("SELECT state FROM saga"), "awaiting_payment");
  sql("UPDATE saga SET created_at = now() - interval '121 seconds', deadline_at = now() - interval '60.9 seconds'");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(engine.oversee()).has_value());
  EXPECT_EQ(value("SELECT state FROM saga"), "stuck");
  EXPECT_EQ(trip.states.back(), "stuck");
  EXPECT_EQ(value("SELECT count(*) FROM saga_step WHERE state = 'note'"), "1");
  engine.start();
  ASSERT_TRUE(run(engine.retry(saga, "by staff")).has_value());
  EXPECT_EQ(run(engine.wait_settled(saga, clock.now() + seconds(20)))->state, "completed");
  run(engine.stop());
}

TEST_F(EngineTest, WhatIsBeingUndoneOrPastItsPivotIsNeverTakenFromTheEngine) {
  trip.scripted["tell"] = std::vector<StepOutcome>(100, StepOutcome::unknown(silence));
  Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  const auto deadline = clock.now() + seconds(60);
  ASSERT_TRUE(run(database().run(engine.begin_statement(saga, "subject", to_json(TripState{}), deadline))).has_value());
  sql("UPDATE saga SET step = 'tell', created_at = now() - interval '1 hour', deadline_at = now() - interval '50 minutes', lease_until = NULL");
  sql("UPDATE saga_step SET step = 'tell', at = now() - interval '6 minutes'");
  EXPECT_EQ(value("SELECT string_agg(what, ',') FROM saga_overdue('test.trip', ARRAY['tell'], now())"), "late");
  ASSERT_TRUE(run(engine.oversee()).has_value());
  EXPECT_EQ(value("SELECT state FROM saga"), "running");
  sql("UPDATE saga SET step = 'book', direction = 'comp', state = 'compensating'");
  ASSERT_TRUE(run(engine.oversee()).has_value());
  EXPECT_EQ(value("SELECT state FROM saga"), "compensating");
  run(engine.stop());
}

TEST_F(EngineTest, ADeadlineThatAStepMovesIsTheOneThatCounts) {
  trip.scripted["pay"] = {StepOutcome::wait("awaiting_payment", milliseconds(50)), StepOutcome::wait("awaiting_payment", milliseconds(50)),
                          StepOutcome::done()};
  trip.moves_deadline = true;
  Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  engine.start();
  ASSERT_TRUE(run(begin_and_wait(engine, saga.to_string(), clock.now())).has_value());
  EXPECT_TRUE(testing::eventually(runtime(), [&] { return value("SELECT state FROM saga") == "completed"; }, [&] { return log(); }));
  run(engine.stop());
}

TEST_F(EngineTest, StaffCanTurnAWaitingSagaAndNotOnePastItsPivot) {
  trip.scripted["pay"] = std::vector<StepOutcome>(100, StepOutcome::wait("awaiting_payment", seconds(60)));
  ASSERT_EQ(drive()->state, "awaiting_payment");
  Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  engine.start();
  ASSERT_TRUE(run(engine.abort(saga, no_seat, "by staff")).has_value());
  EXPECT_TRUE(run(engine.abort(saga, no_seat, "by staff again")).has_value());
  const auto wait_for_end = [](Engine& waited, Uuid id, const Clock& now) -> Task<Result<Snapshot>> {
    for (;;) {
      auto found = co_await waited.wait_settled(id, now.now() + milliseconds(200));
      if (!found || found->is_terminal()) co_return found;
    }
  };
  EXPECT_EQ(run(wait_for_end(engine, saga, clock))->state, "failed");
  run(engine.stop());
  EXPECT_EQ(run(engine.abort(saga, no_seat, "too late")).error().reason(), "SAGA_STATE");
  EXPECT_TRUE(trip.trace.ends_with("unpay unbook")) << trip.trace;
}

TEST_F(EngineTest, ALeaseThatRunsIsLeftAlone) {
  EngineOptions patient = quick();
  patient.lease = seconds(60);
  Engine holder(runtime(), database(), clock, random, "trips", trip.definition(), patient);
  ASSERT_TRUE(run(database().run(holder.begin_statement(saga, "subject", to_json(TripState{}), clock.now() + seconds(60)))).has_value());
  Engine other(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  other.start();
  const auto seen = run(other.wait_settled(saga, clock.now() + milliseconds(300)));
  run(other.stop());
  run(holder.stop());
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->state, "running");
  EXPECT_EQ(trip.trace, "");
}

TEST_F(EngineTest, AnOwnerWhoseSagaWasTakenIsFencedBeforeTheOtherOneHasSaved) {
  Engine slow(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  ASSERT_TRUE(run(database().run(slow.begin_statement(saga, "subject", to_json(TripState{}), clock.now() + seconds(60)))).has_value());
  sql("UPDATE saga SET lease_until = now() - interval '1 second'");
  sql("SELECT saga_claim_due('test.trip', 'another', 60, 10, now())");
  slow.run_begun(saga, "subject", to_json(TripState{}), clock.now() + seconds(60), saga);
  run(slow.stop());
  EXPECT_EQ(value("SELECT step || ':' || state || ':' || lease_owner FROM saga"), "book:running:another");
  EXPECT_EQ(value("SELECT count(*) FROM saga_step"), "1");
}

TEST_F(EngineTest, ASaveWhoseAnswerWasLostIsRepeatedWithoutASecondMove) {
  Engine engine(runtime(), database(), clock, random, "trips", trip.definition(), quick());
  ASSERT_TRUE(run(database().run(engine.begin_statement(saga, "subject", to_json(TripState{}), clock.now() + seconds(60)))).has_value());
  const std::string save =
      text("SELECT saga_save_batch(ARRAY['", saga, "'::uuid], ARRAY[1::bigint], ARRAY['", Uuid::from_name("save"),
           "'::uuid], ARRAY['running'], ARRAY['pay'], ARRAY['fwd'], ARRAY[0], ARRAY['{}'], ARRAY[NULL::text], ARRAY[now()], ARRAY[now()], ARRAY['me'], "
           "ARRAY[60], ARRAY[2::bigint], ARRAY['",
           saga, "'::uuid], ARRAY[2::bigint], ARRAY['book'], ARRAY['fwd'], ARRAY[1], ARRAY['key'], ARRAY['succeeded'], ARRAY[NULL::text], ARRAY[NULL::text])");
  auto connection = postgres::BlockingConnection::open(superuser_dsn());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(connection->run(save).has_value());
  EXPECT_EQ(value("SELECT version || ' ' || step FROM saga"), "2 pay");
  EXPECT_EQ(value("SELECT count(*) FROM saga_step"), "2");
  run(engine.stop());
}

TEST_F(EngineTest, ALeaseIsKeptWithoutWaitingForASagaThatIsBeingSaved) {
  const Uuid other = Uuid::from_name("other");
  for (const Uuid& each : {saga, other})
    sql(text("SELECT saga_begin('", each, "', 'test.trip', '", each, "', '{}', 'book', now() + interval '1 hour', 'me', 1)"));
  auto saver = postgres::BlockingConnection::open(superuser_dsn());
  auto keeper = postgres::BlockingConnection::open(superuser_dsn());
  ASSERT_TRUE(saver->run("BEGIN").has_value());
  ASSERT_TRUE(saver->run(text("UPDATE saga SET tries = tries WHERE id = '", saga, "'")).has_value());
  ASSERT_TRUE(keeper->run("SET lock_timeout = '2s'").has_value());
  const auto kept = keeper->run(text("SELECT saga_renew(ARRAY['", saga, "', '", other, "']::uuid[], 'me', 60)"));
  EXPECT_TRUE(kept.has_value()) << kept.error().to_string();
  ASSERT_TRUE(saver->run("ROLLBACK").has_value());
  EXPECT_EQ(value(text("SELECT lease_until > now() + interval '30 seconds' FROM saga WHERE id = '", other, "'")), "t");
}

}  // namespace
}  // namespace emporion::saga
