#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "kernel/http/client.hpp"

namespace emporion::bench {

struct LaneWork {
  std::int64_t batches = 0;
  std::int64_t commands = 0;
};

/// What a server's /metrics tell of its lanes and of the events that its modules have heard, since it started.
struct ShopMetrics {
  std::map<std::string, LaneWork> lanes;
  std::int64_t events_applied = 0;

  static ShopMetrics parse(std::string_view page);
};

/// Asks the server. Errors: those of http::Client, METRICS_REFUSED.
Task<Result<ShopMetrics>> read_metrics(http::Client& client, std::string url);

}  // namespace emporion::bench
