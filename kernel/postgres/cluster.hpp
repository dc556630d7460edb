#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::postgres {

class BlockingConnection;

/// Tests may trade the safety of their data for speed; a product never does.
enum class Durability : std::uint8_t { full, none_for_tests };

/// A PostgreSQL cluster of our own in a folder: made on first use, reached over a Unix socket only, stopped when asked. As root it runs as the OS user
/// `postgres`. fsync and synchronous_commit stay on. Blocking; for start-up and tests.
class PrivateCluster {
 public:
  using Progress = std::function<void(std::string_view)>;
  /// Makes it if absent and starts it if it is not running (also after a crash of either process). Errors: POSTGRES_NOT_INSTALLED, CLUSTER_FAILED (with the
  /// server's last lines), DISK_FULL, HOME_NOT_WRITABLE; each says what to do.
  static Result<PrivateCluster> start(const std::filesystem::path& folder, const Progress& progress = {}, Durability durability = Durability::full);

  /// Makes the module's role (with a password of its own, kept in the folder, readable by us only) and its database if absent, revokes CONNECT on it from
  /// PUBLIC, and answers the role's DSN. Safe to repeat. Errors: MODULE_MOVED after `drop_database`, until `readmit`.
  Result<std::string> ensure_database(std::string_view module);
  /// Drops the module's database, role and password. `ensure_database` refuses from then on, in the words of `where_now`: who believes that the module is here
  /// must not find an empty database. Safe to repeat, also after it ended in the middle. Errors: DATABASE_IN_USE, and everything is as it was.
  Result<> drop_database(std::string_view module, std::string_view where_now);
  /// The same as `ensure_database` for who brings the module back; others are refused until `readmit`.
  Result<std::string> make_again(std::string_view module);
  Result<> readmit(std::string_view module);
  /// The superuser's DSN on database `name`: for tests and the audit's damage fixtures only.
  std::string superuser_dsn(std::string_view name) const;
  /// True if the server was running already when `start` came: then somebody else may need it.
  bool was_running() const noexcept { return was_running_; }
  /// Fast shutdown; waits until it is down.
  Result<> stop();

 private:
  PrivateCluster(std::filesystem::path folder, std::filesystem::path socket_folder, bool was_running);
  Result<BlockingConnection*> administrator();
  std::filesystem::path moved_mark(std::string_view module) const;
  std::filesystem::path folder_;
  std::filesystem::path socket_folder_;
  bool was_running_;
  std::shared_ptr<BlockingConnection> administrator_;  ///< Opened on first use.
};

}  // namespace emporion::postgres
