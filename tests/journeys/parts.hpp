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

/// The processes of a placement of deploy/placement over the home of a shop that was seeded: on free ports, with certificates made for them.
class Parts {
 public:
  /// Makes the placement, of the lines of placement.yaml in the home and of `name` ("per-module"), and the certificates. Starts no part yet. `port` is where
  /// the public buys; 0 takes a free one.
  Parts(std::filesystem::path home, const std::string& name, std::uint16_t port = 0);

  /// Of all parts, sorted.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Starts a part and does not wait for it.
  void launch(const std::string& name, const std::vector<std::string>& environment = {});
  ServedProcess& part(const std::string& name) { return *parts_.at(name); }
  /// Starts all parts that do not run, at once, and waits until all are ready.
  void start_all(const std::vector<std::string>& environment = {});
  bool all_run();
  /// A signal to all at once. Answers their exit codes.
  std::map<std::string, int> stop_all(int signal = SIGTERM);
  void kill_all();

  /// Where the public buys.
  const std::string& url() const noexcept { return url_; }
  /// Where a part tells of its health and its metrics.
  std::string metrics_url(const std::string& name) const { return "http://" + metrics_.at(name); }
  /// What a part complained of.
  std::string log_of(const std::string& name) const { return text_of(log_file(name)); }
  std::string placement_file() const { return (home_ / "parts.yaml").string(); }

 private:
  std::filesystem::path log_file(const std::string& name) const { return home_ / (name + ".log"); }
  void write_placement(const std::string& deployed, std::uint16_t port);

  std::filesystem::path home_;
  std::vector<std::string> names_;
  std::map<std::string, std::string> metrics_;
  std::map<std::string, std::unique_ptr<ServedProcess>> parts_;
  std::string url_;
};

}  // namespace emporion::journeys
