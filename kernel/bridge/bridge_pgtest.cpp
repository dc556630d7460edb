#include <gmock/gmock.h>

#include <set>

#include "kernel/bridge/bridge.hpp"
#include "kernel/bridge/test_broker.hpp"
#include "kernel/json/value.hpp"
#include "kernel/testing/feed_fixture.hpp"
#include "kernel/testing/seeded_random.hpp"

// The loss and duplicate parts of what a feed must hold (kernel/messaging), with a real RabbitMQ between the outbox and whoever hears: the broker dies, the
// bridge dies, answers are lost, and a system that knows events by their ids has each one effect of each.
namespace emporion::bridge {
namespace {

using messaging::Binding;
using messaging::FeedTest;
using messaging::ThingHappened;
using ::testing::HasSubstr;

const std::string queue = "emporion.events";
const std::string exchange = "emporion";

constexpr postgres::Statement stored_event{"test.stored_event",
                                           "SELECT event_id::text, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM outbox"};

/// One for all tests: it takes seconds to start.
Broker& broker() {
  static Broker one([](int port) { ForeignSystem::enter(port)->declare(queue); });
  return one;
}

struct BridgeFixture : FeedTest {
  explicit BridgeFixture(Binding binding) : FeedTest(binding) {
    broker().start_if_dead();
    const auto left_over = ForeignSystem::enter(broker().port());
    while (left_over->take(queue)) {
    }
    sql("CREATE TABLE seen (id text PRIMARY KEY)");
  }

  std::unique_ptr<Bridge> bridge(std::string url = broker().url(), std::string authority = "") {
    auto out = std::make_unique<Bridge>(runtime(), database(), feed,
                                        amqp::PublisherOptions{.url = std::move(url),
                                                               .exchange = exchange,
                                                               .queue = queue,
                                                               .topics = {std::string(ThingHappened::topic), "other.thing.happened"},
                                                               .authority_file = std::move(authority),
                                                               .patience = seconds(5)},
                                        BridgeOptions{.batch = 20, .poll = milliseconds(20), .retry_first = milliseconds(20), .retry_most = milliseconds(200)});
    run([](Bridge& starting) -> Task<void> {
      starting.start();
      co_return;
    }(*out));
    return out;
  }

  /// Takes what is there; each event that it has not seen takes effect.
  void hear() {
    if (!foreign || !foreign->is_inside()) foreign = ForeignSystem::enter(broker().port());
    if (!foreign) return;
    for (;;) {
      const auto message = foreign->take(queue);
      if (!message) break;
      last = *message;
      const auto document = json::Document::parse(message->body);
      ASSERT_TRUE(document) << message->body;
      const auto id = std::string(*document->root().member("id")->string());
      EXPECT_EQ(id, message->id);
      ++heard;
      if (!seen.insert(id).second) continue;
      const auto number = *document->root().member("data")->member("number")->integer();
      sql(text("INSERT INTO effect (aggregate, number) VALUES ('", *document->root().member("subject")->string(), "', ", number, ")"));
    }
  }
  ::testing::AssertionResult heard_soon(const std::string& wanted) {
    const auto is_so = [&] {
      hear();
      return summary() == wanted;
    };
    return testing::eventually(runtime(), is_so, [&] { return summary(); }, seconds(20));
  }
  std::uint64_t counted(std::string_view what) const {
    return observe::counter(text("emporion_bridge_", what, "_total"), "", {{"producer", "producer"}}).value();
  }
  static double lag() { return observe::gauge("emporion_feed_lag_seconds", "", {{"consumer", "bridge"}, {"producer", "producer"}}).value(); }

  std::unique_ptr<ForeignSystem> foreign;
  std::optional<ForeignSystem::Received> last;
  std::set<std::string> seen;
  int heard = 0;
};

/// Over every way that a feed may come.
struct BridgeTest : BridgeFixture, ::testing::WithParamInterface<Binding> {
  BridgeTest() : BridgeFixture(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(, BridgeTest, messaging::EachFeedTest::bindings(), [](const auto& of) { return messaging::name_of(of.param); });

/// A broker takes seconds to start again, and how the feed comes has no part in it.
struct BrokerTest : BridgeFixture {
  BrokerTest() : BridgeFixture(Binding::in_process) {}
};

TEST_P(BridgeTest, AnEventArrivesAsACloudEvent) {
  publish("a-1", 7);
  const auto one = bridge();
  ASSERT_TRUE(heard_soon("1 of 1, 0 out of order"));
  EXPECT_EQ(last->topic, ThingHappened::topic);
  EXPECT_EQ(last->content_type, "application/cloudevents+json; charset=UTF-8");
  const auto stored = run(producer.query(stored_event));
  ASSERT_TRUE(stored);
  EXPECT_EQ(last->body, text(R"({"specversion":"1.0","id":")", (*stored)[0].get<std::string>(0),
                             R"(","source":"/emporion/producer","type":"producer.thing.happened","subject":"a-1","time":")", (*stored)[0].get<std::string>(1),
                             R"(","partitionkey":"a-1","sequence":"7","datacontenttype":"application/json","data":{"number":7}})"));
  run(one->stop());
}

TEST_F(BrokerTest, ABrokerThatDiesLosesNothing) {
  auto one = bridge();
  publish_many(1, 100);
  ASSERT_TRUE(heard_soon("100 of 100, 0 out of order"));
  // With some that nobody has taken yet.
  publish_many(101, 200);
  ASSERT_TRUE(testing::eventually(runtime(), [&] { return counted("confirmed") >= 110; }));
  foreign.reset();
  broker().kill();
  publish_many(201, 300);
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() > 0.3; }, [] { return std::to_string(lag()); }));
  broker().start();
  EXPECT_TRUE(heard_soon("300 of 300, 0 out of order"));
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() == 0; }, [] { return std::to_string(lag()); }));
  run(one->stop());
}

