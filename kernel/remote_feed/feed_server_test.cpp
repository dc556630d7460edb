#include "kernel/remote_feed/feed_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/remote/call.hpp"
#include "kernel/remote_feed/messages.hpp"
#include "kernel/remote_feed/operations.hpp"
#include "kernel/remote_feed/remote_feed.hpp"
#include "kernel/testing/eventually.hpp"
#include "kernel/testing/unreliable_channel.hpp"

namespace emporion::remote {
namespace {

/// A producer that has the page it was given, and hints when told to.
struct FixedFeed final : messaging::EventFeed {
  explicit FixedFeed(std::string n) : name(std::move(n)) {}
  const std::string& producer() const noexcept override { return name; }
  Task<Result<messaging::FeedPage>> read(messaging::Position after, std::vector<std::string> topics, int count) override {
    asked_after = after;
    asked_topics = std::move(topics);
    asked_count = count;
    if (failure) co_return fail(*failure);
    co_return page;
  }
  void on_hint(std::function<void()> wake) override { wakes.push_back(std::move(wake)); }
  void hint() {
    for (const auto& wake : wakes) wake();
  }

  std::string name;
  messaging::FeedPage page;
  std::optional<Error> failure;
  messaging::Position asked_after;
  std::vector<std::string> asked_topics;
  int asked_count = 0;
  std::vector<std::function<void()>> wakes;
};

messaging::FeedPage::Item an_event(std::int64_t id, std::size_t bytes = 2) {
  messaging::FeedPage::Item item;
  item.position = {10, id};
  item.event.source = "order";
  item.event.topic = "order.order.confirmed";
  item.event.aggregate_id = "a";
  item.event.data = std::string(bytes, ' ');
  return item;
}

struct FeedServerTest : ::testing::Test {
  FeedServerTest() {
    server.serve(services);
    channel = std::make_shared<testing::UnreliableChannel>(runtime, std::vector<const Services*>{&services});
  }
  ~FeedServerTest() override {
    finish(server.close());
    for (auto& feed : feeds) finish(feed->close());
  }

  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  void finish(Task<void> task) {
    (void)run([](Task<void> inner) -> Task<bool> {
      co_await std::move(inner);
      co_return true;
    }(std::move(task)));
  }

  CallContext by(Principal principal) { return CallContext(clock.now() + seconds(5), Uuid(), std::move(principal)); }
  Task<Result<messaging::FeedPage>> read(Principal principal, FeedReadRequest request) {
    return call<messaging::FeedPage>(*channel, feed_operations::read, feed_operations::read_path, by(std::move(principal)), request);
  }
  Task<Result<FeedHint>> watch(FeedHint seen, microseconds budget = seconds(5)) {
    CallContext context = by(Principal::of_service("checkout"));
    context.deadline = clock.now() + budget;
    return call<FeedHint>(*channel, feed_operations::watch, feed_operations::watch_path, context, FeedWatchRequest{"order", seen});
  }
  std::shared_ptr<RemoteFeed> feed_of(std::string producer) {
    feeds.push_back(remote_feed(runtime, channel, {.producer = std::move(producer), .reader = "checkout"}));
    return feeds.back();
  }
  /// Counts the hints of `feed`.
  void listen(RemoteFeed& feed, int& hints) {
    (void)run([](RemoteFeed& far, int& count) -> Task<bool> {
      far.on_hint([&count] { ++count; });
      co_return true;
    }(feed, hints));
  }
  Result<messaging::FeedPage> read_far(messaging::Position after = {}) { return run(feed_of("order")->read(after, {"order.order.confirmed"}, 100)); }

