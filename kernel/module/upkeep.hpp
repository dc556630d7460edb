#pragma once

#include "kernel/config/settings.hpp"
#include "kernel/module/jobs.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion {

/// What a module's database no longer needs leaves it once an hour: events that everybody has had two weeks to read, by whole partitions; what is remembered of
/// events heard and of answers given; the logs of sagas that have ended. Rows of the business stay. Settings: upkeep.events_kept_d (14, at least 1),
/// upkeep.answers_kept_h (168, at least 24), upkeep.saga_logs_kept_d (90). What was heard is remembered a week longer than events are kept, so that none is
/// heard twice. Safe to repeat, and to run at two replicas at once. Source: design.md §4 "Outbox and feed", commerce.md §0, ADR 0045.
class Upkeep {
 public:
  Upkeep(postgres::Database& database, const config::Settings& settings);

  /// Adds the job `<module>.upkeep`.
  void schedule(Jobs& jobs);
  /// Every part is tried, also after one that failed. Errors: of the first that did.
  Task<Result<>> run(CallContext context);

 private:
  postgres::Database& database_;
  microseconds events_kept_;
  microseconds answers_kept_;
  microseconds saga_logs_kept_;
};

}  // namespace emporion
