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

  ShopMetrics metrics;
  metrics.add(observe::render_metrics());

  ASSERT_TRUE(metrics.lanes.contains("order.create"));
  EXPECT_EQ(metrics.lanes.at("order.create").batches, 2);
  EXPECT_EQ(metrics.lanes.at("order.create").commands, 8);
  EXPECT_EQ(metrics.events_applied, 42);
}

TEST(ShopMetrics, AddsWhatSeveralProcessesTell) {
  ShopMetrics metrics;
  metrics.add("emporion_events_applied_total{consumer=\"a\"} 2\nemporion_lane_batch_size_count{lane=\"x\"} 3\n");
  metrics.add("emporion_events_applied_total{consumer=\"b\"} 5\nemporion_lane_batch_size_count{lane=\"x\"} 4\n");
  EXPECT_EQ(metrics.events_applied, 7);
  EXPECT_EQ(metrics.lanes.at("x").batches, 7);
}

TEST(ShopMetrics, AServerThatDidNothingHasNoLanes) {
  ShopMetrics metrics;
  metrics.add("");
  EXPECT_TRUE(metrics.lanes.empty());
  EXPECT_EQ(metrics.events_applied, 0);
}

}  // namespace
}  // namespace emporion::bench