TEST_P(BridgeTest, ABridgeThatDiesBringsSomeAgainUnderTheirIds) {
  publish_many(1, 250);
  auto first = bridge();
  ASSERT_TRUE(heard_soon("250 of 250, 0 out of order"));
  run(first->stop());
  const auto confirmed = value("SELECT xid || ' ' || id FROM feed_position WHERE producer = 'bridge.producer'");
  EXPECT_NE(confirmed, "");
  // It died after the broker's confirm and before its own place moved, and has not given its lease back.
  sql("UPDATE feed_position SET xid = 0, id = 0, lease_owner = 'a dead one', lease_until = now() + interval '0.5 s'");
  publish_many(251, 300);
  auto second = bridge();
  EXPECT_TRUE(heard_soon("300 of 300, 0 out of order"));
  EXPECT_TRUE(testing::eventually(runtime(), [&] {
    hear();
    return heard >= 550;
  })) << heard;
  EXPECT_EQ(heard, 550) << "250 of them twice, and the id tells";
  run(second->stop());
}

TEST_P(BridgeTest, WhatNoQueueIsBoundForWaitsAndIsBroughtOnceOneIs) {
  auto one = bridge();
  publish_many(1, 10);
  ASSERT_TRUE(heard_soon("10 of 10, 0 out of order"));
  foreign->unbind(queue, exchange, std::string(ThingHappened::topic));
  const auto unroutable = counted("unroutable");
  publish_many(11, 20);
  // The bridge hears that they were nobody's, and binds the queue again with its next connection.
  EXPECT_TRUE(heard_soon("20 of 20, 0 out of order"));
  EXPECT_GE(counted("unroutable"), unroutable + 10);
  run(one->stop());
}

TEST_F(BrokerTest, WhicheverDiesEachEventHasOneEffect) {
  auto random = testing::SeededRandom::of_this_run();
  auto one = bridge();
  std::int64_t published = 0;
  for (int round = 0; round < 12; ++round) {
    const auto more = static_cast<std::int64_t>(1 + random.below(60));
    publish_many(published + 1, published + more);
    published += more;
    if (random.below(2) == 0) hear();
    if (round == 5) {
      foreign.reset();
      broker().kill();
      broker().start();
    }
    if (random.below(3) == 0) {
      run(one->stop());
      one = bridge();
    }
  }
  EXPECT_TRUE(heard_soon(text(published, " of ", published, ", 0 out of order")));
  run(one->stop());
}

TEST_F(BrokerTest, ABrokerThatRefusesTheBridgeIsAskedAgain) {
  publish_many(1, 5);
  auto stranger = bridge(text("amqp://stranger:wrong@127.0.0.1:", broker().port(), "/%2f"));
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() > 0.2; }, [] { return std::to_string(lag()); }));
  run(stranger->stop());
  auto known = bridge();
  EXPECT_TRUE(heard_soon("5 of 5, 0 out of order"));
  run(known->stop());
}

TEST_F(BrokerTest, OverTlsABrokerIsBelievedByItsCertificateOnly) {
  publish_many(1, 5);
  auto deceived = bridge(broker().tls_url(), broker().strange_authority());
  EXPECT_TRUE(testing::eventually(runtime(), [] { return lag() > 0.3; }, [] { return std::to_string(lag()); }));
  hear();
  EXPECT_EQ(heard, 0);
  run(deceived->stop());
  auto known = bridge(broker().tls_url(), broker().authority());
  EXPECT_TRUE(heard_soon("5 of 5, 0 out of order"));
  run(known->stop());
}

TEST(AmqpUrl, NamesABrokerOrIsRefusedWithoutBeingShown) {
  EXPECT_TRUE(amqp::check_url("amqp://u:p@host:5671/%2f"));
  EXPECT_TRUE(amqp::check_url("amqps://u:p@host/shop"));
  const auto refused = amqp::check_url("http://u:geheim@host");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "AMQP_URL_MALFORMED");
  EXPECT_THAT(refused.error().to_string(), ::testing::Not(HasSubstr("geheim")));
}

}  // namespace
}  // namespace emporion::bridge
