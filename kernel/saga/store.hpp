#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/lanes/lane.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/saga/engine.hpp"

namespace emporion::saga {

struct LogEntry {
  std::int64_t seq = 0;
  std::string step;
  std::string direction;
  std::int32_t try_number = 0;
  std::string key;
  std::string state;
  std::optional<std::string> error;
  std::optional<std::string> response;
};

/// One move of one saga: its new row, what to append to its log, and the owner's statements that must commit with it.
struct Save {
  Uuid id;
  std::int64_t version = 0;  ///< Expected; the save makes it one more.
  Uuid save_id;              ///< Tells a repeat of this save from a foreign one.
  std::string state;
  std::string step;
  std::string direction;
  std::int32_t tries = 0;
  std::optional<std::string> context;  ///< Empty: unchanged.
  std::optional<std::string> error;    ///< Empty: unchanged.
  UtcTime next_run_at;
  UtcTime deadline;
  std::optional<std::string> owner;  ///< Empty: the lease is given back.
  std::int64_t log_seq = 0;
  std::vector<LogEntry> log;
  std::vector<postgres::Bound> with;
};

/// The saga tables of one module.
class Store {
 public:
  Store(Runtime& runtime, postgres::Database& database, std::string definition, std::string owner, std::int32_t lease_s);

  /// Errors: SAGA_FENCED (another owner moved it; drop the drive).
  Task<Result<bool>> save(Save save) { return lane_.submit(std::move(save)); }
  Task<Result<std::vector<Snapshot>>> claim(std::int32_t count, UtcTime now);
  /// Keeps the leases of what this owner still drives.
  Task<Result<>> renew(std::vector<Uuid> sagas);
  Task<Result<Snapshot>> find(Uuid saga);
  Task<Result<std::vector<StepRecord>>> log_of(Uuid saga);
  Task<Result<std::vector<Snapshot>>> list(std::optional<std::string> state, std::optional<Uuid> after, std::int32_t count);
  Task<void> close() { return lane_.close(); }

 private:
  using SaveLane = Lane<Save, bool>;
  Task<Result<SaveLane::Answers>> run(SaveLane::Batch batch);

  postgres::Database& database_;
  std::string definition_;
  std::string owner_;
  std::int32_t lease_s_;
  SaveLane lane_;
};

/// Reads a row of `SELECT <snapshot_columns> FROM saga`.
Snapshot read_snapshot(const postgres::Row& row);

}  // namespace emporion::saga
