#include "kernel/module/upkeep.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr std::int64_t rows_at_once = 5'000;  // A batch holds its locks for some milliseconds.
constexpr int tries_max = 5;                  // Of what needs a lock for a moment; each waits 200 ms for it and lets those through who write meanwhile.
constexpr hours period{1};
constexpr hours heard_longer{7 * 24};

// $1 kept, in seconds; $2 rows. Each answers how many rows went.
constexpr Statement roll_events{"upkeep.events", "SELECT outbox_roll(make_interval(secs => $1::bigint), $2::integer)", Effect::writes};
constexpr Statement forget_heard{
    "upkeep.heard",
    "WITH gone AS (DELETE FROM inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE applied_at < now() - make_interval(secs => "
    "$1::bigint) ORDER BY applied_at LIMIT $2::bigint)) RETURNING 1) SELECT count(*) FROM gone",
    Effect::writes};
constexpr Statement forget_answers{"upkeep.answers",
                                   "WITH gone AS (DELETE FROM idempotency WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency WHERE created_at < now() - "
                                   "make_interval(secs => $1::bigint) ORDER BY created_at LIMIT $2::bigint)) RETURNING 1) SELECT count(*) FROM gone",
                                   Effect::writes};
// Ids of sagas rise with time (UUID version 7): the oldest logs are at the beginning of the key, and nothing else is read.
constexpr Statement forget_saga_logs{
    "upkeep.saga_logs",
    "WITH gone AS (DELETE FROM saga_step WHERE (saga_id, seq) IN (SELECT l.saga_id, l.seq FROM saga_step l JOIN saga s ON s.id = "
    "l.saga_id WHERE l.saga_id < (lpad(to_hex((extract(epoch FROM now()) - $1::bigint)::bigint * 1000), 12, '0') || repeat('0', "
    "20))::uuid AND s.state IN ('completed', 'failed') AND s.updated_at < now() - make_interval(secs => $1::bigint) ORDER BY "
    "l.saga_id LIMIT $2::bigint) RETURNING 1) SELECT count(*) FROM gone",
    Effect::writes};

std::int64_t in_seconds(microseconds span) { return std::chrono::duration_cast<seconds>(span).count(); }

template <typename... Values>
Task<Result<postgres::Rows>> ask(postgres::Database& database, const Statement& statement, Values... values) {
  for (int tries = 1;; ++tries) {
    auto rows = co_await database.query(statement, values...);
    if (rows || tries == tries_max || rows.error().reason() != "LOCK_TIMEOUT") co_return rows;
  }
}

Task<Result<>> in_batches(postgres::Database& database, const Statement& statement, microseconds kept) {
  for (std::int64_t went = rows_at_once; went == rows_at_once;) {
    EMP_CO_ASSIGN(const auto rows, co_await ask(database, statement, in_seconds(kept), rows_at_once));
    went = rows[0].get<std::int64_t>(0);
  }
  co_return Result<>();
}

}  // namespace

Upkeep::Upkeep(postgres::Database& database, const config::Settings& settings)
    : database_(database),
      events_kept_(std::max<microseconds>(settings.span("upkeep.events_kept_d", hours(14 * 24)), hours(24))),
      answers_kept_(std::max<microseconds>(settings.span("upkeep.answers_kept_h", hours(7 * 24)), hours(24))),
      saga_logs_kept_(settings.span("upkeep.saga_logs_kept_d", hours(90 * 24))) {}

void Upkeep::schedule(Jobs& jobs) { jobs.every(text(database_.module(), ".upkeep"), period, this, &Upkeep::run); }

Task<Result<>> Upkeep::run(CallContext) {
  Result<> out;
  const auto note = [&out](Result<> part) {
    if (!part && out) out = std::move(part);
  };
  note(co_await in_batches(database_, roll_events, events_kept_));
  note(co_await in_batches(database_, forget_heard, events_kept_ + heard_longer));
  note(co_await in_batches(database_, forget_answers, answers_kept_));
  note(co_await in_batches(database_, forget_saga_logs, saga_logs_kept_));
  co_return out;
}

}  // namespace emporion
