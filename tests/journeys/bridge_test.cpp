// A system that is not ours hears of every order, whichever of shop and broker dies meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "kernel/bridge/test_broker.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

const std::string queue = "emporion.events";

struct Bridged : ::testing::Test {
  /// Buys as a guest; the order's id is in `bought`.
  void buy(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = text("bridged-", ++buyers);
      const auto confirmed = run_until_done(runtime, [](Buyer buyer, std::string who) -> Task<Reply> {
        auto prepared = co_await buyer.prepare("TEA-BLACK-100", 1, who);
        if (prepared.status != 200) co_return prepared;
        co_return co_await buyer.confirm("buy-" + who);
      }(Buyer(client, shop.url()), name));
      ASSERT_EQ(confirmed.status, 201) << confirmed.body;
      bought.insert(member_of(confirmed.body, "order_id"));
    }
  }

  /// Takes what the queue has. Answers the orders of which nothing was heard.
  std::set<std::string> missing() {
    if (!foreign || !foreign->is_inside()) foreign = bridge::ForeignSystem::enter(broker.port());
    while (foreign) {
      const auto message = foreign->take(queue);
      if (!message) break;
      ++heard[member_of(message->body, "subject")][member_of(message->body, "id")];
    }
    std::set<std::string> out;
    for (const auto& order : bought) {
      if (!heard.contains(order)) out.insert(order);
    }
    return out;
  }
  ::testing::AssertionResult all_are_heard_of() {
    return testing::eventually(
        runtime, [&] { return missing().empty(); }, [&] { return text(missing().size(), " of ", bought.size(), " are not heard of"); }, seconds(60));
  }

  bridge::Broker broker{[](int port) { bridge::ForeignSystem::enter(port)->declare(queue); }};
  ShopProcess shop{text("bridge:\n  amqp: {url: \"", broker.url(), "\"}\n  topics: [order.order.confirmed]\n")};
  Runtime runtime;
  http::Client client{runtime};
  std::unique_ptr<bridge::ForeignSystem> foreign;
  int buyers = 0;
  std::set<std::string> bought;
  std::map<std::string, std::map<std::string, int>> heard;  ///< By order and event, how often.
};

TEST_F(Bridged, AForeignSystemHearsOfEachOrderWhicheverDies) {
  shop.start();
  buy(3);
  EXPECT_TRUE(all_are_heard_of());
  // The shop dies with orders that were bought just then.
  buy(3);
  shop.kill();
  shop.start();
  EXPECT_TRUE(all_are_heard_of());
  // The broker dies: the shop goes on selling.
  foreign.reset();
  broker.kill();
  buy(3);
  broker.start();
  EXPECT_TRUE(all_are_heard_of());
  // Each order's event has one id, however often it came.
  for (const auto& [order, events] : heard) EXPECT_EQ(events.size(), 1u) << order;
  EXPECT_EQ(heard.size(), bought.size());
  EXPECT_EQ(shop.stop(), 0);
  EXPECT_EQ(shop.audit(), 0) << shop.audit_report();
}

TEST(BridgedSettings, ATopicOfNobodyAndABrokerThatIsNoneStopTheStart) {
  const testing::TemporaryFolder temporary("bridged");
  const auto refused = [&](const std::string& settings) {
    const auto file = temporary.path() / "placement.yaml";
    std::ofstream(file) << "home: " << (temporary.path() / "home").string() << "\n" << settings;
    const auto ended = run_emporion({"up", "--port", "0", "--placement", file.string()}, temporary.path(), {}, 120);
    EXPECT_EQ(ended.code, 1);
    return ended.complained;
  };
  EXPECT_THAT(refused("bridge: {amqp: {url: \"amqp://u:p@127.0.0.1/x\"}, topics: [order.order.lost]}\n"),
              ::testing::HasSubstr("bridge.topics: nobody publishes order.order.lost (CONFIG_INVALID)"));
  EXPECT_THAT(refused("bridge: {amqp: {url: \"tcp://u:p@127.0.0.1\"}, topics: [order.order.confirmed]}\n"),
              ::testing::HasSubstr("bridge.amqp.url: a broker is named"));
  EXPECT_THAT(refused("bridge: {amqp: {url: \"amqp://u:p@127.0.0.1/x\"}}\n"), ::testing::HasSubstr("bridge.topics: there is a broker, but nothing to bring"));
}

}  // namespace
}  // namespace emporion::journeys
