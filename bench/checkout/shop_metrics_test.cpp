#include "bench/checkout/shop_metrics.hpp"

#include <gmock/gmock.h>

#include "kernel/observe/metrics.hpp"

namespace emporion::bench {
namespace {

TEST(ShopMetrics, ReadsWhatTheKernelWrites) {
  auto& batches = observe::histogram("emporion_lane_batch_size", "Commands per transaction.", {{"lane", "order.create"}}, {1, 2, 4});
  batches.observe(1);
  batches.observe(7);
  observe::counter("emporion_events_applied_total", "Events applied.", {{"consumer", "order"}, {"producer", "payment"}}).increment(40);
  observe::counter("emporion_events_applied_total", "Events applied.", {{"consumer", "checkout"}, {"producer", "order"}}).increment(2);

  const auto metrics = ShopMetrics::parse(observe::render_metrics());

  ASSERT_TRUE(metrics.lanes.contains("order.create"));
  EXPECT_EQ(metrics.lanes.at("order.create").batches, 2);
  EXPECT_EQ(metrics.lanes.at("order.create").commands, 8);
  EXPECT_EQ(metrics.events_applied, 42);
}

TEST(ShopMetrics, AServerThatDidNothingHasNoLanes) {
  const auto metrics = ShopMetrics::parse("");
  EXPECT_TRUE(metrics.lanes.empty());
  EXPECT_EQ(metrics.events_applied, 0);
}

}  // namespace
}  // namespace emporion::bench
