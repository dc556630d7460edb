#pragma once

#include <string>

#include "apps/emporion/load/result.hpp"

namespace emporion::load {

/// Shows a run while it goes on, on standard output: in place on a terminal, else a line a second.
class LiveView {
 public:
  enum class Kind : std::uint8_t { terminal, lines, none };
  LiveView(Kind kind, std::string title, microseconds span) : kind_(kind), title_(std::move(title)), span_(span) {}
  void show(const Moment& moment);

 private:
  Kind kind_;
  std::string title_;
  microseconds span_;
  int drawn_ = 0;  ///< Lines to go up before the next picture.
};

/// "12 s  480/s  23 orders/s  p50 1.20 ms  p99 9.80 ms  max 12.0 ms  in flight 8  errors 0 (expected 2, shed 1)"
std::string line_of(const Moment& moment);
/// The same as some lines, with the errors by status and reason.
std::string picture_of(const Moment& moment, const std::string& title, microseconds span);
/// What is printed at the end: steps, errands and errors as tables, then the generator's own cost. The verdict is not in it.
std::string summary_of(const RunResult& result);

}  // namespace emporion::load
