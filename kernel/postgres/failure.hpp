#pragma once

#include <string>
#include <string_view>

#include "kernel/base/error.hpp"

struct pg_result;

namespace emporion::postgres {

/// What the server said of a failed statement, taken apart.
struct Failure {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::string constraint;
  std::string where;
};

Failure failure_of(const pg_result* result);

/// The table in database.hpp. `statement` names what failed, for the log.
Error to_error(const Failure& failure, std::string_view statement);

Error database_unavailable(std::string_view why);
Error outcome_unknown(std::string_view why);

}  // namespace emporion::postgres
