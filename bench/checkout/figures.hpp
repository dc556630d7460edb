#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/time.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::bench {

/// What a round saw: how long each step's answers took, and what was not answered as wanted. Every span is kept, so the percentiles are exact.
class Figures {
 public:
  /// `step` is a literal.
  void answered(std::string_view step, microseconds span) { spans_[step].push_back(span.count()); }
  void refused(std::string_view step, std::string_view reason) { ++errors_[std::string(step) + " " + std::string(reason)]; }

  /// The members "steps" and "errors" of an object that is open.
  void write(json::Writer& writer);

 private:
  std::map<std::string_view, std::vector<std::int64_t>> spans_;
  std::map<std::string, std::int64_t> errors_;
};

/// A number with two decimals, as JSON.
std::string decimal(double value);

}  // namespace emporion::bench