  Runtime runtime;
  SystemClock clock;
  std::shared_ptr<FixedFeed> orders = std::make_shared<FixedFeed>("order");
  FeedServer server{runtime, {orders, std::make_shared<FixedFeed>("payment")}};
  Services services;
  std::shared_ptr<testing::UnreliableChannel> channel;
  std::vector<std::shared_ptr<RemoteFeed>> feeds;
};

const FeedReadRequest some{"order", {}, {"order.order.confirmed"}, 100};

TEST_F(FeedServerTest, WhatIsReadFarAwayIsWhatIsThere) {
  orders->page = {.items = {an_event(1), an_event(2)}, .next = {12, 0}, .begun = 15};
  const auto page = read_far({10, 0});
  ASSERT_TRUE(page) << page.error().to_string();
  EXPECT_EQ(wire::to_bytes(*page), wire::to_bytes(orders->page));
  EXPECT_EQ(orders->asked_after, (messaging::Position{10, 0}));
  EXPECT_THAT(orders->asked_topics, ::testing::ElementsAre("order.order.confirmed"));
  EXPECT_EQ(orders->asked_count, 100);
  orders->failure = Error(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", "no");
  EXPECT_EQ(read_far().error().reason(), "DATABASE_UNAVAILABLE");
}

TEST_F(FeedServerTest, ModulesMayReadAndNobodyElse) {
  EXPECT_TRUE(run(read(Principal::of_service("checkout"), some)));
  Principal customer;
  customer.realm = Realm::customer;
  Principal staff;
  staff.realm = Realm::staff;
  staff.permissions = {"*"};
  for (const auto& [principal, reason] :
       {std::pair(customer, "PERMISSION_DENIED"), std::pair(staff, "PERMISSION_DENIED"), std::pair(Principal::guest(), "UNAUTHENTICATED")}) {
    orders->asked_count = 0;
    EXPECT_EQ(run(read(principal, some)).error().reason(), reason);
    EXPECT_EQ(orders->asked_count, 0);
    const auto watched = run(call<FeedHint>(*channel, feed_operations::watch, feed_operations::watch_path, by(principal), FeedWatchRequest{"order", {}}));
    EXPECT_EQ(watched.error().reason(), reason);
  }
}

TEST_F(FeedServerTest, WhatIsAskedWronglyIsRefused) {
  const auto refused = [&](FeedReadRequest request) { return run(read(Principal::of_service("checkout"), std::move(request))).error(); };
  EXPECT_EQ(refused({"warehouse", {}, {}, 1}).reason(), "PRODUCER_NOT_HERE");
  EXPECT_EQ(refused({"warehouse", {}, {}, 1}).kind(), ErrorKind::not_found);
  EXPECT_EQ(refused({"order", {}, {}, 0}).reason(), "FEED_COUNT_INVALID");
  EXPECT_EQ(refused({"order", {}, {}, 1'001}).reason(), "FEED_COUNT_INVALID");
  EXPECT_EQ(run(send(*channel, feed_operations::read, feed_operations::read_path, by(Principal::of_service("checkout")), "\xFF")).error().reason(),
            "MESSAGE_UNREADABLE");
  EXPECT_EQ(run(feed_of("warehouse")->read({}, {}, 1)).error().reason(), "PRODUCER_NOT_HERE");
}

TEST_F(FeedServerTest, APageOfLargeEventsEndsBeforeAMessageWouldBeTooLarge) {
  orders->page = {.items = {an_event(1, 600'000), an_event(2, 400'000), an_event(3, 100'000), an_event(4)}, .next = {12, 0}, .begun = 15};
  const auto cut = read_far().value();
  ASSERT_EQ(cut.items.size(), 2u);
  EXPECT_EQ(cut.next, (messaging::Position{10, 2}));  // And not behind those that were left out.
  EXPECT_EQ(cut.begun, 15);
  // One event alone is sent whatever its size.
  orders->page.items = {an_event(1, 2'000'000), an_event(2)};
  EXPECT_EQ(read_far()->items.size(), 1u);
  // A page that is not cut keeps its place behind everything finished.
  orders->page.items = {an_event(1), an_event(2)};
  EXPECT_EQ(read_far()->next, (messaging::Position{12, 0}));
}

TEST_F(FeedServerTest, AnAnswerThatWouldLoseOrRepeatEventsIsRefused) {
  const auto refusal = [&](messaging::FeedPage page, messaging::Position after = {}) {
    orders->page = std::move(page);
    const auto read = read_far(after);
    return read ? std::string("accepted") : read.error().reason() + " " + read.error().detail();
  };
  EXPECT_EQ(refusal({{an_event(1), an_event(2)}, {10, 2}, 0}), "accepted");
  EXPECT_THAT(refusal({{an_event(2), an_event(1)}, {12, 0}, 0}), ::testing::HasSubstr("CALLEE_UNREADABLE"));
  EXPECT_THAT(refusal({{an_event(2), an_event(1)}, {12, 0}, 0}), ::testing::HasSubstr("order of their positions"));
  EXPECT_THAT(refusal({{an_event(1)}, {12, 0}, 0}, {10, 1}), ::testing::HasSubstr("order of their positions"));
  EXPECT_THAT(refusal({{an_event(1), an_event(2)}, {10, 1}, 0}), ::testing::HasSubstr("before its last event"));
  EXPECT_THAT(refusal({{}, {9, 0}, 0}, {10, 1}), ::testing::HasSubstr("before its last event"));
  auto foreign = an_event(1);
  foreign.event.source = "payment";
  EXPECT_THAT(refusal({{foreign}, {12, 0}, 0}), ::testing::HasSubstr("another producer"));
  auto unasked = an_event(1);
  unasked.event.topic = "order.order.cancelled";
  EXPECT_THAT(refusal({{unasked}, {12, 0}, 0}), ::testing::HasSubstr("not asked for"));
  std::vector<messaging::FeedPage::Item> many;
  for (int i = 1; i <= 101; ++i) many.push_back(an_event(i));
  EXPECT_THAT(refusal({many, {12, 0}, 0}), ::testing::HasSubstr("more events"));
}

TEST_F(FeedServerTest, AWatchAnswersWhenTheProducerCommits) {
  std::optional<Result<FeedHint>> first;
  start_detached(
      [](Task<Result<FeedHint>> watching, std::optional<Result<FeedHint>>& out) -> Task<void> { out = co_await std::move(watching); }(watch({}), first));
  EXPECT_FALSE(first.has_value());
  orders->hint();
  ASSERT_TRUE(testing::eventually(runtime, [&] { return first.has_value(); }));
  EXPECT_EQ((*first)->writes, 1);
  // What was committed between two watches is answered at once.
  orders->hint();
  const UtcTime began = clock.now();
  const auto second = run(watch(**first));
  EXPECT_LT(clock.now() - began, milliseconds(500));
  EXPECT_EQ(second->writes, 2);
  EXPECT_EQ(second->process, (*first)->process);
}

TEST_F(FeedServerTest, AWatchOfAnotherProcessesCountWaitsAsANewOneDoes) {
  std::optional<Result<FeedHint>> answer;
  orders->hint();
  start_detached(
      [](Task<Result<FeedHint>> watching, std::optional<Result<FeedHint>>& out) -> Task<void> { out = co_await std::move(watching); }(watch({77, 0}), answer));
  EXPECT_FALSE(answer.has_value());  // Else a caller that asks replicas in turn would never rest.
  finish(server.close());
  EXPECT_TRUE(answer.has_value());
}

TEST_F(FeedServerTest, AWatchAnswersBeforeItsCallerGivesUp) {
  const UtcTime began = clock.now();
  const auto answer = run(watch({}, milliseconds(1'300)));
  EXPECT_TRUE(answer);
  EXPECT_LT(clock.now() - began, milliseconds(1'200));
  EXPECT_GE(clock.now() - began, milliseconds(200));
}

TEST_F(FeedServerTest, OneWatchWakesEveryConsumerOfTheProcess) {
  const auto feed = feed_of("order");
  int first = 0;
  int second = 0;
  listen(*feed, first);
  listen(*feed, second);
  orders->hint();
  ASSERT_TRUE(testing::eventually(runtime, [&] { return first == 1 && second == 1; }, [&] { return std::to_string(first) + " " + std::to_string(second); }));
  EXPECT_LE(channel->calls(feed_operations::watch_path), 2);
  EXPECT_EQ(channel->calls(feed_operations::read_path), 0);
}

/// A second replica of Order, with its own commits.
struct ReplicasTest : FeedServerTest {
  ReplicasTest() {
    other.serve(other_services);
    to_other = std::make_shared<testing::UnreliableChannel>(runtime, std::vector<const Services*>{&other_services});
  }
  ~ReplicasTest() override {
    finish(server.close());
    finish(other.close());
    for (auto& feed : feeds) finish(feed->close());
  }
  void expect_a_hint_of_either(std::shared_ptr<RemoteFeed> feed) {
    feeds.push_back(feed);
    int hints = 0;
    listen(*feed, hints);
    int expected = 0;
    for (int round = 0; round < 3; ++round) {
      for (const auto& replica : {orders_there, orders, orders_there}) {
        replica->hint();
        ++expected;
        EXPECT_TRUE(testing::eventually(runtime, [&] { return hints == expected; }, [&] { return text(hints, " hints, not ", expected); }, milliseconds(500)));
      }
    }
  }
  std::shared_ptr<FixedFeed> orders_there = std::make_shared<FixedFeed>("order");
  FeedServer other{runtime, {orders_there}};
  Services other_services;
  std::shared_ptr<testing::UnreliableChannel> to_other;
};

TEST_F(ReplicasTest, WhatAnyReplicaOfAProducerElsewhereCommitsIsAHint) {
  const auto either = std::make_shared<testing::UnreliableChannel>(runtime, std::vector<const Services*>{&services, &other_services});
  expect_a_hint_of_either(remote_feed(runtime, either, {.producer = "order", .reader = "checkout", .watched = {channel, to_other}}));
  EXPECT_EQ(either->calls(feed_operations::watch_path), 0);
}

TEST_F(ReplicasTest, WhatAReplicaOfAProducerOfThisProcessCommitsIsAHint) {
  orders->page = {.items = {an_event(1)}, .next = {12, 0}, .begun = 15};
  const auto feed = replicated_feed(runtime, orders, {.producer = "order", .reader = "checkout", .watched = {to_other}});
  expect_a_hint_of_either(feed);
  EXPECT_EQ(feed->producer(), "order");
  EXPECT_EQ(run(feed->read({}, {"order.order.confirmed"}, 100))->items.size(), 1u) << "it is read here";
  EXPECT_EQ(to_other->calls(feed_operations::read_path), 0);
}

TEST_F(ReplicasTest, AReplicaThatIsAwayTakesNoHintOfTheOtherAlong) {
  to_other->cut(true);
  const auto feed = remote_feed(runtime, channel, {.producer = "order", .reader = "checkout", .watched = {channel, to_other}});
  feeds.push_back(feed);
  int hints = 0;
  listen(*feed, hints);
  orders->hint();
  EXPECT_TRUE(testing::eventually(runtime, [&] { return hints == 1; }));
  to_other->cut(false);
  const int before = to_other->calls(feed_operations::watch_path);
  ASSERT_TRUE(testing::eventually(runtime, [&] { return to_other->calls(feed_operations::watch_path) > before; }));
  orders_there->hint();
  EXPECT_TRUE(testing::eventually(runtime, [&] { return hints == 2; }));
}

TEST_F(FeedServerTest, CommitsThatFollowEachOtherCloselyAreOneHint) {
  int hints = 0;
  const auto feed = feed_of("order");
  listen(*feed, hints);
  const UtcTime began = clock.now();
  for (int i = 0; i < 60; ++i) {
    orders->hint();
    const UtcTime before = clock.now();
    ASSERT_TRUE(testing::eventually(runtime, [&] { return clock.now() > before + milliseconds(1); }));
  }
  EXPECT_GE(hints, 2);
  EXPECT_LE(hints, 2 + (clock.now() - began) / milliseconds(10));
}

TEST_F(FeedServerTest, AWatchThatBreaksIsMadeAgain) {
  channel->cut(true);
  int hints = 0;
  const auto feed = feed_of("order");
  listen(*feed, hints);
  const UtcTime began = clock.now();
  ASSERT_TRUE(testing::eventually(runtime, [&] { return clock.now() - began > milliseconds(600); }));
  EXPECT_GE(channel->calls(feed_operations::watch_path), 2);
  EXPECT_LE(channel->calls(feed_operations::watch_path), 2 + (clock.now() - began) / milliseconds(250));
  EXPECT_EQ(hints, 0);
  channel->cut(false);
  const int before = channel->calls(feed_operations::watch_path);
  ASSERT_TRUE(testing::eventually(runtime, [&] { return channel->calls(feed_operations::watch_path) > before; }));
  orders->hint();
  EXPECT_TRUE(testing::eventually(runtime, [&] { return hints == 1; }));
}

TEST_F(FeedServerTest, AClosedServerHoldsNoWatch) {
  finish(server.close());
  const UtcTime began = clock.now();
  EXPECT_TRUE(run(watch({})));
  EXPECT_LT(clock.now() - began, milliseconds(500));
}

}  // namespace
}  // namespace emporion::remote
