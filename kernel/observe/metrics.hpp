#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emporion::observe {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void increment(std::uint64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double value) noexcept;

 private:
  friend std::string render_metrics();
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;  ///< One per bound and one for +Inf.
  std::atomic<double> sum_{0};
};

/// The series of that name and labels, made on first use; the reference stays valid for ever. Callable from any thread.
Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
Histogram& histogram(std::string_view name, std::string_view help, Labels labels, std::vector<double> bounds);

/// All series in the Prometheus text format 0.0.4.
std::string render_metrics();

}  // namespace emporion::observe
