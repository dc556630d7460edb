#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {

/// The demo shop, served by the several processes of a placement of deploy/placement: on free ports, from a home of its own, with certificates made for it.
class ShopInParts {
 public:
  /// Seeds the demo shop, in one process that has ended again, and makes the certificates. Starts no part yet. `name`: "per-module".
  explicit ShopInParts(const std::string& name);

  /// Of all parts, sorted.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Starts a part and does not wait for it.
  void launch(const std::string& name);
  ServedProcess& part(const std::string& name) { return *parts_.at(name); }
  /// Starts all parts that do not run, at once, and waits until all are ready.
  void start_all();
  /// SIGTERM to all at once. Answers their exit codes.
  std::map<std::string, int> stop_all();

  /// Where the public buys.
  const std::string& url() const noexcept { return url_; }
  /// Where a part tells of its health and its metrics.
  std::string metrics_url(const std::string& name) const { return "http://" + metrics_.at(name); }
  /// What a part complained of.
  std::string log_of(const std::string& name) const { return text_of(log_file(name)); }
  /// The whole shop: its home, its commands and its audit.
  ShopProcess& whole() noexcept { return whole_; }
  std::string placement_file() const { return (whole_.home() / "parts.yaml").string(); }

 private:
  std::filesystem::path log_file(const std::string& name) const { return whole_.home() / (name + ".log"); }
  void write_placement(const std::string& deployed);

  ShopProcess whole_;  ///< Outlives the parts: it removes the home.
  std::vector<std::string> names_;
  std::map<std::string, std::string> metrics_;
  std::map<std::string, std::unique_ptr<ServedProcess>> parts_;
  std::string url_;
};

}  // namespace emporion::journeys
