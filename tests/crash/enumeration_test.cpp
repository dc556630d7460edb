#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "kernel/base/crc32.hpp"
#include "kernel/base/text.hpp"
#include "tests/crash/customer_view.hpp"
#include "tests/crash/scenario.hpp"

namespace emporion::crash {
namespace {

constexpr milliseconds late_points{1'500};  ///< After the last answer: consumers of its events, jobs that they wake.
constexpr int sample_every = 90;
constexpr int most_places = 10'000;

int given(const char* variable, int fallback) {
  const char* const value = std::getenv(variable);
  return value ? std::atoi(value) : fallback;
}

std::unique_ptr<Scenario> scenario_named(std::string_view name) {
  for (auto& scenario : all_scenarios()) {
    if (scenario->name() == name) return std::move(scenario);
  }
  return nullptr;
}

/// A place in the run: the `pass`th time that a point of that name is passed. So named, it is the same place in the next run, whatever else happens beside it.
struct Place {
  std::string point;
  int pass = 0;
};

std::vector<Place> places_of(const std::vector<std::string>& points) {
  std::map<std::string, int> passes;
  std::vector<Place> out;
  for (const auto& point : points) out.push_back({point, ++passes[point]});
  return out;
}

/// Which of several shops takes it: by its name, for the numbers of two shops' places differ.
int part_of(const Place& place, int parts) {
  return 1 + static_cast<int>((crc32(place.point) + static_cast<unsigned>(place.pass)) % static_cast<unsigned>(parts));
}

std::string kind_of(const std::string& point) {
  for (const char* kind : {".commit.before", ".commit.after", ".send", ".ack", ".do.before", ".do.after", ".undo.before", ".undo.after"}) {
    if (point.ends_with(kind)) return std::string(kind).substr(1);
  }
  return "provider";
}

Task<bool> prepare(Scenario& scenario, Stage& stage, std::string purchase) {
  for (int i = 0; i < 10; ++i) {
    if (co_await scenario.prepare(stage, text(purchase, 't', i))) co_return true;
    co_await stage.runtime.sleep_for(milliseconds(300));  // tidy-allow(test_sleeps): a SKU that was sold out may be refused a second longer.
  }
  co_return false;
}

Task<int> wait_until_fired(Stage& stage, milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!stage.faults->has_fired() && std::chrono::steady_clock::now() < end)
    co_await stage.runtime.sleep_for(milliseconds(20));  // tidy-allow(test_sleeps): another process gets there in its own time.
  co_return 0;
}

Task<int> play(Scenario& scenario, Stage& stage) {
  co_await scenario.act(stage);
  co_return 0;
}

/// The end as the customer sees it, and the shop's own books.
Task<std::string> complaint_of_end(Scenario& scenario, Stage& stage) {
  co_await scenario.finish(stage);
  for (auto& shopper : scenario.shoppers) {
    co_await shopper->confirm();
    co_await shopper->settled(stage.runtime);
    // What was sold out a moment ago is refused before a saga begins. Where the first confirm had left none, there is none to ask for.
    const bool never_began = outcome_of(shopper->answer) == "OUT_OF_STOCK" && outcome_of(shopper->poll) == "NOT_CONFIRMED";
    if (never_began) {
      if (auto complaint = complaint_about(shopper->answer, AskedBy::confirm); !complaint.empty()) co_return complaint;
      const Reply newest = co_await stage.staff.call(http::Method::get, "/api/v1/admin/sagas?page_size=100");
      if (newest.status != 200 || newest.body.contains(shopper->buyer.session())) co_return text("a saga of this checkout should be told: ", newest.body);
      continue;
    }
    for (auto complaint : {complaint_about(shopper->answer, AskedBy::confirm), complaint_about(shopper->poll, AskedBy::poll)}) {
      if (!complaint.empty()) co_return complaint;
    }
    if (outcome_of(shopper->answer) != outcome_of(shopper->poll))
      co_return text("confirm says ", outcome_of(shopper->answer), ", the poll ", outcome_of(shopper->poll));
  }
  co_return co_await scenario.complaint(stage);
}

/// The points of one undisturbed run, in their order; none if it did not end as it should.
std::vector<std::string> points_of(Scenario& scenario, Stage& stage, const std::string& purchase) {
  EXPECT_TRUE(stage.run(prepare(scenario, stage, purchase))) << scenario.name();
  stage.faults->list();
  stage.run(play(scenario, stage));
  stage.run(wait_until_fired(stage, late_points));
  const auto points = stage.faults->listed();
  const std::string complaint = stage.run(complaint_of_end(scenario, stage));
  EXPECT_EQ(complaint, "") << scenario.name();
  return complaint.empty() ? points : std::vector<std::string>();
}

/// One shop for all scenarios of a run; `make crash` runs each scenario by itself, side by side.
struct Enumeration : ::testing::TestWithParam<std::string> {
  static void SetUpTestSuite() { stage = std::make_unique<Stage>(); }
  static void TearDownTestSuite() { stage.reset(); }
  void SetUp() override {
    scenario = scenario_named(GetParam());
    ASSERT_TRUE(stage->run(scenario->set_up(*stage)));
  }

