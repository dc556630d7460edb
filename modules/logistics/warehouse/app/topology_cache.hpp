#pragma once

#include <memory>

#include "kernel/base/time.hpp"
#include "modules/logistics/warehouse/app/stores.hpp"

namespace emporion::warehouse {

/// The active warehouses as of at most 1 s ago: what planners work with. A change made by this process is seen at once.
class TopologyCache {
 public:
  TopologyCache(WarehouseStore& warehouses, const Clock& clock) : warehouses_(warehouses), clock_(clock) {}

  Task<Result<std::shared_ptr<const Topology>>> now() {
    if (known_ && clock_.now() - read_at_ < seconds(1)) co_return known_;
    const auto started = clock_.now();
    const auto generation = generation_;
    EMP_CO_ASSIGN(auto topology, co_await warehouses_.topology());
    auto fresh = std::make_shared<const Topology>(std::move(topology));
    if (generation == generation_) {
      known_ = fresh;
      read_at_ = started;
    }
    co_return fresh;
  }
  void forget() noexcept {
    known_.reset();
    ++generation_;
  }

 private:
  WarehouseStore& warehouses_;
  const Clock& clock_;
  std::shared_ptr<const Topology> known_;
  UtcTime read_at_;
  std::uint64_t generation_ = 0;
};

}  // namespace emporion::warehouse
