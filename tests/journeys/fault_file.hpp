#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace emporion::journeys {

/// Orders faults of a running process that was started with `environment()`: kernel/fault says what an order may be.
class FaultFile {
 public:
  explicit FaultFile(std::filesystem::path file) : file_(std::move(file)) {}
  std::string environment() const { return "EMPORION_FAULT=file:" + file_.string(); }

  /// From now on, and from the start for processes to come.
  void arm(const std::string& order);
  void disarm();
  /// Whether the crash or the loss that was armed has happened.
  bool has_fired() const;
  /// Lists the points that are passed from now on, until `listed` is called.
  void list();
  std::vector<std::string> listed();

 private:
  std::filesystem::path fired() const { return file_.string() + ".fired"; }
  std::filesystem::path points() const { return file_.string() + ".points"; }
  std::filesystem::path file_;
};

}  // namespace emporion::journeys