  /// Of letters and digits, and of one purchase only.
  static std::string purchase_of(std::string_view action, std::string_view scenario, int number) {
    std::string out(action.substr(0, 1));
    for (const char letter : scenario) {
      if (letter != '_') out += letter;
    }
    return text(out, 'n', number);
  }

  /// Those that two undisturbed runs passed. What only one did, a job that was due just then, the next would hardly pass.
  std::vector<Place> places_that_return(const std::string& action) {
    std::map<std::string, int> passes;
    for (const auto& place : places_of(points_of(*scenario, *stage, purchase_of(action, GetParam(), 0)))) passes[place.point] = place.pass;
    auto out = places_of(points_of(*scenario, *stage, purchase_of(action, GetParam(), most_places)));
    std::erase_if(out, [&](const Place& place) { return place.pass > passes[place.point]; });
    return out;
  }

  /// One purchase with the fault at that place. False: the run passed by it.
  bool endures(const std::string& action, const Place& place, int number) {
    SCOPED_TRACE(text(action, " at ", place.point, ", pass ", place.pass));
    EXPECT_TRUE(stage->run(prepare(*scenario, *stage, purchase_of(action, GetParam(), number)))) << "cannot be prepared";
    stage->faults->arm(text(action, ':', place.point, ':', place.pass));
    stage->run(play(*scenario, *stage));
    stage->run(wait_until_fired(*stage, late_points));
    const bool fired = stage->faults->has_fired();
    stage->faults->disarm();
    if (fired && action == "crash") {
      EXPECT_TRUE(stage->shop->wait_for_end(5));
      stage->start();
      for (auto& shopper : scenario->shoppers) shopper->buyer.move_to(stage->shop->url());
    }
    EXPECT_EQ(stage->run(complaint_of_end(*scenario, *stage)), "");
    return fired;
  }

