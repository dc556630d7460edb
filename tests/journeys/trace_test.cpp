#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>

#include "kernel/base/text.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_in_parts.hpp"
#include "tests/simulators/otlp/collector_simulator.hpp"

// What a collector of traces sees of an order: one trace, from the public's request to what other processes did because of it.
namespace emporion::journeys {
namespace {

using simulators::CollectedSpan;
using Collector = ProviderThread<simulators::CollectorSimulator, simulators::CollectorOptions>;

// What a caller that traces sends: who prepares, and who confirms.
constexpr const char* preparing = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* confirming = "00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b8-01";
constexpr std::string_view of_preparing = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view of_confirming = "4bf92f3577b34da6a3ce929d0e0e4737";
constexpr std::string_view confirm_route = "POST /api/v1/checkout/{id}/confirm";
enum Kind : std::uint8_t { internal = 1, server = 2, calling = 3, consumer = 5 };

/// The spans of one trace by their ids.
class Trace {
 public:
  explicit Trace(const std::vector<CollectedSpan>& spans) {
    for (const auto& span : spans) EXPECT_TRUE(by_id_.emplace(span.id, span).second) << span.name << " has the id of another span";
  }
  /// The spans of that name and kind in that process whose parent is one of `parents`, if any are given. There is one at least.
  std::vector<CollectedSpan> find(const std::string& service, int kind, const std::string& name, const std::vector<CollectedSpan>& parents = {}) const {
    std::vector<CollectedSpan> out;
    for (const auto& [id, span] : by_id_) {
      const bool is_below = parents.empty() || std::ranges::count(parents, span.parent, &CollectedSpan::id) > 0;
      if (span.service() == service && span.kind == kind && span.name == name && is_below) out.push_back(span);
    }
    EXPECT_FALSE(out.empty()) << name << " in " << service << " is not there, or not where it belongs:\n" << drawn();
    if (out.empty()) out.emplace_back();
    return out;
  }
  bool has(const std::string& service, const std::string& name) const {
    return std::ranges::any_of(by_id_, [&](const auto& entry) { return entry.second.service() == service && entry.second.name == name; });
  }
  bool is_below(const CollectedSpan& span, const CollectedSpan& above) const {
    for (auto at = by_id_.find(span.id); at != by_id_.end(); at = by_id_.find(at->second.parent)) {
      if (at->first == above.id) return true;
    }
    return false;
  }
  std::vector<CollectedSpan> without_their_parent() const {
    std::vector<CollectedSpan> out;
    for (const auto& [id, span] : by_id_) {
      if (!span.parent.empty() && !by_id_.contains(span.parent)) out.push_back(span);
    }
    return out;
  }
  std::string drawn() const {
    std::string out;
    for (const auto& [id, span] : by_id_) {
      if (!by_id_.contains(span.parent)) draw(span, 0, out);
    }
    return out;
  }

 private:
  void draw(const CollectedSpan& span, std::size_t depth, std::string& out) const {
    out += text(std::string(2 * depth, ' '), span.name, " [", span.service(), ", ", (span.ended_ns - span.began_ns) / 1000, " us]\n");
    std::vector<const CollectedSpan*> below;
    for (const auto& [id, each] : by_id_) {
      if (each.parent == span.id) below.push_back(&each);
    }
    std::ranges::sort(below, {}, [](const auto* each) { return each->began_ns; });
    for (const auto* each : below) draw(*each, depth + 1, out);
  }
  std::map<std::string, CollectedSpan> by_id_;
};

std::string attribute(const CollectedSpan& span, const std::string& key) {
  const auto found = span.attributes.find(key);
  return found == span.attributes.end() ? "" : found->second;
}

struct Traced : ::testing::Test {
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  template <typename Condition>
  void wait_until(Condition holds, std::string_view what) {
    const auto end = std::chrono::steady_clock::now() + seconds(60);
    bool held = false;
    (void)testing::eventually(runtime, [&] { return (held = holds()) || std::chrono::steady_clock::now() > end; }, [] { return std::string(); }, hours(1));
    ASSERT_TRUE(held) << what;
  }
  std::vector<CollectedSpan> all_spans() {
    return collector.on_its_thread([](simulators::CollectorSimulator& there) { return there.spans(); });
  }
  std::vector<CollectedSpan> spans_of(std::string_view trace) {
    auto spans = all_spans();
    std::erase_if(spans, [&](const auto& span) { return span.trace != trace; });
    return spans;
  }
  void expect_nothing_of_a_person() {
    for (const auto& span : all_spans()) {
      std::string told = span.name + ' ' + span.error;
      for (const auto& [key, value] : span.attributes) told += ' ' + value;
      for (const auto& event : span.events) {
        for (const auto& [key, value] : event.attributes) told += ' ' + value;
      }
      for (const char* personal : {"@", "example.com", "Mai", "Tran", "84901234567", "0901234567", "Tràng", "Hà Nội", "127.0.0.1"}) {
        EXPECT_EQ(told.find(personal), std::string::npos) << personal << " in " << told;
      }
    }
  }

