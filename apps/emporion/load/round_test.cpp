#include "apps/emporion/load/round.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "apps/emporion/load/fake_shop.hpp"
#include "apps/emporion/load/html_report.hpp"
#include "apps/emporion/load/live_view.hpp"
#include "kernel/json/value.hpp"

namespace emporion::load {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct LoadRound : ::testing::Test {
  static Scenario scenario_of(std::string_view yaml) {
    const auto settings = config::Settings::parse(yaml);
    auto read = read_scenario(*settings, "mine");
    EXPECT_TRUE(read.has_value()) << read.error().to_string();
    return std::move(*read);
  }
  Result<Shop> look(const Scenario& wanted) { return run_until_done(runtime, look_around(runtime, fake.target, wanted)); }

  static Task<bool> run_all(Round& ready, std::function<void(const Moment&)> look_on) {
    co_await ready.run(std::move(look_on));
    co_return true;
  }
  /// Looks around, then runs the plan.
  Round& run(std::string_view yaml, Plan wanted, std::function<void(const Moment&)> look_on = [](const Moment&) {}) {
    scenario = scenario_of(yaml);
    auto found = look(scenario);
    EXPECT_TRUE(found.has_value()) << found.error().to_string();
    shop = std::move(*found);
    fake.heard.clear();
    plan = std::move(wanted);
    round = std::make_unique<Round>(runtime, fake.target, scenario, shop, plan);
    EXPECT_TRUE(run_until_done(runtime, run_all(*round, std::move(look_on))));
    return *round;
  }
  RunResult result() const {
    return {.scenario = scenario,
            .plan = plan,
            .figures = round->figures(),
            .url = fake.target.url,
            .started_at = UtcTime::from_micros(0),
            .elapsed = round->elapsed(),
            .begun = round->begun(),
            .cut_off = round->cut_off(),
            .was_stopped = round->was_stopped(),
            .processor_s = 0.5,
            .machine = Machine::of_this()};
  }
  static std::int64_t errors(const Round& of, Sort sort) { return of.figures().errors(sort); }