  /// Counts the places in undisturbed runs, then takes one after the other. EMP_FAULT_EVERY=1 takes them all, EMP_FAULT_AT=webhook those of such a point only,
  /// EMP_FAULT_PARTS=2 EMP_FAULT_PART=1 the first half, EMP_FAULT_TAKEN=FILE what FILE does not name, as lines "action scenario point pass".
  /// What breaks the books leaves them broken, so EMP_FAULT_AUDIT=5 may look at them after each fifth place, and at the end.
  void enumerate(const std::string& action) {
    const auto began = std::chrono::steady_clock::now();
    auto places = places_that_return(action);
    if (action == "lose") std::erase_if(places, [](const Place& place) { return place.point.ends_with(".send"); });  // Nothing has been answered yet.
    ASSERT_GT(places.size(), 20u);
    if (const char* const wanted = std::getenv("EMP_FAULT_AT")) {
      std::erase_if(places, [&](const Place& place) { return !place.point.contains(wanted); });
    }
    std::erase_if(places,
                  [&, parts = given("EMP_FAULT_PARTS", 1), part = given("EMP_FAULT_PART", 1)](const Place& place) { return part_of(place, parts) != part; });
    if (const char* const file = std::getenv("EMP_FAULT_TAKEN")) {
      std::ifstream in(file);
      std::set<std::string> taken;
      for (std::string line; std::getline(in, line);) taken.insert(line);
      std::erase_if(places, [&](const Place& place) { return taken.contains(text(action, ' ', GetParam(), ' ', place.point, ' ', place.pass)); });
      if (places.empty()) return;
    }
    ASSERT_FALSE(places.empty()) << "none is like that";
    const int every = given("EMP_FAULT_EVERY", sample_every);
    const int first =
        given("EMP_FAULT_FIRST", 1 + static_cast<int>(std::random_device{}() % std::min<std::size_t>(static_cast<unsigned>(every), places.size())));
    std::printf("EMP_FAULT_EVERY=%d EMP_FAULT_FIRST=%d\n", every, first);
    const int audit_every = given("EMP_FAULT_AUDIT", 1);
    std::map<std::string, int> covered;
    int total = 0, passed_by = 0, not_audited = 0;
    const auto audit = [&] {
      EXPECT_EQ(stage->shop->audit(), 0) << "after the last " << not_audited << " places: " << stage->shop->audit_report();
      not_audited = 0;
    };
    for (int i = first, step = every; i <= static_cast<int>(places.size()); i += step) {
      const auto& place = places[static_cast<std::size_t>(i - 1)];
      std::printf("%s at place %d of %zu: %s, pass %d\n", action.c_str(), i, places.size(), place.point.c_str(), place.pass);
      std::fflush(stdout);  // A run takes an hour: its log tells how far it is.
      if (endures(action, place, i)) {
        ++covered[kind_of(place.point)];
        ++total;
        step = every;
      } else {
        ++passed_by;
        step = 1;  // A sample takes the next one instead.
      }
      if (++not_audited == audit_every) audit();
    }
    if (not_audited > 0) audit();
    std::string kinds;
    for (const auto& [kind, count] : covered) kinds += text(' ', kind, '=', count);
    const auto took = std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - began);
    std::printf("COVERED action=%s scenario=%s counted=%zu covered=%d passed_by=%d seconds=%lld%s\n", action.c_str(), GetParam().c_str(), places.size(), total,
                passed_by, static_cast<long long>(took.count()), kinds.c_str());
    if (std::getenv("EMP_FAULT_TAKEN") == nullptr) EXPECT_GT(total, 0);
  }

