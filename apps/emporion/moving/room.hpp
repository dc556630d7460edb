#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/base/result.hpp"
#include "kernel/postgres/blocking.hpp"

namespace emporion::app::moving {

/// What the copy of a database takes where it goes: its rows, and the log of writing them, which is kept up to a limit of its server's.
struct Room {
  std::uint64_t database_bytes = 0;
  std::uint64_t log_bytes_max = 0;
  std::string folder;                       ///< Where the new server keeps the database.
  std::optional<std::uint64_t> free_bytes;  ///< Nothing: it is not known from here.

  /// With 64 MiB to go on working.
  std::uint64_t needed_bytes() const;
};

/// Asks both ends, as superusers. Free space is known where the new server's processes are this machine's.
Result<Room> room_for(postgres::BlockingConnection& from, postgres::BlockingConnection& to);

/// "1.5 GB"
std::string bytes_in_words(std::uint64_t bytes);

/// A line for whoever orders the move. Errors: NO_ROOM, with the figures.
Result<std::string> expect_room(const Room& room);

}  // namespace emporion::app::moving
