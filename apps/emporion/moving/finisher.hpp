#pragma once

#include <optional>
#include <string>

#include "apps/emporion/moving/ends.hpp"
#include "apps/emporion/moving/standing.hpp"

namespace emporion::app::moving {

/// Puts away what a module left behind when its database moved: the old database, closed since, its role, and what copied it (ADR 0034). Only once the new
/// place serves, and nobody refers to the old one any more. Safe to repeat, also after it ended in the middle. Blocking.
class Finisher {
 public:
  Finisher(Ends& ends, Mover::Say say) : ends_(ends), order_(ends.order()), say_(std::move(say)) {}

  /// Looks, and tells what goes; drops it if `drop`. Errors: MOVE_UNDER_WAY, MODULE_NOT_MOVED, NEW_PLACE_SILENT, OLD_PLACE_IN_USE, SLOT_IN_USE, those of the
  /// databases. What is refused leaves everything as it is.
  Result<> run(bool drop);

 private:
  using Connection = postgres::BlockingConnection;
  Result<> expect_at_rest(const Standing& standing);
  Result<> expect_served();
  Result<> expect_left();
  Result<> expect_unused();
  Result<> tell_what_goes(bool drop);

  Ends& ends_;
  const MoveOrder& order_;
  Mover::Say say_;
  std::optional<Connection> from_, to_;
  Standing there_;
  std::string old_name_;  ///< Of the database.
};

}  // namespace emporion::app::moving