  Collector collector{{}};
  Runtime runtime;
  http::Client client{runtime};
};

TEST_F(Traced, AnOrderIsOneTraceThroughAllProcesses) {
  ShopInParts shop("per-domain");
  shop.start_all({"EMPORION_TRACE__ENDPOINT=" + collector.url(), "EMPORION_TRACE__SAMPLE_RATIO=0"});
  Buyer guest(client, shop.url());
  int tries = 0;
  wait_until([&] { return run(Buyer(client, shop.url()).prepare("TEA-LOTUS-50", 1, text("scout-", ++tries))).status == 200; }, "all can be called");
  guest.trace_as(preparing);
  ASSERT_EQ(run(guest.prepare("TEA-JASMINE-100", 2, "linh")).status, 200);
  guest.trace_as(confirming);
  const auto confirmed = run(guest.confirm("buy"));
  ASSERT_EQ(confirmed.status, 201) << confirmed.body;
  wait_until(
      [&] {
        const Trace seen(spans_of(of_confirming));
        return seen.has("logistics", "commit fulfillment") && seen.has("product", "commit promotion");
      },
      "the consumers' spans");
  for (const auto& [name, code] : shop.stop_all()) EXPECT_EQ(code, 0) << name << shop.log_of(name);  // What waits to be sent is sent.

  const Trace trace(spans_of(of_confirming));
  const auto http = trace.find("platform", server, std::string(confirm_route));
  EXPECT_EQ(http.size(), 1u);
  EXPECT_EQ(http[0].parent, "00f067aa0ba902b8") << "the caller's own span";
  EXPECT_EQ(attribute(http[0], "http.request.method"), "POST");
  EXPECT_EQ(attribute(http[0], "http.route"), "/api/v1/checkout/{id}/confirm");
  EXPECT_EQ(attribute(http[0], "http.response.status_code"), "201");

  const auto asked = trace.find("platform", calling, "checkout.confirm_checkout", http);
  EXPECT_EQ(attribute(asked[0], "rpc.system"), "grpc");
  EXPECT_EQ(attribute(asked[0], "rpc.service"), "checkout");
  EXPECT_EQ(attribute(asked[0], "rpc.method"), "confirm_checkout");
  const auto answered = trace.find("commerce", server, "checkout.confirm_checkout", asked);

  const auto saga = trace.find("commerce", internal, "saga checkout.place_order", answered);
  const auto step = trace.find("commerce", internal, "step reserve_stock", saga);
  EXPECT_EQ(attribute(step[0], "emporion.saga.outcome"), "done");
  const auto reserve = trace.find("commerce", calling, "warehouse.reserve", step);
  (void)trace.find("logistics", server, "warehouse.reserve", reserve);

  const auto lane = trace.find("commerce", internal, "lane order.confirm");
  EXPECT_TRUE(trace.is_below(lane[0], answered[0])) << trace.drawn();
  ASSERT_EQ(lane[0].events.size(), 1u);
  EXPECT_EQ(lane[0].events[0].name, "taken");
  EXPECT_EQ(lane[0].events[0].attributes.at("emporion.lane.batch_size"), "1");
  const auto commit = trace.find("commerce", calling, "commit order", lane);
  EXPECT_EQ(attribute(commit[0], "db.system"), "postgresql");
  EXPECT_THAT(attribute(commit[0], "db.operation.name"), ::testing::HasSubstr("order."));
  EXPECT_NE(attribute(commit[0], "emporion.transaction"), "");

  for (const auto& [service, module] : {std::pair("logistics", "fulfillment"), std::pair("product", "promotion")}) {
    const auto feed = trace.find(service, consumer, "feed order.order.confirmed", commit);
    const auto process = trace.find(service, consumer, "process order.order.confirmed", feed);
    EXPECT_EQ(attribute(process[0], "messaging.destination.name"), "order.order.confirmed");
    EXPECT_EQ(attribute(process[0], "messaging.consumer.group.name"), module);
    (void)trace.find(service, calling, text("commit ", module), process);
  }
  for (const auto& span : trace.without_their_parent())
    EXPECT_EQ(span.id, http[0].id) << span.name << " [" << span.service() << "] has a parent that is not there\n" << trace.drawn();
  EXPECT_EQ(all_spans().size(), spans_of(of_confirming).size() + spans_of(of_preparing).size()) << "nobody asked for other traces";
  expect_nothing_of_a_person();
  EXPECT_EQ(collector.on_its_thread([](simulators::CollectorSimulator& there) { return there.unreadable(); }), 0);
}

}  // namespace
}  // namespace emporion::journeys
