#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::postgres {

/// Whom and what a connection string names. What it leaves out is the driver's default, save the user, which may be the process's own: then empty.
struct DsnTarget {
  std::string host;  ///< Name, address, or the folder of the socket; several are joined by commas, as the driver reads them.
  std::string port;
  std::string user;
  std::string database;
  friend bool operator==(const DsnTarget&, const DsnTarget&) = default;
};

/// Reads both forms: `host=db1 user=order dbname=order` and `postgresql://order@db1/order`. The password is not kept. Errors: DSN_MALFORMED, whose detail never
/// shows the string.
Result<DsnTarget> target_of_dsn(std::string_view dsn);

}  // namespace emporion::postgres
