#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/base/error.hpp"
#include "kernel/postgres/database.hpp"

struct pg_conn;

namespace emporion::postgres {

/// A statement as a session knows it.
struct Prepared {
  enum class State : std::uint8_t { absent, pending, ready };
  std::string_view statement;  ///< The key it is found by.
  std::string name;            ///< On the server; new at each attempt.
  std::string sql;
  std::vector<std::uint32_t> oids;
  bool filters_optionally = false;  ///< `has_optional_filter`, found out once.
  State state = State::absent;
  std::optional<Error> error;  ///< Why the last attempt failed.
};

/// The statements of one session by their names. A reference to one is good until `clear`.
class PreparedStatements {
 public:
  /// New ones are absent. One name with two texts or two lists of parameter types is a bug.
  Prepared& find(const Bound& bound);
  /// Sends the preparation, which is then pending. False: libpq refuses.
  bool send(pg_conn* session, Prepared& statement);
  /// The session is over; what it had prepared is gone.
  void clear() noexcept { statements_.clear(); }

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
  };
  std::unordered_map<std::string, Prepared, NameHash, std::equal_to<>> statements_;
  std::uint64_t names_ = 0;
};

}  // namespace emporion::postgres
