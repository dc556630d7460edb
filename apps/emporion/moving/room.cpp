#include "apps/emporion/moving/room.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>

#include "kernel/base/text.hpp"

namespace emporion::app::moving {
namespace {

constexpr std::uint64_t reserve_bytes = 64ULL << 20;

std::uint64_t number(const std::optional<std::string>& digits) {
  std::uint64_t out = 0;
  if (digits) std::from_chars(digits->data(), digits->data() + digits->size(), out);
  return out;
}

/// A server behind a tunnel says 127.0.0.1, too; its processes are none of ours.
bool is_process_of_postgres_here(const std::string& process) {
  std::ifstream file(text("/proc/", process, "/comm"));
  std::string name;
  return std::getline(file, name) && name == "postgres";
}

}  // namespace

std::uint64_t Room::needed_bytes() const { return database_bytes + std::min(database_bytes, log_bytes_max) + reserve_bytes; }

Result<Room> room_for(postgres::BlockingConnection& from, postgres::BlockingConnection& to) {
  EMP_ASSIGN(const auto size, from.run("SELECT pg_database_size(current_database())"));
  EMP_ASSIGN(const auto place, to.run("SELECT coalesce(nullif(pg_tablespace_location(d.dattablespace), ''), current_setting('data_directory')), "
                                      "pg_size_bytes(current_setting('max_wal_size')), pg_backend_pid() FROM pg_database d WHERE datname = "
                                      "current_database()"));
  Room out;
  out.database_bytes = number(size[0][0]);
  out.folder = place[0][0].value_or("");
  out.log_bytes_max = number(place[0][1]);
  struct statvfs disk{};
  if (is_process_of_postgres_here(place[0][2].value_or("")) && statvfs(out.folder.c_str(), &disk) == 0) {
    out.free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  }
  return out;
}

std::string bytes_in_words(std::uint64_t bytes) {
  constexpr std::array units = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  std::uint64_t tenths = bytes * 10;
  for (; tenths >= 10'240 && unit + 1 < units.size(); ++unit) tenths /= 1'024;
  if (unit == 0 || tenths >= 1'000) return text(tenths / 10, ' ', units[unit]);
  return text(tenths / 10, '.', tenths % 10, ' ', units[unit]);
}

Result<std::string> expect_room(const Room& room) {
  const std::string needs = text("it takes ", bytes_in_words(room.database_bytes), ", and up to ", bytes_in_words(room.needed_bytes()), " while it is copied");
  if (!room.free_bytes) return text(needs, "; how much is free on the new server is not known from here: see to it that there is room in ", room.folder);
  if (*room.free_bytes >= room.needed_bytes()) return text(needs, "; ", bytes_in_words(*room.free_bytes), " are free in ", room.folder);
  return fail(ErrorKind::rule_violated, "NO_ROOM",
              text(needs, ", but only ", bytes_in_words(*room.free_bytes), " are free in ", room.folder,
                   ": make room there, or give --ignore-space if you know better"));
}

}  // namespace emporion::app::moving
