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
#include "kernel/remote/client.hpp"
#include "kernel/remote/server.hpp"
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
  Task<Result<>> on_things(postgres::UnitOfWork& work, std::vector<Heard<ThingHappened>> things) {
    at_once.push_back(things.size());
    for (auto& thing : things) EMP_CO_TRY(co_await on_thing(work, std::move(thing.envelope), thing.event));
    co_return Result<>();
  }
  std::vector<std::size_t> at_once;  ///< How many events each call of on_things was given.
};

enum class Binding : std::uint8_t {
  in_process,
  network,  ///< A channel that fails on order.
  grpc,     ///< The one that processes use, over loopback.
};
inline std::string name_of(Binding binding) {
  static constexpr const char* names[] = {"in_process", "network", "grpc"};
  return names[static_cast<std::size_t>(binding)];
}

/// The module "consumer" hears the module "producer".
class FeedTest : public testing::PostgresTest {
 protected:
  explicit FeedTest(Binding binding, std::size_t replicas = 1) : PostgresTest("consumer"), producer(add_database("producer", {})) {
    sql("CREATE TABLE effect (seq bigserial, aggregate text, number bigint)");
    sql("GRANT ALL ON effect, effect_seq_seq TO PUBLIC");
    if (binding == Binding::in_process) {
      feed = local_feed(producer);
      return;
    }
    for (std::size_t i = 0; i < replicas; ++i) {
      services.push_back(std::make_unique<remote::Services>());
      feed_servers.push_back(std::make_unique<remote::FeedServer>(runtime(), std::vector{local_feed(producer)}));
      feed_servers[i]->serve(*services[i]);
    }
    if (binding == Binding::grpc) {
      listen_and_connect();
    } else {
      std::vector<const remote::Services*> all;
      for (const auto& each : services) all.push_back(each.get());
      channel = std::make_shared<testing::UnreliableChannel>(runtime(), std::move(all));
    }
    far_feed = remote::remote_feed(runtime(), channel ? std::shared_ptr<remote::Channel>(channel) : client, {.producer = "producer", .reader = "consumer"});
    feed = far_feed;
  }
  ~FeedTest() override {
    for (auto& server : feed_servers) run(server->close());
    if (client) run(client->close());
    for (auto& server : servers) {
      if (server) run(server->close(seconds(1)));
    }
    if (far_feed) run(far_feed->close());
  }

  Consumer consumer(ConsumerOptions options = {.retry_first = milliseconds(1)}) { return consumer_of(feed, options); }
  Consumer consumer_of(std::shared_ptr<EventFeed> heard, ConsumerOptions options) {
    Subscriptions subscriptions;
    subscriptions.on<ThingHappened>(&listener, &Listener::on_thing);
    return Consumer(runtime(), database(), std::move(subscriptions), {std::move(heard)}, options);
  }

  /// On the io thread, as a process does.
  void start(Consumer& one) {
    run([](Consumer& starting) -> Task<void> {
      starting.start();
      co_return;
    }(one));
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
  // The producer's process, over a network: one of each for each replica.
  std::vector<std::unique_ptr<remote::Services>> services;
  std::vector<std::unique_ptr<remote::FeedServer>> feed_servers;
  std::vector<std::unique_ptr<remote::Server>> servers;
  // The way there: one of both.
  std::shared_ptr<testing::UnreliableChannel> channel;
  std::shared_ptr<remote::Client> client;
  std::shared_ptr<remote::RemoteFeed> far_feed;

 private:
  void listen_and_connect() {
    std::vector<std::string> addresses;
    for (const auto& offered : services) {
      servers.push_back(std::make_unique<remote::Server>(runtime(), *offered, remote::ServerOptions{.address = "127.0.0.1:0"}));
      const auto listening = servers.back()->listen();
      EMP_ASSERT(listening.has_value());
      addresses.push_back(text("127.0.0.1:", servers.back()->port()));
    }
    client = remote::connect(runtime(), {.module = "producer", .addresses = std::move(addresses)});
  }
};

/// A FeedTest that runs over every binding.
class EachFeedTest : public FeedTest, public ::testing::WithParamInterface<Binding> {
 protected:
  EachFeedTest() : FeedTest(GetParam()) {}

 public:
  static auto bindings() { return ::testing::Values(Binding::in_process, Binding::network, Binding::grpc); }
};

/// A feed that counts how often it is read, and may lose its hints.
class CountedFeed final : public EventFeed {
 public:
  enum class Hints : std::uint8_t { passed_on, lost };
  explicit CountedFeed(std::shared_ptr<EventFeed> feed, Hints hints) : feed_(std::move(feed)), hints_(hints) {}
  const std::string& producer() const noexcept override { return feed_->producer(); }
  Task<Result<FeedPage>> read(Position after, std::vector<std::string> topics, int count) override {
    ++reads;
    return feed_->read(after, std::move(topics), count);
  }
  void on_hint(std::function<void()> wake) override {
    if (hints_ == Hints::passed_on) feed_->on_hint(std::move(wake));
  }

  int reads = 0;

 private:
  std::shared_ptr<EventFeed> feed_;
  Hints hints_;
};

}  // namespace emporion::messaging
