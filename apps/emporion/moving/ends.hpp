#pragma once

#include <optional>
#include <string>

#include "apps/emporion/home.hpp"
#include "apps/emporion/moving/mover.hpp"
#include "apps/emporion/placement.hpp"
#include "kernel/postgres/cluster.hpp"

namespace emporion::app::moving {

/// Which way a module goes: out of the home to where the placement has it, or back.
enum class Direction : std::uint8_t { extract, absorb };
/// Finishing makes nothing that is missing: it puts away.
enum class Purpose : std::uint8_t { move, finish };

struct MoveWords {
  std::string module;
  std::optional<std::string> to;         ///< A process of the placement, or the host, or host:port, where it listens.
  std::optional<std::string> superuser;  ///< Connection string of a superuser on the server outside of the home.
  std::optional<std::string> from;       ///< Connection string of the database to leave, where it is not the home's.
  std::optional<std::string> via;        ///< How the new server reaches the old one.
};

/// The databases of a move, found by the placement and held meanwhile: the home's PostgreSQL stays up.
class Ends {
 public:
  /// Errors: MODULE_UNKNOWN, MODULE_FIXED (the gateway), PROCESS_UNKNOWN, SUPERUSER_NEEDED, those of the private cluster.
  static Result<Ends> find(const Placement& placement, Direction direction, const MoveWords& words, Purpose purpose = Purpose::move);
  const MoveOrder& order() const noexcept { return order_; }
  /// The home's database may be opened again by everybody: one that was dropped has been made again.
  Result<> readmit();
  /// Drops the database that the module left, and its role unless something else depends on it. `where_now` is told to who looks for it in the home. Safe to
  /// repeat. Errors: DATABASE_IN_USE, those of the server.
  Result<> drop_what_was_left(std::string_view where_now, const Mover::Say& say);
  Result<> close();

 private:
  Result<> open_home(const Placement& placement);
  Result<End> at_home(std::string_view module, Direction direction, Purpose purpose);
  Result<> make_database(const End& end);
  Result<> drop_outside(const Mover::Say& say);
  std::optional<HomeShare> share_;
  std::optional<postgres::PrivateCluster> cluster_;
  MoveOrder order_;
  Direction direction_ = Direction::extract;
};

}  // namespace emporion::app::moving
