#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/journeys/served_process.hpp"

namespace emporion::journeys {

/// The processes of a placement, of deploy/placement or of placements/ beside this file, over the home of a shop that was seeded: on free ports, with
/// certificates made for them. Replicas of a process are parts of their own: `sales-1`, `sales-2`.
class Parts {
 public:
  /// Makes the placement, of the lines of placement.yaml in the home and of `name` ("per-module"), and the certificates. Starts no part yet. `port` is where
  /// the public buys, at the first replica; 0 takes a free one.
  Parts(std::filesystem::path home, const std::string& name, std::uint16_t port = 0);

  /// Of all parts, sorted.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Starts a part and does not wait for it.
  void launch(const std::string& name, const std::vector<std::string>& environment = {});
  ServedProcess& part(const std::string& name) { return *parts_.at(name).process; }
  /// Starts all parts that do not run, at once, and waits until all are ready.
  void start_all(const std::vector<std::string>& environment = {});
  bool all_run();
  /// A signal to all at once. Answers their exit codes.
  std::map<std::string, int> stop_all(int signal = SIGTERM);
  void kill_all();

  /// Where the public buys: the first of `urls`, which has one for each replica of the gateway.
  const std::string& url() const noexcept { return urls_.front(); }
  const std::vector<std::string>& urls() const noexcept { return urls_; }
  /// Where a part tells of its health and its metrics.
  std::string metrics_url(const std::string& name) const { return "http://" + parts_.at(name).metrics; }
  /// What a part complained of.
  std::string log_of(const std::string& name) const { return text_of(log_file(name)); }
  std::string placement_file() const { return (home_ / "parts.yaml").string(); }

 private:
  struct Part {
    std::vector<std::string> words;  ///< That choose it, for `emporion serve`.
    std::string metrics;
    std::unique_ptr<ServedProcess> process;
  };
  std::filesystem::path log_file(const std::string& name) const { return home_ / (name + ".log"); }
  void write_placement(const std::string& deployed, std::uint16_t port);

  std::filesystem::path home_;
  std::vector<std::string> names_;
  std::map<std::string, Part> parts_;
  std::vector<std::string> urls_;
};

}  // namespace emporion::journeys
