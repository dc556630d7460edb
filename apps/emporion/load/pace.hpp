#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/load/dice.hpp"
#include "kernel/base/time.hpp"

namespace emporion::load {

/// A stretch of a run: the level goes straight from one end to the other. 1 is all that was asked for: that many clients, or that rate.
struct Phase {
  std::string name;
  microseconds span{0};
  double from = 1;
  double to = 1;
  friend bool operator==(const Phase&, const Phase&) = default;
};

/// The level over the time of a run.
class Pace {
 public:
  /// Phases in turn; at least one, each longer than nothing.
  explicit Pace(std::vector<Phase> phases);
  static Pace steady(microseconds span) { return Pace({{.name = "steady", .span = span}}); }

  /// The same shape in another time.
  Pace stretched_to(microseconds span) const;

  microseconds span() const noexcept { return span_; }
  const std::vector<Phase>& phases() const noexcept { return phases_; }
  /// From 0; 0 after the end.
  double level_at(microseconds since_start) const;
  /// The name of the phase, empty after the end.
  const std::string& phase_at(microseconds since_start) const;
  /// The first instant, in seconds from the start, by which `amount` of level × seconds has passed since `from_s`; nothing if the run ends before.
  std::optional<double> when_passed(double from_s, double amount) const;

 private:
  std::vector<Phase> phases_;
  microseconds span_{0};
};

enum class Arrivals : std::uint8_t {
  even,    ///< At equal distances, which is the harder proof of a rate.
  random,  ///< As visitors who know nothing of each other come (Poisson).
};

/// The instants at which visitors come, whether anybody is ready for them or not: what an open loop counts its latencies from.
class ArrivalTimes {
 public:
  ArrivalTimes(Pace pace, double rate_per_s, Arrivals arrivals, Dice dice);
  /// The next one after the start; nothing after the end.
  std::optional<microseconds> next();

 private:
  Pace pace_;
  double rate_per_s_;
  Arrivals arrivals_;
  Dice dice_;
  double last_s_ = 0;  ///< Not rounded to microseconds: a high rate would drift.
  bool is_first_ = true;
};

}  // namespace emporion::load
