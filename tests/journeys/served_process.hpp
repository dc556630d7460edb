#pragma once

#include <signal.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace emporion::journeys {

/// A command of the binary that has run to its end.
struct Ended {
  int code = -1;
  std::string printed;     ///< Standard output.
  std::string complained;  ///< Standard error.
};
/// Runs the binary with these words; what it writes is kept in `folder` meanwhile. After `limit_s` seconds, if not 0, it is ended by SIGALRM.
Ended run_emporion(std::vector<std::string> words, const std::filesystem::path& folder, const std::vector<std::string>& environment = {}, unsigned limit_s = 0);

/// The same for any program, whose path is the first word.
Ended run_program(const std::vector<std::string>& words, const std::filesystem::path& folder, const std::vector<std::string>& environment = {},
                  unsigned limit_s = 0);

/// The whole file, empty if there is none.
std::string text_of(const std::filesystem::path& file);

/// The real binary while it serves. Killed when it goes.
class ServedProcess {
 public:
  ServedProcess() = default;
  ~ServedProcess();
  ServedProcess(const ServedProcess&) = delete;
  ServedProcess& operator=(const ServedProcess&) = delete;

  /// Starts the binary with these words. What it complains of is added to `log`.
  void start(std::vector<std::string> words, const std::vector<std::string>& environment, const std::filesystem::path& log);
  /// What follows on its line `ready`. Fails the test program, after printing the log, if that does not come within two minutes.
  std::string wait_until_ready();
  /// True while the process lives.
  bool is_running();
  /// SIGTERM, or another signal, and waits for a clean end, at most a minute. Answers the exit code; -1: it had ended already; -2: it had to be killed.
  int stop(int signal = SIGTERM);
  /// The two halves of it, for stopping several at once.
  void tell(int signal);
  int wait_for_exit();
  /// SIGKILL: nothing is tidied up.
  void kill();
  /// Waits for a process that ends by itself. Answers false after `limit_s` seconds.
  bool wait_for_end(int limit_s);

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::filesystem::path log_;
};

}  // namespace emporion::journeys
