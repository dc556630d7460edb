#include "kernel/remote_feed/operations.hpp"
#include "kernel/testing/feed_fixture.hpp"
#include "kernel/testing/seeded_random.hpp"

// What only a network does to a feed: partition, failover, and answers that are lost, late or given twice.
namespace emporion::messaging {
namespace {

using Mishap = testing::UnreliableChannel::Mishap;
constexpr ConsumerOptions often_polling{.poll = milliseconds(20), .retry_first = milliseconds(1)};

struct NetworkTest : FeedTest {
  NetworkTest() : FeedTest(Binding::network, 2) {}
};
struct GrpcTest : FeedTest {
  GrpcTest() : FeedTest(Binding::grpc, 2) {}
};

TEST_F(NetworkTest, APartitionDelaysAndLosesNothing) {
  auto cut_off = consumer(often_polling);
  start(cut_off);
  publish_many(1, 10);
  EXPECT_TRUE(soon("10 of 10, 0 out of order"));
  channel->cut(true);
  publish_many(11, 300);
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() > 0.5; }, [] { return std::to_string(lag()); }));
  EXPECT_EQ(summary(), "10 of 10, 0 out of order");
  channel->cut(false);
  EXPECT_TRUE(soon("300 of 300, 0 out of order"));
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() == 0; }, [] { return std::to_string(lag()); }));
  run(cut_off.stop());
}

TEST_F(NetworkTest, WhenAReplicaOfTheProducerIsLostTheOthersAreRead) {
  auto reader = consumer(often_polling);
  start(reader);
  publish_many(1, 250);
  channel->lose(*services[0]);  // With the watch that waits there.
  publish_many(251, 500);
  EXPECT_TRUE(soon("500 of 500, 0 out of order"));
  // The last one, too; then another one comes.
  channel->cut(true);
  publish_many(501, 750);
  channel->cut(false);
  EXPECT_TRUE(soon("750 of 750, 0 out of order"));
  run(reader.stop());
}

TEST_F(NetworkTest, WhateverBefallsTheCallsEachEventTakesEffectOnceAndInOrder) {
  auto random = testing::SeededRandom::of_this_run();
  channel->plan = [&](std::string_view) { return static_cast<Mishap>(random.below(5)); };
  auto reader = std::make_unique<Consumer>(consumer({.batch = 7, .retry_first = milliseconds(1)}));
  std::int64_t published = 0;
  int failures = 0;
  for (int round = 0; round < 60; ++round) {
    const auto more = static_cast<std::int64_t>(1 + random.below(20));
    publish_many(published + 1, published + more);
    published += more;
    channel->cut(random.below(10) == 0);
    if (!run(reader->drain())) ++failures;
    if (random.below(5) == 0) {
      run(reader->stop());
      reader = std::make_unique<Consumer>(consumer({.batch = 7, .retry_first = milliseconds(1)}));
    }
    if (random.below(10) == 0) sql("UPDATE feed_position SET xid = 0, id = 0");  // A consumer that forgot how far it was.
  }
  EXPECT_GT(failures, 10);
  channel->cut(false);
  channel->plan = nullptr;
  ASSERT_TRUE(run(reader->drain()));
  EXPECT_EQ(summary(), text(published, " of ", published, ", 0 out of order"));
  run(reader->stop());
}

TEST_F(NetworkTest, WatchesThatNeverArriveCostTheHintAndNotTheEvent) {
  channel->plan = [](std::string_view path) { return path == remote::feed_operations::watch_path ? Mishap::request_lost : Mishap::none; };
  auto deaf = consumer(often_polling);
  start(deaf);
  for (int i = 1; i <= 3; ++i) {
    const int reads = channel->calls(remote::feed_operations::read_path);
    ASSERT_TRUE(testing::eventually(runtime(), [&] { return channel->calls(remote::feed_operations::read_path) > reads + 3; }));
    publish("a", i);
    EXPECT_TRUE(soon(text(i, " of ", i, ", 0 out of order"), seconds(3)));
  }
  run(deaf.stop());
}

TEST_F(GrpcTest, AProcessThatEndsWaitsForNoWatchAndItsReplicaIsRead) {
  const SystemClock clock;
  auto reader = consumer(often_polling);
  start(reader);
  publish_many(1, 250);
  EXPECT_TRUE(soon("250 of 250, 0 out of order"));
  const UtcTime began = clock.now();
  run(feed_servers[0]->close());
  run(servers[0]->close(seconds(9)));
  servers[0] = nullptr;
  EXPECT_LT(clock.now() - began, seconds(2));
  publish_many(251, 500);
  EXPECT_TRUE(soon("500 of 500, 0 out of order"));
  run(reader.stop());
}

}  // namespace
}  // namespace emporion::messaging
