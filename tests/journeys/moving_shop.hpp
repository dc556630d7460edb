#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {

/// Where the second server is.
struct MovingTarget {
  int disk_mib = 0;                 ///< A file system of its own of that size, where this process may mount one (`has_disk_of_its_own`).
  bool on_host = false;             ///< Both servers are hosts with an address each, which take connections from each other over TLS and with passwords only.
  std::string wal_level_at_home{};  ///< Of the server that has everything at first. Empty: as `emporion up` has it.
};

/// The demo shop in one process, with a second PostgreSQL server and the placement of a second process, `moved`, to which one module may go.
class MovingShop {
 public:
  /// `moves_database`: to a database of its own on that server; else the process alone moves.
  MovingShop(std::string module, bool moves_database, MovingTarget target = {});
  ~MovingShop();

  bool has_disk_of_its_own() const noexcept { return has_disk_of_its_own_; }
  void resize_target(int mib);

  /// The process that has everything at first.
  ShopProcess& whole() noexcept { return shop_; }
  /// The one that the module goes to. Not started by itself: it is part of a move.
  ServedProcess& other() noexcept { return other_; }
  void start_other();
  /// Starts it once the database that a move fills says that it waits, and waits until it is ready; nothing if it runs.
  void start_other_when_awaited();
  /// The process that has everything else in the placement of after the move, to be started instead of `whole`.
  ServedProcess& rest() noexcept { return rest_; }
  void start_rest();

  /// Runs `emporion extract` or `absorb` with these words more, to its end. Callable from any thread, one at a time.
  Ended move(const std::string& command, const std::vector<std::string>& words = {});
  std::vector<Ended> move_twice_at_once(const std::string& command, const std::vector<std::string>& words);
  /// The same as `move`, killed as soon as it has printed a line that begins so. Answers what it printed until then.
  std::string move_and_kill(const std::string& command, const std::string& at_line);
  /// `emporion audit` with the placement of after the move, if the module is out, else of before.
  int audit(bool is_out);
  const std::string& report() const noexcept { return report_; }

  /// The first value that the query answers in the database of `module` in the home.
  std::string value_at_home(const std::string& module, const std::string& sql);
  /// The same where the module went to.
  std::string value_elsewhere(const std::string& sql);
  /// The same of the server there, whether or not the module's database is.
  std::string value_at_target(const std::string& sql);
  std::string value_at_home_server(const std::string& sql);
  std::string logs() const;
  /// Whether the module could serve from the database there just now: it may connect, and is not told to wait.
  bool could_serve_elsewhere() const;
  /// How the module's database there is reached; how it would be without TLS.
  const std::string& target_dsn() const noexcept { return target_dsn_; }
  std::string plain_target_dsn() const;

 private:
  void make_hosts();
  std::string over_tls(const std::string& address, const std::string& dsn) const;
  std::vector<std::string> words_of(const std::string& command, const std::vector<std::string>& words) const;
  void write_placement();
  std::string module_;
  bool moves_database_;
  bool has_disk_of_its_own_ = false;
  ShopProcess shop_{"demo: true\n"};  ///< Its databases need not outlive the machine.
  std::optional<postgres::PrivateCluster> home_;
  std::optional<postgres::PrivateCluster> target_;
  std::string target_dsn_;
  std::string home_address_, target_address_;  ///< Of hosts; else empty.
  ServedProcess other_;
  ServedProcess rest_;
  std::string report_;
};

/// Buyers who buy for as long as they are told, and remember what they were answered.
class Crowding {
 public:
  Crowding(http::Client& client, std::string url, int buyers) : client_(client), url_(std::move(url)), count_(buyers) {}
  /// Buys until `stop`.
  Task<int> buy(Runtime& runtime);
  void stop() noexcept { stopped_ = true; }

  int orders() const noexcept { return orders_; }
  int requests() const noexcept { return requests_; }
  /// Requests that got no answer, or one of 429 or over 499, with what it was.
  const std::vector<std::string>& failed() const noexcept { return failed_; }
  milliseconds longest() const noexcept { return longest_; }

 private:
  static Task<int> one(Crowding& crowd, Runtime& runtime, int number);
  /// Answers true if it is an answer; whether it is a good one is another question.
  Task<Reply> timed(Task<Reply> call, const char* what);
  http::Client& client_;
  std::string url_;
  int count_;
  bool stopped_ = false;
  int orders_ = 0;
  int requests_ = 0;
  std::vector<std::string> failed_;
  milliseconds longest_{0};
};

}  // namespace emporion::journeys
