#include "kernel/saga/live.hpp"

#include "kernel/base/assert.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::saga {

std::size_t ErasedDefinition::index_of(std::string_view step) const {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].name == step) return i;
  }
  const bool step_is_known = false;
  EMP_ASSERT(step_is_known);  // A definition only grows: a stored saga must find its step again.
  return 0;
}

Live live_of(const Snapshot& row, const ErasedDefinition& definition) {
  Live live;
  live.id = row.id;
  live.trace = row.id;
  live.subject = row.subject;
  live.state = row.state;
  live.state_saved = row.state;
  live.index = definition.index_of(row.step);
  live.undoing = row.direction == "comp";
  live.tries = row.tries;
  live.may_have_asked = row.state == "running";  // Whoever drove it before may be gone in the middle of a call; what is awaited was answered.
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

std::optional<std::string> changed_members(const std::string& before, const std::string& after) {
  if (before == after) return std::nullopt;
  const auto old = json::Document::parse(before);
  const auto now = json::Document::parse(after);
  if (!old || !now) return std::nullopt;
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  now->root().for_each_member([&](std::string_view name, json::Value value) {
    const auto was = old->root().member(name);
    if (!was || was->to_json() != value.to_json()) writer.key_escaped(name).raw(value.to_json());
    return true;
  });
  writer.end_object();
  return out;
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
