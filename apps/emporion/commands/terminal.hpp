#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/error.hpp"

namespace emporion::app {

/// Prints "emporion: <what failed>: <detail> (<reason>)" on standard error and answers exit code 1.
int report_failure(std::string_view what, const Error& error);

/// A bar on standard error while it is a terminal, else a line at each tenth: "import 40 % (216,000 of 541,909 rows)".
class ProgressBar {
 public:
  /// `total` 0: unknown, only counts are shown.
  ProgressBar(std::string label, std::string unit, std::uint64_t total);
  ~ProgressBar();
  void set(std::uint64_t done);
  void finish();

 private:
  void draw();
  std::string label_;
  std::string unit_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  int shown_ = -1;
  bool is_terminal_;
  bool finished_ = false;
};

/// 1234567 → "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace emporion::app
