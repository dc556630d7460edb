#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "apps/emporion/load/histogram.hpp"
#include "kernel/base/time.hpp"

namespace emporion::load {

/// Who is told how a visitor fares.
class Witness {
 public:
  virtual ~Witness() = default;
  /// An answer came, `span` after the request was sent and `lateness` more after it should have been. `step` is a literal.
  virtual void answered(std::string_view step, int status, microseconds span, microseconds lateness) = 0;
  /// It was a refusal, or (status 0) none came.
  virtual void refused(std::string_view step, int status, std::string_view reason) = 0;
  /// The same request goes out again, because nobody knows what became of it.
  virtual void repeated(std::string_view) {}
};

/// What an error means for the verdict.
enum class Sort : std::uint8_t {
  expected,    ///< The scenario says that it is part of the matter.
  shed,        ///< 429 and 503: the shop said that it has too much to do.
  unexpected,  ///< Makes the run fail.
};
std::string_view to_string(Sort sort) noexcept;

/// What a run saw. Memory does not grow with its length: a series is made coarser instead.
class Figures final : public Witness {
 public:
  struct Latencies {
    Histogram corrected;  ///< From when the request should have been sent.
    Histogram service;    ///< From when it was sent.
  };
  struct Key {
    std::string step;
    int status = 0;
    std::string reason;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Counted {
    Sort sort = Sort::expected;  ///< The worst of what was counted under one key.
    std::int64_t count = 0;
  };
  /// A stretch of time. The histogram's buckets that hold anything, with their counts.
  struct Point {
    std::int64_t requests = 0, orders = 0, expected = 0, shed = 0, unexpected = 0;
    std::int64_t in_flight_max = 0;
    std::vector<std::pair<std::uint16_t, std::uint32_t>> latencies = {};
    std::int64_t max_us = 0;
    friend bool operator==(const Point&, const Point&) = default;
  };

  explicit Figures(std::vector<std::string> expected) : expected_(std::move(expected)) {}

  void answered(std::string_view step, int status, microseconds span, microseconds lateness) override;
  void refused(std::string_view step, int status, std::string_view reason) override;
  void repeated(std::string_view) override { ++repeats; }
  /// A visitor is done with an errand that has ended as wanted; `lateness` as above.
  void journey_ended(std::string_view errand, microseconds span, microseconds lateness);
  void order_placed() {
    ++orders;
    ++point_.orders;
  }
  void visitor_came() {
    ++in_flight;
    if (in_flight > point_.in_flight_max) point_.in_flight_max = in_flight;
  }
  void visitor_left() { --in_flight; }
  /// A second is over. Points of the series are `point_s` long by now.
  void end_second();
  /// The run is over: what is left of the last second and point goes into the series.
  void finish();

  std::int64_t errors(Sort sort) const noexcept { return sums_[static_cast<std::size_t>(sort)]; }

  Latencies requests;
  std::map<std::string_view, std::unique_ptr<Latencies>> steps;
  std::map<std::string_view, std::unique_ptr<Latencies>> journeys;
  std::map<Key, Counted> refusals;
  std::int64_t orders = 0;
  std::int64_t orders_unknown = 0;  ///< Confirms whose outcome could not be found out.
  std::int64_t repeats = 0;
  std::int64_t in_flight = 0;
  std::vector<Point> series;
  std::int64_t point_s = 1;  ///< How long each point of the series is.
  Histogram last_second;     ///< Corrected latencies, for whoever looks on.
  Point last_point;

 private:
  Sort sort_of(int status, std::string_view reason) const;
  void close_point();
  void coarsen();

  std::vector<std::string> expected_;
  std::int64_t sums_[3] = {};
  Point point_;
  Histogram second_;
  Histogram span_;            ///< Of the point that is being filled.
  std::int64_t seconds_ = 0;  ///< In it.
};

/// What a point's latencies were: as Histogram::at.
std::int64_t latency_at(const Figures::Point& point, std::uint64_t of_million);

}  // namespace emporion::load
