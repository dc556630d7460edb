#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/emporion/moving/standing.hpp"
#include "kernel/base/result.hpp"
#include "kernel/module/module.hpp"
#include "kernel/postgres/blocking.hpp"

namespace emporion::app::moving {

/// A database, as its module and as a superuser reach it.
struct End {
  std::string dsn;
  std::string superuser_dsn;  ///< Empty: there is none; then only the process moves.
};

struct MoveOrder {
  ModuleDefinition module;
  End from;
  End to;  ///< The same as `from`: only the process moves.
  bool other_database = false;
  std::string publisher_dsn;  ///< How the new database's server reaches the old one.
  std::string to_process;     ///< Empty: the one that it was in before it ever moved.
  std::vector<std::string> to_addresses;
  /// The addresses at which others reach that process; empty: unknown.
  std::function<std::vector<std::string>(std::string_view process)> addresses_of;
  bool ignores_space = false;           ///< Nobody looks whether there is room.
  std::function<Result<>()> on_filled;  ///< Called once the new database says itself where the module serves. May be empty.
};

/// Moves a module, step by step (ADR 0034). Each step finds out what is done already, so an order that was interrupted is given again. Until the move is
/// decided, which is one commit of the old database, the old place serves; from then on the new one does, whatever becomes of the mover. Blocking.
class Mover {
 public:
  using Say = std::function<void(std::string_view line)>;
  Mover(MoveOrder order, Say say) : order_(std::move(order)), say_(std::move(say)) {}

  /// Answers when the new place serves. Errors: MODULE_NOT_HERE, MOVE_UNDER_WAY (to another place), MODULE_NOT_SERVED, SCHEMAS_DIFFER, LOG_NOT_LOGICAL,
  /// NO_ROOM, MOVE_PUT_OFF (it stays where it is; again later), NEW_PLACE_SILENT (decided, but nobody serves there yet), those of the databases.
  Result<> run();
  /// Gives up a move that is not decided. Errors: NO_MOVE; MOVE_DECIDED.
  Result<> abort();

 private:
  using Connection = postgres::BlockingConnection;
  Result<> make_schema();
  Result<> open();
  Result<bool> is_there_already();
  Result<> prepare();
  Result<> see_log();
  Result<> see_room();
  Result<> expect_same_schema();
  Result<> announce();
  Result<> replicate();
  Result<> name_rows_whole(const std::string& table);
  Result<> wait_for_copy();
  Result<bool> old_place_is_gone();
  Result<> wait_for_seats();
  Result<> switch_over();
  Result<> wait_for_new_place();
  Result<> clean_up();
  std::string name() const;

  MoveOrder order_;
  Say say_;
  std::optional<Connection> from_, to_, from_super_, to_super_;
  Standing state_;
  std::string from_process_;
  std::int64_t epoch_ = 0;
  bool gone_ = false;  ///< Nobody is left at the old place.
};

}  // namespace emporion::app::moving
