#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/postgres/blocking.hpp"

// What a module's database says of its moves, as those who order them see it (kernel/postgres/migrations/0020_move.sql), and what copies it.
namespace emporion::app::moving {

/// Of one database.
struct Standing {
  std::string place;
  bool waits = false;
  std::int64_t last_epoch = 0;
  std::string last_place, last_process, came_from_process, came_from_addresses;  ///< The last two of its first move.
  std::int64_t epoch = 0;                                                        ///< Of a move under way; 0: none.
  std::string phase, to_place, to_process;

  /// Whether the module serves from this database.
  bool is_served() const { return last_epoch == 0 ? !waits : last_place == place; }
};
Result<Standing> standing_of(postgres::BlockingConnection& at);

/// The first value that the query answers; empty if there is none.
Result<std::string> first_value(postgres::BlockingConnection& at, const std::string& sql);

/// The name of what copies the module: publication, slot and subscription.
std::string copy_name(std::string_view module);
/// Condition on pg_replication_slots: the slots that a move of the module makes in this database, those of copies that were not at their end included.
std::string copy_slots(std::string_view module);
/// Puts away what copies the module from `from` to `to`, both as superusers. Safe to repeat. Errors: SLOT_IN_USE; those of the databases.
Result<> put_away_copy(std::string_view module, postgres::BlockingConnection& from, postgres::BlockingConnection& to);

}  // namespace emporion::app::moving
