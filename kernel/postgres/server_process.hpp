#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::postgres {

/// Whom PostgreSQL's programs run as: ourselves, or the OS user `postgres` when we are root (they refuse root).
struct OsUser {
  uid_t uid;
  gid_t gid;
  bool is_other;  ///< Not the user that this process runs as.
  /// Errors: POSTGRES_NOT_INSTALLED.
  static Result<OsUser> for_server();
};

/// Starts a program in a session of its own, with `output` (a file descriptor) as its standard output and error and no other descriptor open. Answers its
/// process id, or -1.
pid_t spawn(const std::vector<std::string>& arguments, const OsUser& user, int output);

struct Ended {
  int status;  ///< Exit status; 128 + signal if killed; 127 if it could not be started.
  std::string output;
};
/// Runs a program to its end.
Ended run_to_end(const std::vector<std::string>& arguments, const OsUser& user);

/// The process id of the server of `data`, or 0 if none runs. Believes neither postmaster.pid nor a zombie: a server's working folder is its data folder.
pid_t running_server(const std::filesystem::path& data);
/// True if any process works in `data`: a server, or a backend that outlived one.
bool is_in_use(const std::filesystem::path& data);
/// True once `process` has ended; takes its status if it was our child. One whose parent has not taken its status has ended, too.
bool has_ended(pid_t process);

}  // namespace emporion::postgres
