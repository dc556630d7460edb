#pragma once

#include <cstddef>
#include <string_view>

#include "kernel/observe/metrics.hpp"

namespace emporion {

/// What a lane tells of itself: emporion_lane_depth, emporion_lane_batch_size, emporion_lane_repeats_total, by lane.
class LaneMetrics {
 public:
  explicit LaneMetrics(std::string_view lane)
      : depth_(observe::gauge("emporion_lane_depth", "Commands waiting.", {{"lane", std::string(lane)}})),
        batch_(observe::histogram("emporion_lane_batch_size", "Commands per transaction.", {{"lane", std::string(lane)}},
                                  {1, 2, 4, 8, 16, 32, 64, 128, 256, 512})),
        repeats_(observe::counter("emporion_lane_repeats_total", "Batches asked again after an unknown outcome.", {{"lane", std::string(lane)}})) {}

  void depth(std::size_t commands) noexcept { depth_.set(static_cast<double>(commands)); }
  void batch(std::size_t commands) noexcept { batch_.observe(static_cast<double>(commands)); }
  void repeated() noexcept { repeats_.increment(); }

 private:
  observe::Gauge& depth_;
  observe::Histogram& batch_;
  observe::Counter& repeats_;
};

}  // namespace emporion
