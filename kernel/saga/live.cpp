#include "kernel/saga/live.hpp"

namespace emporion::saga {

Live live_of(const Snapshot& row, const ErasedDefinition& definition) {
  Live live;
  live.id = row.id;
  live.subject = row.subject;
  live.state = row.state;
  live.state_saved = row.state;
  live.index = definition.index_of(row.step);
  live.undoing = row.direction == "comp";
  live.tries = row.tries;
  live.context = row.context;
  live.context_saved = row.context;
  live.error = row.error;
  live.undoing_since = row.undoing_since;
  live.deadline = row.deadline;
  live.next_run_at = row.next_run_at;
  live.created_at = row.created_at;
  live.version = row.version;
  live.log_seq = row.log_seq;
  return live;
}

Snapshot snapshot_of(const Live& live, const ErasedDefinition& definition, UtcTime now) {
  Snapshot out;
  out.id = live.id;
  out.subject = live.subject;
  out.state = live.state;
  out.step = definition.steps[live.index].name;
  out.direction = live.undoing ? "comp" : "fwd";
  out.tries = live.tries;
  out.context = live.context;
  out.error = live.error;
  out.deadline = live.deadline;
  out.next_run_at = live.next_run_at;
  out.created_at = live.created_at;
  out.updated_at = now;
  out.version = live.version;
  out.log_seq = live.log_seq;
  return out;
}

}  // namespace emporion::saga
