#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::postgres {

/// Whom and what a connection string names. What it leaves out is the driver's default, save the user, which may be the process's own: then empty.
struct DsnTarget {
  std::string host;  ///< Name, address, or the folder of the socket; several are joined by commas, as the driver reads them.
  std::string port;
  std::string user;
  std::string database;
  std::string password_file{};  ///< Named by the string; else empty.
  friend bool operator==(const DsnTarget&, const DsnTarget&) = default;
};

/// Reads both forms: `host=db1 user=order dbname=order` and `postgresql://order@db1/order`. The password is not kept. Errors: DSN_MALFORMED, whose detail never
/// shows the string.
Result<DsnTarget> target_of_dsn(std::string_view dsn);

/// The password that the driver would use: the string's, the environment's or its password file's. Empty if there is none.
std::string password_of_dsn(std::string_view dsn);

/// One of the servers that a connection string names. Empty parts are the driver's defaults.
struct DsnHost {
  std::string host;
  std::string address;
  std::string port;
  /// "db1:5433", for people.
  std::string to_string() const;
  friend bool operator==(const DsnHost&, const DsnHost&) = default;
};

/// The servers of `host=a,b,c port=…`, in their order; one without parts if it names none, or if the driver is to refuse what it says. Errors: DSN_MALFORMED.
Result<std::vector<DsnHost>> hosts_of_dsn(std::string_view dsn);

/// A connection string that names a server, and how to reach it, made one for `name`: a role and a database called so. Errors: DSN_MALFORMED; DSN_NOT_A_SERVER
/// if it names a user or a database already.
Result<std::string> dsn_on_server(std::string_view server, std::string_view name);

}  // namespace emporion::postgres
