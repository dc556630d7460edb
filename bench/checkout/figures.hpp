#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/emporion/load/figures.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::bench {

/// What a round saw: how long each step's answers took, and what was not answered as wanted. Every span is kept, so the percentiles are exact.
class Figures final : public load::Witness {
 public:
  /// `step` is a literal. Answers that refuse are told apart: who is told that there is none left has another time than who gets one.
  void answered(std::string_view step, int status, microseconds span, microseconds) override { spans_[{step, status >= 400}].push_back(span.count()); }
  void refused(std::string_view step, int, std::string_view reason) override { ++errors_[std::string(step) + " " + std::string(reason)]; }

  /// The members "steps" and "errors" of an object that is open.
  void write(json::Writer& writer);

 private:
  std::map<std::pair<std::string_view, bool>, std::vector<std::int64_t>> spans_;
  std::map<std::string, std::int64_t> errors_;
};

/// A number with two decimals, as JSON.
std::string decimal(double value);

}  // namespace emporion::bench
