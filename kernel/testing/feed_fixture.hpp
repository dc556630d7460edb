#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/messaging/feed.hpp"
#include "kernel/messaging/outbox.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/remote_feed/feed_server.hpp"
#include "kernel/remote_feed/remote_feed.hpp"
#include "kernel/testing/eventually.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/unreliable_channel.hpp"

/// What a feed must hold, whichever way its events come: the same tests over each Binding.
namespace emporion::messaging {

struct ThingHappened {
  static constexpr std::string_view topic = "producer.thing.happened";
  std::int64_t number = 0;
};
inline void append_json(std::string& out, const ThingHappened& event) { json::Writer(out).begin_object().key("number").integer(event.number).end_object(); }
inline void read_json(const json::Value& value, json::Reader& reader, ThingHappened& out) {
  const auto member = value.member("number");
  const auto number = member ? member->integer() : std::nullopt;
  if (!number) return reader.missing("number");
  out.number = *number;
}

/// Writes each event into the table `effect`; refuses the number it was told to refuse, and waits in front of the one it was told to wait for.
struct Listener {
  static constexpr postgres::Statement insert_effect{"test.effect", "INSERT INTO effect (aggregate, number) VALUES ($1, $2)", postgres::Effect::writes};

  std::int64_t refuses = -1;
  std::int64_t waits_for = -1;
  std::unique_ptr<OneShot<bool>> waits;

  Task<Result<>> on_thing(postgres::UnitOfWork& work, Envelope envelope, ThingHappened event) {
    if (event.number == waits_for) {
      waits = std::make_unique<OneShot<bool>>();
      (void)co_await *waits;
    }
    EMP_CO_TRY(co_await work.query(insert_effect, envelope.aggregate_id, event.number));
    if (event.number == refuses) co_return fail(ErrorKind::rule_violated, "UNWANTED", "this one is refused");
    co_return Result<>();
  }
};

enum class Binding : std::uint8_t { in_process, network };
inline std::string name_of(Binding binding) { return binding == Binding::in_process ? "in_process" : "network"; }

/// The module "consumer" hears the module "producer".
class FeedTest : public testing::PostgresTest {
 protected:
  explicit FeedTest(Binding binding) : PostgresTest("consumer"), producer(add_database("producer", {})) {
    sql("CREATE TABLE effect (seq bigserial, aggregate text, number bigint)");
    sql("GRANT ALL ON effect, effect_seq_seq TO PUBLIC");
    if (binding == Binding::in_process) {
      feed = local_feed(producer);
    } else {
      for (std::size_t i = 0; i < 2; ++i) {
        servers.push_back(std::make_unique<remote::FeedServer>(runtime(), std::vector{local_feed(producer)}));
        servers[i]->serve(services[i]);
      }
      channel = std::make_shared<testing::UnreliableChannel>(runtime(), std::vector<const remote::Services*>{&services[0], &services[1]});
      far_feed = remote::remote_feed(runtime(), channel, {.producer = "producer", .reader = "consumer"});
      feed = far_feed;
    }
  }
  ~FeedTest() override {
    for (auto& server : servers) run(server->close());
    if (far_feed) run(far_feed->close());
  }

  Consumer consumer(ConsumerOptions options = {.retry_first = milliseconds(1)}) { return consumer_of(feed, options); }
  Consumer consumer_of(std::shared_ptr<EventFeed> heard, ConsumerOptions options) {
    Subscriptions subscriptions;
    subscriptions.on<ThingHappened>(&listener, &Listener::on_thing);
    return Consumer(runtime(), database(), std::move(subscriptions), {std::move(heard)}, options);
  }

  static postgres::Bound happened(std::string_view aggregate, std::int64_t number) {
    return outbox_row(ThingHappened::topic, aggregate, number, to_json(ThingHappened{number}), Uuid());
  }
  void publish(std::string_view aggregate, std::int64_t number) { ASSERT_TRUE(run(producer.run(happened(aggregate, number))).has_value()); }
  /// The numbers from `first` to `last`, in seven aggregates and one transaction, with as many bytes more in each.
  void publish_many(std::int64_t first, std::int64_t last, std::int64_t padding = 0) {
    static constexpr postgres::Statement append_many{
        "test.append_many",
        "SELECT outbox_append('producer.thing.happened', 'a' || i % 7, i, json_build_object('number', i, 'padding', repeat('x', $3::integer))::text) "
        "FROM generate_series($1::bigint, $2::bigint) AS i",
        postgres::Effect::writes};
    ASSERT_TRUE(run(producer.query(append_many, first, last, padding)).has_value());
  }

  std::string effects() { return value("SELECT string_agg(aggregate || number, ' ' ORDER BY seq) FROM effect"); }
  /// "10 of 10, 0 out of order": how many effects of how many different events, and those that came after a later one of their aggregate.
  std::string summary() {
    return value(
        "SELECT count(*) || ' of ' || count(DISTINCT number) || ', ' || count(*) FILTER (WHERE number < before) || ' out of order' "
        "FROM (SELECT number, max(number) OVER (PARTITION BY aggregate ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before "
        "FROM effect) AS each");
  }
  ::testing::AssertionResult soon(const std::string& wanted, milliseconds limit = seconds(10)) {
    return testing::eventually(runtime(), [&] { return summary() == wanted; }, [&] { return summary(); }, limit);
  }
  static double lag() { return observe::gauge("emporion_feed_lag_seconds", "", {{"consumer", "consumer"}, {"producer", "producer"}}).value(); }

  postgres::Database& producer;
  Listener listener;
  std::shared_ptr<EventFeed> feed;
  // Over the network: two replicas of the producer's process.
  remote::Services services[2];
  std::vector<std::unique_ptr<remote::FeedServer>> servers;
  std::shared_ptr<testing::UnreliableChannel> channel;
  std::shared_ptr<remote::RemoteFeed> far_feed;
};

/// A FeedTest that runs over every binding.
class EachFeedTest : public FeedTest, public ::testing::WithParamInterface<Binding> {
 protected:
  EachFeedTest() : FeedTest(GetParam()) {}

 public:
  static auto bindings() { return ::testing::Values(Binding::in_process, Binding::network); }
};

/// A feed whose hints are all lost, and which counts how often it is read.
class HintlessFeed final : public EventFeed {
 public:
  explicit HintlessFeed(std::shared_ptr<EventFeed> feed) : feed_(std::move(feed)) {}
  const std::string& producer() const noexcept override { return feed_->producer(); }
  Task<Result<FeedPage>> read(Position after, std::vector<std::string> topics, int count) override {
    ++reads;
    return feed_->read(after, std::move(topics), count);
  }
  void on_hint(std::function<void()>) override {}

  int reads = 0;

 private:
  std::shared_ptr<EventFeed> feed_;
};

}  // namespace emporion::messaging
