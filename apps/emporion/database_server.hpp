#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/emporion/placement.hpp"
#include "kernel/base/result.hpp"

namespace emporion::app {

/// What is done to a server that Emporion does not own, for those of its modules that the placement puts there.
struct ServerPreparation {
  std::string administrator;         ///< Connection string of a role that may make roles and databases.
  std::vector<std::string> modules;  ///< Of the placement; empty: all that are on a server.
  bool reset_passwords = false;      ///< Roles that are there get the password that the placement's connection string leads to.
};

/// Makes for each module the role and the database of its connection string, where they are missing, with the rights that the private cluster gives: the role
/// owns the database and nobody else may connect to it. A password that is nowhere is made and added to the password file that the connection string names.
/// `tell` hears a line for each module. Ends with a connection as each module, so what it made works. Repeating it changes nothing; two at once come after each
/// other. Errors: NOTHING_TO_PREPARE, SERVERS_DIFFER, SERVER_TOO_OLD, DSN_WITHOUT_ROLE, DATABASE_OF_ANOTHER, PASSWORD_UNKNOWN, PASSWORD_FILE_NOT_WRITABLE,
/// SERVER_REFUSED with what the server says, DATABASE_UNAVAILABLE. What was made before an error stays and is found by the next run.
Result<> prepare_server(const Placement& placement, const ServerPreparation& wanted, const std::function<void(std::string_view)>& tell);

}  // namespace emporion::app
