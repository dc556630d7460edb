#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/journeys/parts.hpp"
#include "tests/journeys/served_process.hpp"

namespace emporion::journeys {

/// The real binary, serving on a free port of 127.0.0.1 from a home of its own. Ends it, and removes the home, when it goes. With
/// EMP_JOURNEY_PLACEMENT=per-module (or per-domain) the shop is served by the processes of that placement instead: every journey can run either way.
class ShopProcess {
 public:
  /// `settings`: lines of the placement file. `placement` is used instead of EMP_JOURNEY_PLACEMENT, if given. Does not start yet.
  explicit ShopProcess(std::string settings = {}, std::string placement = {});
  ~ShopProcess();
  ShopProcess(const ShopProcess&) = delete;
  ShopProcess& operator=(const ShopProcess&) = delete;

  /// Starts it with the demo shop and waits for its `ready` line. Fails the test program if it does not come within two minutes. `port` 0 takes a free one, and
  /// then no carrier drives: it must know beforehand where to report to.
  void start(const std::vector<std::string>& environment = {}, std::uint16_t port = 0);
  /// Makes the shop in one process, and ends that again.
  void seed();
  /// True while the process lives; of several, while all do.
  bool is_running();
  /// SIGTERM, or another signal, and waits for a clean end. Answers the exit code; of several, the first that is not 0.
  int stop(int signal = SIGTERM);
  /// Starts it, and sends SIGINT as soon as its PostgreSQL runs, long before it is ready. Answers the exit code.
  int interrupt_start();
  /// True while the home's PostgreSQL runs, or has died without tidying up.
  bool has_postgres() const { return std::filesystem::exists(home_ / "postgres" / "data" / "postmaster.pid"); }
  /// SIGKILL: nothing is tidied up. PostgreSQL goes on by itself.
  void kill();
  /// Waits for a process that ends by itself (an ordered crash); of several, for any. Answers false after `limit_s` seconds.
  bool wait_for_end(int limit_s);
  /// Runs another command on the home, {"admin", "create", …}, to its end, with these lines more in the placement file. Answers its exit code; what it wrote to
  /// its standard output is in `printed`, and to its standard error in `complained`.
  int command(std::vector<std::string> words, const std::vector<std::string>& environment = {}, const std::string& settings = {});
  const std::string& printed() const noexcept { return printed_; }
  const std::string& complained() const noexcept { return complained_; }
  /// Runs `emporion audit` on the home, with these lines more in the placement file and these options more. Answers its exit code; its report is in
  /// `audit_report`.
  int audit(const std::string& settings = {}, const std::vector<std::string>& options = {});
  const std::string& audit_report() const noexcept { return audit_report_; }
  const std::string& url() const noexcept { return url_; }
  /// Where its processes tell of their metrics.
  std::vector<std::string> metrics_urls() const;
  const std::filesystem::path& home() const noexcept { return home_; }

 private:
  void launch(const std::vector<std::string>& environment, std::uint16_t port);
  std::filesystem::path home_;
  std::string placement_;  ///< "one", or a file of deploy/placement.
  std::string url_;
  std::string audit_report_;
  std::string printed_;
  std::string complained_;
  ServedProcess process_;
  std::unique_ptr<Parts> parts_;  ///< Instead of it.
};

}  // namespace emporion::journeys