  Runtime runtime;
  FakeShop fake{runtime};
  Scenario scenario;
  Shop shop;
  Plan plan;
  std::unique_ptr<Round> round;
};

constexpr std::string_view buying = "journeys: {buy: {weight: 1, lines_max: 1}}\nexpected: [OUT_OF_STOCK]\n";
constexpr std::string_view listing = "journeys: {list: {weight: 1, pages: 1}}\n";

TEST_F(LoadRound, AsManyPurchasesAsAskedForAreMadeEachByAGuestOfItsOwn) {
  const Round& done = run(buying, {.clients = 4, .count = 10});
  EXPECT_EQ(done.begun(), 10);
  EXPECT_EQ(done.figures().orders, 10);
  EXPECT_TRUE(result().is_clean());
  EXPECT_EQ(fake.count("/confirm"), 10);
  EXPECT_EQ(fake.heard.size(), 90u) << "nine calls a purchase";
  std::set<std::string> keys;
  for (const auto& request : fake.heard) {
    if (request.path.ends_with("/confirm")) {
      keys.emplace(request.header("idempotency-key"));
      EXPECT_EQ(request.body, R"({"quote_id":"q","expected_total":{"amount":7,"currency":"VND"},"terms_accepted":true})");
    }
    if (request.path.ends_with("/shipping-method")) EXPECT_THAT(request.body, HasSubstr(R"("method_id":"cheap")"));
    EXPECT_EQ(request.cookie("cart_token").has_value(), request.path != "/api/v1/cart/items") << request.path << ": a new guest has an empty jar";
  }
  EXPECT_EQ(keys.size(), 10u);
}

TEST_F(LoadRound, RefusalsAreSortedByWhatTheyMean) {
  int confirms = 0;
  fake.instead = [&](const http::Request& request) -> std::optional<http::Response> {
    if (!request.path.ends_with("/confirm")) return std::nullopt;
    switch (++confirms) {
      case 1: return FakeShop::problem(409, "OUT_OF_STOCK");
      case 2: return FakeShop::problem(429, "RATE_LIMITED");
      case 3: return FakeShop::problem(503, "CALLEE_BUSY");
      case 4: return FakeShop::problem(500, "INTERNAL");
      case 5: return http::Response{.status = 202, .body = R"({"status":"failed","failure":{"reason":"PAYMENT_DECLINED"}})"};
      default: return std::nullopt;
    }
  };
  const Round& done = run(buying, {.clients = 6, .count = 6});
  EXPECT_EQ(done.figures().orders, 1);
  EXPECT_EQ(errors(done, Sort::expected), 1);
  EXPECT_EQ(errors(done, Sort::shed), 2);
  EXPECT_EQ(errors(done, Sort::unexpected), 2);
  const auto sort_of = [&](int status, std::string reason) { return done.figures().refusals.at({"confirm", status, std::move(reason)}).sort; };
  EXPECT_EQ(sort_of(409, "OUT_OF_STOCK"), Sort::expected);
  EXPECT_EQ(sort_of(429, "RATE_LIMITED"), Sort::shed);
  EXPECT_EQ(sort_of(500, "INTERNAL"), Sort::unexpected);
  EXPECT_TRUE(done.figures().refusals.contains({"confirm", 200, "PAYMENT_DECLINED"}));
  EXPECT_FALSE(result().is_clean());
  EXPECT_THAT(result().verdict(), HasSubstr("NOT CLEAN: "));
  EXPECT_THAT(summary_of(result()), HasSubstr("confirm 500 INTERNAL"));
}

TEST_F(LoadRound, WhatIsShedOrExpectedIsNoFailure) {
  fake.instead = [](const http::Request& request) -> std::optional<http::Response> {
    if (request.path.ends_with("/confirm")) return FakeShop::problem(409, "OUT_OF_STOCK");
    return std::nullopt;
  };
  const Round& done = run(buying, {.clients = 1, .count = 3});
  EXPECT_EQ(done.figures().orders, 0);
  EXPECT_EQ(errors(done, Sort::expected), 3);
  EXPECT_TRUE(result().is_clean());
}

TEST_F(LoadRound, AnOutcomeThatNobodyKnowsIsAskedForWithTheSameKey) {
  int confirms = 0, never_after = 2;
  std::set<std::string> keys;
  fake.instead = [&](const http::Request& request) -> std::optional<http::Response> {
    if (!request.path.ends_with("/confirm")) return std::nullopt;
    keys.emplace(request.header("idempotency-key"));
    return ++confirms <= never_after ? std::optional(FakeShop::problem(504, "DEADLINE")) : std::nullopt;
  };
  const Round& found_out = run(buying, {.clients = 1, .count = 1});
  EXPECT_EQ(found_out.figures().orders, 1);
  EXPECT_EQ(found_out.figures().repeats, 2);
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_TRUE(result().is_clean());
  never_after = 1'000;
  const Round& unknown = run(buying, {.clients = 1, .count = 1});
  EXPECT_EQ(unknown.figures().orders, 0);
  EXPECT_EQ(unknown.figures().orders_unknown, 1) << "neither placed nor refused";
  EXPECT_FALSE(result().is_clean());
}

TEST_F(LoadRound, AClientThatIsTurnedAwayWaitsAsLongAsItWasTold) {
  int lists = 0;
  fake.instead = [&](const http::Request& request) -> std::optional<http::Response> {
    if (request.path != "/api/v1/catalog/products" || ++lists == 1) return std::nullopt;  // The first is for looking around.
    return FakeShop::problem(429, "RATE_LIMITED", {{"Retry-After", "5"}});
  };
  const Round& done = run(listing, {.clients = 3, .pace = Pace::steady(milliseconds(400))});
  EXPECT_EQ(done.begun(), 3) << "each asks once, and not again within its five seconds";
  EXPECT_EQ(errors(done, Sort::shed), 3);
}

/// One clerk: while the first is served all others wait.
TEST_F(LoadRound, InAnOpenLoopAStallOfTheShopShowsInTheCorrectedLatencies) {
  fake.stalls_at = 5;
  fake.stall = milliseconds(500);
  const Round& done = run(listing, {.clients = 1, .rate_per_s = 100, .pace = Pace::steady(seconds(1))});
  const auto& requests = done.figures().requests;
  EXPECT_EQ(done.begun(), 100) << "nobody who was to come stays away";
  EXPECT_EQ(requests.service.count(), 100u);
  // Whatever else the machine does, those who came during the stall waited for its end: 25 of them for more than half of it.
  EXPECT_GE(requests.corrected.at(750'000), 250'000);
  std::uint64_t long_services = 0, long_corrected = 0;
  for (std::size_t i = Histogram::bucket_of(250'000); i < Histogram::buckets; ++i) {
    long_services += requests.service.in_bucket(i);
    long_corrected += requests.corrected.in_bucket(i);
  }
  EXPECT_GE(requests.service.max(), 500'000);
  EXPECT_GE(long_corrected, long_services + 20) << "service time alone hides them";
}

TEST_F(LoadRound, LevelsSayHowManyClientsOfAClosedLoopAreThere) {
  Plan wanted{
      .clients = 4,
      .count = 0,
      .pace = Pace({{.name = "nobody", .span = milliseconds(300), .from = 0, .to = 0}, {.name = "one", .span = milliseconds(100), .from = 0.25, .to = 0.25}})};
  std::int64_t most = 0;
  fake.instead = [&](const http::Request&) -> std::optional<http::Response> {
    if (round && !round->was_stopped()) most = std::max(most, round->figures().in_flight);
    return std::nullopt;
  };
  const Round& done = run(listing, wanted);
  EXPECT_GE(done.begun(), 1);
  EXPECT_EQ(most, 1);
}

TEST_F(LoadRound, AStopEndsARunEarlyAndASecondOneCutsOffWhatIsUnderWay) {
  int lists = 0;
  fake.instead = [&](const http::Request&) -> std::optional<http::Response> {
    if (round && ++lists == 5) round->stop();
    return std::nullopt;
  };
  const Round& done = run(listing, {.clients = 2, .pace = Pace::steady(hours(1))});
  EXPECT_TRUE(done.was_stopped());
  EXPECT_LE(done.begun(), 7);
  EXPECT_TRUE(result().is_clean());
  EXPECT_THAT(result().verdict(), HasSubstr("stopped early"));
  fake.instead = [](const http::Request&) { return std::nullopt; };
  fake.stalls_at = 1;
  fake.stall = seconds(60);
  const Round& cut = run(listing, {.clients = 1, .pace = Pace::steady(hours(1))}, [this](const Moment&) { round->stop(); });
  EXPECT_EQ(cut.begun(), 1);
  EXPECT_EQ(cut.cut_off(), 1);
  EXPECT_TRUE(cut.figures().refusals.contains({"list", 0, "PROVIDER_TIMEOUT"}));
  fake.is_let_go = true;
}

TEST_F(LoadRound, LookingAroundSaysWhatIsMissing) {
  const auto refused = [&](std::string_view yaml) {
    const auto found = look(scenario_of(yaml));
    return found ? std::string("found") : found.error().reason();
  };
  EXPECT_EQ(refused(buying), "found");
  EXPECT_EQ(fake.heard.back().method, http::Method::del) << "the cart of the one who looked around is given back";
  EXPECT_EQ(refused("journeys: {wholesale: {weight: 1, lines_max: 2}}"), "TOO_FEW_ARTICLES") << "one of the two is not for sale";
  fake.instead = [&](const http::Request& request) -> std::optional<http::Response> {
    if (request.path.ends_with("/shipping-methods")) return http::Response{.body = R"({"groups":[{"group_key":"g","options":[]}]})"};
    return std::nullopt;
  };
  EXPECT_EQ(refused(buying), "NO_DELIVERY");
  fake.instead = [](const http::Request&) { return std::optional(http::Response{.body = "{}"}); };
  EXPECT_EQ(refused(listing), "NOTHING_FOR_SALE");
  fake.instead = [](const http::Request&) { return std::optional(FakeShop::problem(500, "INTERNAL")); };
  EXPECT_EQ(refused(listing), "SHOP_REFUSES");
  fake.instead = [](const http::Request&) { return std::optional(FakeShop::problem(429, "RATE_LIMITED")); };
  EXPECT_THAT(look(scenario_of(listing)).error().detail(), HasSubstr("raise gateway.rate.guest"));
  fake.target.port = 1;
  EXPECT_EQ(refused(listing), "PROVIDER_UNREACHABLE");
}

TEST_F(LoadRound, WhatTheDocumentSaysIsWhatWasSeen) {
  run(buying, {.clients = 2, .count = 4, .seed = 11}, [](const Moment& moment) { EXPECT_THAT(line_of(moment), HasSubstr("orders/s")); });
  const std::string json = to_json(result());
  const auto document = json::Document::parse(json);
  ASSERT_TRUE(document.has_value()) << json;
  const auto at = [&](std::initializer_list<std::string_view> path) {
    json::Value value = document->root();
    for (const auto name : path) {
      const auto member = value.member(name);
      EXPECT_TRUE(member.has_value()) << name;
      if (member) value = *member;
    }
    return value;
  };
  const Figures& figures = round->figures();
  EXPECT_EQ(at({"format"}).string(), "emporion.load.result/1");
  EXPECT_EQ(at({"clean"}).boolean(), true);
  EXPECT_EQ(at({"verdict"}).string(), result().verdict());
  EXPECT_EQ(at({"url"}).string(), fake.target.url);
  EXPECT_EQ(at({"elapsed_us"}).integer(), round->elapsed().count());
  EXPECT_EQ(at({"plan", "loop"}).string(), "closed");
  EXPECT_EQ(at({"plan", "seed"}).integer(), 11);
  EXPECT_EQ(at({"totals", "orders"}).integer(), 4);
  EXPECT_EQ(at({"totals", "requests"}).integer(), 36);
  EXPECT_EQ(at({"requests", "corrected", "p99_us"}).integer(), figures.requests.corrected.at(990'000));
  EXPECT_EQ(at({"requests", "service", "max_us"}).integer(), figures.requests.service.max());
  EXPECT_EQ(at({"steps"}).size(), figures.steps.size());
  EXPECT_EQ(at({"journeys"}).size(), 1u);
  EXPECT_EQ(at({"generator", "processor_s"}).number(), 0.5);
  std::int64_t requests = 0, orders = 0, spread = 0;
  at({"series", "points"}).for_each_element([&](json::Value point) {
    requests += point.member("requests")->integer().value_or(0);
    orders += point.member("orders")->integer().value_or(0);
    return true;
  });
  at({"distribution", "corrected"}).for_each_element([&](json::Value bucket) {
    std::int64_t count = 0;
    bucket.for_each_element([&](json::Value part) { return count = part.integer().value_or(0), true; });
    spread += count;
    return true;
  });
  EXPECT_EQ(requests, 36) << "the series holds every request once";
  EXPECT_EQ(orders, 4);
  EXPECT_EQ(spread, 36);
}

TEST_F(LoadRound, TheReportIsOnePageThatLoadsNothingAndRepeatsNoTextUnescaped) {
  fake.instead = [](const http::Request& request) -> std::optional<http::Response> {
    if (request.path.ends_with("/confirm")) return FakeShop::problem(400, "<script>alert(1)</script><!--tiles-->");
    return std::nullopt;
  };
  run(buying, {.clients = 1, .count = 2});
  const std::string page = to_html(result());
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert(1)")));
  EXPECT_THAT(page, HasSubstr("NOT CLEAN"));
  EXPECT_THAT(page, HasSubstr("Chart.js v3.9.1"));
  const auto own_part = page.substr(0, page.find("Chart.js v3.9.1")) + page.substr(page.rfind("<script>"));
  for (const std::string_view from_outside : {"src=", "href=", "@import", "url(", "https://"}) EXPECT_THAT(own_part, Not(HasSubstr(from_outside)));
  std::size_t charts = 0, tables = 0, scripts = 0, ends = 0;
  for (auto at = page.find("<canvas"); at != std::string::npos; at = page.find("<canvas", at + 1)) ++charts;
  for (auto at = page.find("<table>"); at != std::string::npos; at = page.find("<table>", at + 1)) ++tables;
  for (auto at = page.find("<script"); at != std::string::npos; at = page.find("<script", at + 1)) ++scripts;
  for (auto at = page.find("</script>"); at != std::string::npos; at = page.find("</script>", at + 1)) ++ends;
  EXPECT_EQ(charts, 3u);
  EXPECT_EQ(tables, 7u) << "one beside each chart, and steps, errands, errors and facts";
  EXPECT_EQ(scripts, 3u);
  EXPECT_EQ(ends, 3u);
  EXPECT_THAT(page, Not(HasSubstr("<!--"))) << "every place is filled";
}

TEST(LoadFigures, ALongRunMakesPointsCoarserAndLosesNothing) {
  Figures figures({});
  constexpr int seconds_run = 1'500;
  for (int i = 0; i < seconds_run; ++i) {
    figures.answered("step", 200, milliseconds(1 + i % 10), microseconds(0));
    figures.order_placed();
    figures.end_second();
  }
  figures.finish();
  EXPECT_EQ(figures.point_s, 4);
  EXPECT_EQ(figures.series.size(), 375u);
  std::int64_t requests = 0, orders = 0, latencies = 0;
  for (const auto& point : figures.series) {
    requests += point.requests;
    orders += point.orders;
    for (const auto& [bucket, count] : point.latencies) latencies += count;
    EXPECT_LE(latency_at(point, 990'000), point.max_us);
    EXPECT_GE(latency_at(point, 990'000), 3'000);
  }
  EXPECT_EQ(requests, seconds_run);
  EXPECT_EQ(orders, seconds_run);
  EXPECT_EQ(latencies, seconds_run);
}

TEST(LoadFigures, AnEndlessVarietyOfReasonsDoesNotFillTheMemory) {
  Figures figures({});
  for (int i = 0; i < 5'000; ++i) figures.refused("step", 400, text("REASON_", i));
  EXPECT_EQ(figures.errors(Sort::unexpected), 5'000);
  EXPECT_LE(figures.refusals.size(), 1'001u);
  EXPECT_EQ((figures.refusals.at({"", 0, "other reasons"}).count), 4'000);
}

TEST(LoadVisit, LinesAreDifferentSkusWithinTheirBoundsAndRepeatWithTheSeed) {
  Shop shop;
  for (int i = 0; i < 50; ++i) shop.articles.push_back({.id = "p", .sku = text("S", i)});
  const Journey journey{.errand = Errand::wholesale, .weight = 1, .lines_min = 10, .lines_max = 50, .units_max = 3};
  const auto skus_of = [&](std::uint64_t seed) {
    Dice dice(seed);
    std::vector<std::string> out;
    for (int round = 0; round < 20; ++round) {
      std::set<std::string> different;
      const auto lines = choose_lines(journey, shop, dice);
      EXPECT_GE(lines.size(), 10u);
      for (const auto& line : lines) {
        EXPECT_TRUE(different.insert(line.sku).second) << line.sku << " twice";
        EXPECT_TRUE(line.units >= 1 && line.units <= 3);
        out.push_back(line.sku);
      }
    }
    EXPECT_EQ(std::set<std::string>(out.begin(), out.end()).size(), 50u) << "every article is bought";
    return out;
  };
  EXPECT_EQ(skus_of(3), skus_of(3));
  EXPECT_NE(skus_of(3), skus_of(4));
  Dice dice(1);
  const Journey sale{.errand = Errand::flash_sale, .weight = 1, .lines_min = 1, .lines_max = 1, .hot = 1};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(choose_lines(sale, shop, dice).front().sku, "S0") << "everybody wants the same";
}

TEST(LoadVisit, ErrandsComeByTheirWeight) {
  Scenario scenario;
  scenario.journeys = {{.errand = Errand::browse, .weight = 9}, {.errand = Errand::buy, .weight = 1}};
  Dice dice(5);
  int buys = 0;
  for (int i = 0; i < 10'000; ++i) buys += choose_journey(scenario, dice).errand == Errand::buy ? 1 : 0;
  EXPECT_NEAR(buys, 1'000, 120);  // Four standard deviations.
}

}  // namespace
}  // namespace emporion::load