  static std::unique_ptr<Stage> stage;
  std::unique_ptr<Scenario> scenario;
};
std::unique_ptr<Stage> Enumeration::stage;

TEST_P(Enumeration, acceptance_commerce_4_5_3_ACrashAtEachPlaceLeavesOneOfTheTablesOutcomes) { enumerate("crash"); }
TEST_P(Enumeration, AnAnswerLostAtEachPlaceLeavesOneOfTheTablesOutcomes) { enumerate("lose"); }

std::vector<std::string> scenario_names() {
  std::vector<std::string> out;
  for (const auto& scenario : all_scenarios()) out.emplace_back(scenario->name());
  return out;
}
INSTANTIATE_TEST_SUITE_P(Of, Enumeration, ::testing::ValuesIn(scenario_names()), [](const auto& info) { return info.param; });

// A coupon makes each evaluation another one, so the step keeps a quote of its own. Asked again because its outcome was lost, it must know that quote for its
// own.
TEST(Quote, ThatTheSagaKeptItselfIsNotAChangedCart) {
  const auto scenario = scenario_named("cash_on_delivery_with_coupon");
  Stage stage;
  for (const char* action : {"lose", "crash"}) {
    ASSERT_TRUE(stage.run(prepare(*scenario, stage, text("own", action))));
    stage.faults->arm(text(action, ":checkout.place_order.quote.do.after:1"));
    stage.run(play(*scenario, stage));
    EXPECT_TRUE(stage.faults->has_fired());
    stage.faults->disarm();
    if (std::string_view(action) == "crash") {
      EXPECT_TRUE(stage.shop->wait_for_end(5));
      stage.start();
    }
    scenario->shoppers.front()->buyer.move_to(stage.shop->url());
    EXPECT_EQ(stage.run(complaint_of_end(*scenario, stage)), "") << action;
  }
  EXPECT_EQ(stage.shop->audit(), 0) << stage.shop->audit_report();
}

// What was authorized is gone when the shop comes back to take it: the pivot is refused, and the customer sees a decline, not our words for it.
TEST(Capture, OfAnAuthorizationThatLapsedMeanwhileIsADecline) {
  const auto scenario = scenario_named("card");
  Stage stage;
  ASSERT_TRUE(stage.run(prepare(*scenario, stage, "lapsed")));
  stage.faults->arm("crash:checkout.place_order.capture_payment.do.before:1");
  stage.run(play(*scenario, stage));
  ASSERT_TRUE(stage.shop->wait_for_end(5));
  stage.faults->disarm();
  ASSERT_TRUE(stage.cards->on_its_thread(
      [](simulators::StripeSimulator& simulator) { return simulator.lapse(journeys::member_of(simulator.events().back(), "data.object.id")); }));
  stage.start();
  auto& shopper = *scenario->shoppers.front();
  shopper.buyer.move_to(stage.shop->url());
  EXPECT_EQ(stage.run(shopper.settled(stage.runtime)), "PAYMENT_DECLINED") << shopper.poll.body;
  EXPECT_EQ(complaint_about(stage.run(shopper.confirm()), AskedBy::confirm), "");
  EXPECT_EQ(stage.balance(), 0);
  EXPECT_EQ(stage.shop->audit(), 0) << stage.shop->audit_report();
}

/// Value of a label in a line of the Prometheus text format.
std::string label_of(const std::string& line, std::string_view label) {
  const std::string wanted = text(label, "=\"");
  const auto at = line.find(wanted);
  if (at == std::string::npos) return {};
  const auto begin = at + wanted.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

// A saga without a driver, and a step or an undo that no driver passes, would be enumerated by nobody.
TEST(Registry, EachStepAndUndoOfEachRegisteredSagaIsPassedByAScenario) {
  std::set<std::string> passed, sagas;
  Stage stage;
  for (auto& scenario : all_scenarios()) {
    sagas.emplace(scenario->saga());
    ASSERT_TRUE(stage.run(scenario->set_up(stage))) << scenario->name();
    for (const auto& point : points_of(*scenario, stage, text("r", passed.size()))) passed.insert(point);
  }
  const std::string metrics = stage.run(Buyer(stage.client, stage.shop->url()).call(http::Method::get, "/metrics")).body;
  int steps = 0;
  for (std::size_t at = 0; at < metrics.size();) {
    const auto end = std::min(metrics.find('\n', at), metrics.size());
    const std::string line = metrics.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("emporion_saga_step{")) continue;
    ++steps;
    const std::string saga = label_of(line, "saga");
    const std::string step = text(saga, '.', label_of(line, "step"));
    EXPECT_TRUE(sagas.contains(saga)) << "no scenario drives " << saga;
    EXPECT_TRUE(passed.contains(step + ".do.before")) << step;
    EXPECT_TRUE(label_of(line, "undo") == "false" || passed.contains(step + ".undo.before")) << "the undo of " << step;
  }
  EXPECT_GE(steps, 9);
}

}  // namespace
}  // namespace emporion::crash
