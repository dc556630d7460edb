#include "apps/emporion/load/figures.hpp"

#include <algorithm>

namespace emporion::load {
namespace {

constexpr std::size_t points_max = 600;      // More are not to be told apart in a chart.
constexpr std::size_t refusals_max = 1'000;  // Reasons come from the other side.

std::unique_ptr<Figures::Latencies>& of(std::map<std::string_view, std::unique_ptr<Figures::Latencies>>& all, std::string_view name) {
  auto& out = all[name];
  if (!out) out = std::make_unique<Figures::Latencies>();
  return out;
}

void take_in(Figures::Point& into, const Figures::Point& other) {
  into.requests += other.requests;
  into.orders += other.orders;
  into.expected += other.expected;
  into.shed += other.shed;
  into.unexpected += other.unexpected;
  into.in_flight_max = std::max(into.in_flight_max, other.in_flight_max);
  into.max_us = std::max(into.max_us, other.max_us);
}

}  // namespace

std::string_view to_string(Sort sort) noexcept {
  switch (sort) {
    case Sort::expected: return "expected";
    case Sort::shed: return "shed";
    case Sort::unexpected: break;
  }
  return "unexpected";
}

void Figures::answered(std::string_view step, int, microseconds span, microseconds lateness) {
  const std::int64_t service = span.count();
  const std::int64_t corrected = service + std::max<std::int64_t>(0, lateness.count());
  requests.service.add(service);
  requests.corrected.add(corrected);
  auto& own = *of(steps, step);
  own.service.add(service);
  own.corrected.add(corrected);
  second_.add(corrected);
  ++point_.requests;
}

void Figures::journey_ended(std::string_view errand, microseconds span, microseconds lateness) {
  auto& own = *of(journeys, errand);
  own.service.add(span.count());
  own.corrected.add(span.count() + std::max<std::int64_t>(0, lateness.count()));
}

Sort Figures::sort_of(int status, std::string_view reason) const {
  if (std::ranges::find(expected_, reason) != expected_.end()) return Sort::expected;
  return status == 429 || status == 503 ? Sort::shed : Sort::unexpected;
}

void Figures::refused(std::string_view step, int status, std::string_view reason) {
  const Sort sort = sort_of(status, reason);
  ++sums_[static_cast<std::size_t>(sort)];
  ++(sort == Sort::expected ? point_.expected : sort == Sort::shed ? point_.shed : point_.unexpected);
  Key key{std::string(step), status, std::string(reason.substr(0, 100))};
  if (refusals.size() >= refusals_max && !refusals.contains(key)) key = {"", 0, "other reasons"};
  auto& counted = refusals[std::move(key)];
  counted.sort = std::max(counted.sort, sort);
  ++counted.count;
}

void Figures::end_second() {
  point_.max_us = second_.max();
  last_point = point_;
  last_second = second_;
  if (seconds_ == 0) series.emplace_back();
  take_in(series.back(), point_);
  span_.add(second_);
  point_ = {.in_flight_max = in_flight};
  second_ = {};
  if (++seconds_ < point_s) return;
  close_point();
  if (series.size() > points_max) coarsen();
}

void Figures::finish() {
  if (point_.requests + point_.expected + point_.shed + point_.unexpected > 0) end_second();
  if (seconds_ > 0) close_point();
}

void Figures::close_point() {
  auto& kept = series.back().latencies;
  for (std::size_t i = 0; i < Histogram::buckets; ++i) {
    if (span_.in_bucket(i) > 0) kept.emplace_back(static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(span_.in_bucket(i)));
  }
  span_ = {};
  seconds_ = 0;
}

/// Two neighbours become one, so that points twice as long go twice as far.
void Figures::coarsen() {
  std::vector<Point> out;
  for (std::size_t i = 0; i < series.size(); i += 2) {
    Point both = series[i];
    if (i + 1 < series.size()) {
      take_in(both, series[i + 1]);
      std::map<std::uint16_t, std::uint32_t> sum(both.latencies.begin(), both.latencies.end());
      for (const auto& [bucket, count] : series[i + 1].latencies) sum[bucket] += count;
      both.latencies.assign(sum.begin(), sum.end());
    } else {
      for (const auto& [bucket, count] : both.latencies) span_.add(Histogram::upper_end(bucket), count);
      both.latencies.clear();
      seconds_ = point_s;  // It is half full.
    }
    out.push_back(std::move(both));
  }
  series = std::move(out);
  point_s *= 2;
}

std::int64_t latency_at(const Figures::Point& point, std::uint64_t of_million) {
  Histogram all;
  for (const auto& [bucket, count] : point.latencies) all.add(std::min(Histogram::upper_end(bucket), point.max_us), count);
  return all.at(of_million);
}

}  // namespace emporion::load
