#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace emporion::journeys {

/// The real binary, serving on a free port of 127.0.0.1 from a home of its own. Ends it, and removes the home, when it goes.
class ShopProcess {
 public:
  /// `settings`: lines of the placement file. Does not start yet.
  explicit ShopProcess(std::string settings = {});
  ~ShopProcess();
  ShopProcess(const ShopProcess&) = delete;
  ShopProcess& operator=(const ShopProcess&) = delete;

  /// Starts it with the demo shop and waits for its `ready` line. Fails the test program if it does not come within two minutes.
  void start(const std::vector<std::string>& environment = {});
  /// True while the process lives.
  bool is_running();
  /// SIGTERM, and waits for a clean end. Answers the exit code.
  int stop();
  /// SIGKILL: nothing is tidied up. PostgreSQL goes on by itself.
  void kill();
  /// Waits for a process that ends by itself (an ordered crash). Answers false after `limit_s` seconds.
  bool wait_for_end(int limit_s);
  /// Makes the administrator, beside the running server. Answers the exit code.
  int make_admin(const std::string& email, const std::string& password);
  /// Runs `emporion audit` on the home. Answers its exit code; its report is in `audit_report`.
  int audit();
  const std::string& audit_report() const noexcept { return audit_report_; }
  const std::string& url() const noexcept { return url_; }
  const std::filesystem::path& home() const noexcept { return home_; }

 private:
  std::filesystem::path home_;
  std::string url_;
  std::string audit_report_;
  pid_t pid_ = -1;
};

}  // namespace emporion::journeys
