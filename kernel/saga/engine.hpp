#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/saga/definition.hpp"

namespace emporion::saga {

struct EngineOptions {
  seconds lease{30};              ///< A crashed owner's sagas are taken over after this.
  int tries_in_a_row = 3;         ///< Then WhenUnknown decides.
  milliseconds retry_first{100};  ///< Times 3 each try, with jitter: 100, 300, 900 ms.
  seconds retry_most{300};        ///< Longest pause between later tries.
  hours undo_patience{24};        ///< Then the saga is `stuck` and waits for staff.
  seconds oversee_period{60};     ///< How often sagas are looked for that people must hear of.
  milliseconds scan_period{1'000};
  int claim_count = 64;
};

/// A saga as it stands in the database.
struct Snapshot {
  Uuid id;
  std::string subject;
  std::string state;
  std::string step;
  std::string direction;
  std::int32_t tries = 0;
  std::string context;
  std::optional<Error> error;
  UtcTime deadline;
  UtcTime next_run_at;
  UtcTime created_at;
  UtcTime updated_at;
  std::int64_t version = 0;
  std::int64_t log_seq = 0;
  std::optional<UtcTime> undoing_since;

  bool is_terminal() const noexcept { return state == "completed" || state == "failed"; }
  /// Neither running nor being undone: terminal, stuck, or waiting for somebody.
  bool is_settled() const noexcept { return state != "running" && state != "compensating"; }
};

struct StepRecord {
  std::int64_t seq = 0;
  std::string step;
  std::string direction;
  std::int32_t try_number = 0;
  std::string key;
  std::string state;
  std::optional<std::string> error;
  UtcTime at;
  std::string request_sha256;           ///< Hexadecimal, of the state that the step acts on; with `started` only.
  std::optional<std::string> response;  ///< What the try changed in that state, as JSON.
};

/// Drives the sagas of one definition. Persists before and after each step (the outcome of one and the start of the next are one commit, many sagas per
/// commit by a lane), takes over from crashed owners by lease and version, and undoes a step only when its outcome is known or its undo makes it so.
class Engine {
 public:
  Engine(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random, std::string module, ErasedDefinition definition,
         EngineOptions options = {});
  ~Engine();

  /// The statement that begins a saga inside another implicit transaction; an SQL function of the module may call saga_begin itself. Owner is this engine.
  postgres::Bound begin_statement(Uuid saga, const std::string& subject, const std::string& context, UtcTime deadline) const;
  /// Name of this engine as lease owner, for SQL functions that call saga_begin.
  const std::string& owner() const noexcept;
  const std::string& first_step() const noexcept;
  int lease_seconds() const noexcept;

  /// Drives a saga that was just begun with this engine as its owner. Returns at once; the work goes on in the engine.
  /// `trace`: of the request that began it, which the saga's calls carry on.
  void run_begun(Uuid saga, std::string subject, std::string context, UtcTime deadline, Uuid trace);

  /// Waits until the saga is settled or `until` has passed and answers how it stands. Errors: SAGA_NOT_FOUND.
  Task<Result<Snapshot>> wait_settled(Uuid saga, UtcTime until);
  Task<Result<Snapshot>> find(Uuid saga);
  Task<Result<std::vector<StepRecord>>> log_of(Uuid saga);
  Task<Result<std::vector<Snapshot>>> list(std::optional<std::string> state, std::optional<Uuid> after, int count);

  /// Looks for due sagas soon: called after a handler's transaction used saga_wake.
  void poke();

  /// Changes a waiting saga's context and lets it run: it waits no longer from that moment on. `change` may refuse. Waits a little for one that is at work just
  /// now. Errors: SAGA_NOT_FOUND, SAGA_STATE (it is not in `expected_state`), SAGA_BUSY (repeat).
  Task<Result<>> amend(Uuid saga, std::string expected_state, std::function<Result<std::string>(const std::string& context)> change);
  /// Turns a saga that has not passed its pivot to undoing, for `failure`. Waits a little for one that is at work just now.
  /// Errors: PAST_PIVOT, SAGA_NOT_FOUND, SAGA_BUSY (repeat); a terminal saga answers SAGA_STATE.
  Task<Result<>> abort(Uuid saga, Error failure, std::string note);
  /// Lets a stuck saga run again, and one that waits or pauses run now. Errors: SAGA_NOT_FOUND, SAGA_STATE (it has ended).
  Task<Result<>> retry(Uuid saga, std::string note);
  /// What the engine does every `oversee_period`: sagas before their pivot that have outlived twice their time become `stuck`, those past it that are late are
  /// told of.
  Task<Result<>> oversee();

  void start();
  /// Lets steps under way end and be recorded, then stops.
  Task<void> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::saga
