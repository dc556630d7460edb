#pragma once

#include <optional>
#include <string>

#include "kernel/saga/definition.hpp"
#include "kernel/saga/engine.hpp"
#include "kernel/saga/store.hpp"

namespace emporion::saga {

/// A saga while this engine holds its lease.
struct Live {
  Uuid id;
  std::string subject;
  Uuid trace;  ///< Of the request that began it; of one that is taken up later the saga's own id.
  std::string state;
  std::size_t index = 0;
  bool undoing = false;
  std::int32_t tries = 0;
  bool may_have_asked = false;  ///< A try of this step ended without an outcome, here or in a process that is gone: it may take effect yet.
  std::string context;
  std::string context_saved;
  std::string context_asked;  ///< As the try under way began with it.
  std::string state_saved;
  std::optional<Error> error;
  bool error_is_new = false;
  std::optional<UtcTime> undoing_since;
  UtcTime deadline;
  UtcTime next_run_at;
  UtcTime created_at;
  std::int64_t version = 1;
  std::int64_t log_seq = 1;
  std::vector<LogEntry> unsaved;  ///< Of steps before one that is idle, for the next save.
};

/// As it was claimed from the database.
Live live_of(const Snapshot& row, const ErasedDefinition& definition);
/// The members of an object that are not the same as before, as an object. Nothing: none is.
std::optional<std::string> changed_members(const std::string& before, const std::string& after);
/// As those who wait for it see it.
Snapshot snapshot_of(const Live& live, const ErasedDefinition& definition, UtcTime now);

}  // namespace emporion::saga
