#pragma once

#include <string>
#include <vector>

#include "apps/emporion/load/round.hpp"
#include "kernel/base/time.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::load {

/// The machine that the load came from; what was loaded may be the same.
struct Machine {
  std::string processor;
  std::int64_t cores = 0;
  std::int64_t memory_mib = 0;
  std::string system;  ///< "Linux 6.1"
  std::string load_average;
  static Machine of_this();
};

/// Everything about a run that a report tells.
struct RunResult {
  const Scenario& scenario;
  const Plan& plan;
  const Figures& figures;
  std::string url;
  UtcTime started_at;
  microseconds elapsed{0};
  std::int64_t begun = 0;
  std::int64_t cut_off = 0;
  bool was_stopped = false;
  double processor_s = 0;  ///< Of the generator itself.
  Machine machine;

  bool is_clean() const { return figures.errors(Sort::unexpected) == 0 && figures.orders_unknown == 0; }
  /// One sentence.
  std::string verdict() const;
  double per_second(std::int64_t amount) const { return elapsed.count() == 0 ? 0 : static_cast<double>(amount) * 1e6 / static_cast<double>(elapsed.count()); }
  double processor_us_per_request() const;
};

/// The shares, of a million, that are reported of every histogram, with their names.
struct Percentile {
  std::string_view name;  ///< "p99"
  std::uint64_t of_million;
};
std::span<const Percentile> percentiles();

/// One JSON document: `emporion.load.result/1`. Spans are whole microseconds.
std::string to_json(const RunResult& result);

/// A number with so many decimals, as JSON and for people.
std::string decimal(double value, int decimals = 2);
/// Microseconds for people: "0.84 ms", "1.20 s".
std::string span_text(std::int64_t micros);

}  // namespace emporion::load
