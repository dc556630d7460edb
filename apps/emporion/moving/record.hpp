#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/uuid.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::app::moving {

/// Where a module may serve: a process, and the database that it works on.
struct Spot {
  Uuid place;  ///< The database's own id (module_place).
  std::string process;
  std::vector<std::string> addresses;  ///< HOST:PORT of each replica.
};

enum class Phase : std::uint8_t { announced, switching, done };

struct Move {
  std::int64_t epoch = 0;
  Phase phase = Phase::announced;
  Spot from;
  Spot to;
};

/// What a module's database says of where the module serves (kernel/postgres/migrations/0020_move.sql).
struct Record {
  Uuid place;                     ///< Of this database.
  bool waits = false;             ///< Being filled by a move.
  std::optional<Move> last;       ///< The one that decided where it serves; none: whoever the placement says.
  std::optional<Move> under_way;  ///< Announced, not decided.
};

/// What a process that may serve the module has to do.
enum class Part : std::uint8_t {
  serve,
  stand_by,  ///< It may come here: be ready, and send calls to where it is.
  hold,      ///< It may be here at any moment: calls wait.
  away,
  make_ready,  ///< Serve, and prepare to leave.
  leave,       ///< End what runs, and decide the move.
};

struct Verdict {
  Part part = Part::serve;
  std::int64_t epoch = 0;              ///< Of the move that says so; 0: none.
  std::vector<std::string> addresses;  ///< Where it serves, or will: for all but `serve`.
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// The part of `process`, which has the module in its placement, on the database that the record is of.
Verdict judge(const Record& record, std::string_view process);

/// Reads it. Errors: those of the database.
Task<Result<Record>> read_record(postgres::Database& database);

}  // namespace emporion::app::moving
