#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/http/client.hpp"

namespace emporion::bench {

struct LaneWork {
  std::int64_t batches = 0;
  std::int64_t commands = 0;
};

/// What the /metrics of a shop's processes tell of their lanes and of the events that their modules have heard, since they started.
struct ShopMetrics {
  std::map<std::string, LaneWork> lanes;
  std::int64_t events_applied = 0;

  /// Adds what a page tells.
  void add(std::string_view page);
};

/// Asks the processes of a shop, one after the other. Errors: those of http::Client, METRICS_REFUSED.
Task<Result<ShopMetrics>> read_metrics(http::Client& client, std::vector<std::string> urls);

}  // namespace emporion::bench
