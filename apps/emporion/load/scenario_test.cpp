#include "apps/emporion/load/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "apps/emporion/load/built_in.hpp"
#include "apps/emporion/load/run.hpp"
#include "apps/emporion/load/target.hpp"
#include "kernel/testing/temporary_folder.hpp"

namespace emporion::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Scenario> read(std::string_view yaml) {
  const auto settings = config::Settings::parse(yaml);
  EXPECT_TRUE(settings.has_value()) << settings.error().to_string();
  return read_scenario(*settings, "mine");
}

TEST(LoadScenario, TheOwnOnesAreTheFilesOfDeployAndHold) {
  EXPECT_THAT(own_scenarios(), ElementsAre("browse", "buy", "flash-sale", "mixed-day", "wholesale"));
  for (const auto& name : own_scenarios()) {
    const auto own = find_scenario(name);
    ASSERT_TRUE(own.has_value()) << name << ": " << own.error().to_string();
    const auto from_file = find_scenario(EMP_SOURCE_DIR "/deploy/load/" + name + ".yaml");
    ASSERT_TRUE(from_file.has_value()) << from_file.error().to_string();
    EXPECT_EQ(own->name, name);
    EXPECT_EQ(from_file->name, name);
    EXPECT_FALSE(own->description.empty());
    EXPECT_EQ(own->pace.phases(), from_file->pace.phases());
  }
}

TEST(LoadScenario, WhatTheBuildPutInIsWhatTheFileHolds) {
  for (const std::string file :
       {EMP_SOURCE_DIR "/apps/emporion/load/report.html", EMP_SOURCE_DIR "/deploy/load/mixed-day.yaml", "/usr/share/javascript/chart.js/chart.min.js"}) {
    std::ifstream in(file, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    ASSERT_FALSE(content.empty()) << file;
    EXPECT_TRUE(built_in_file(std::filesystem::path(file).filename().string()) == content) << file;
  }
  EXPECT_EQ(built_in_file("nothing"), "");
}

TEST(LoadScenario, EverythingItSaysIsRead) {
  const auto scenario = read(R"(
name: fair
description: Two days.
clients: 12
rate_per_s: 2.5
arrivals: random
think_min_ms: 10
think_max_ms: 20
currency: GBP
address: {country: GB, city: London, line1: 1 Market Street, postal_code: EC1A 1BB}
expected: [OUT_OF_STOCK]
journeys:
  buy: {weight: 3, lines_min: 2, lines_max: 4, units_max: 5, pages: 1}
  flash_sale: {weight: 1, skus: [A, B]}
  browse: {weight: 0}
phases:
  - {name: ramp, duration_s: 10, from: 0, to: 0.5}
  - {duration_s: 20}
)");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().to_string();
  EXPECT_EQ(scenario->name, "fair");
  EXPECT_EQ(scenario->clients, 12);
  EXPECT_DOUBLE_EQ(scenario->rate_per_s, 2.5);
  EXPECT_EQ(scenario->arrivals, Arrivals::random);
  EXPECT_EQ(scenario->think_min, milliseconds(10));
  EXPECT_EQ(scenario->think_max, milliseconds(20));
  EXPECT_EQ(scenario->currency, "GBP");
  EXPECT_EQ(scenario->address_json, R"({"name":"Guest of the shop","country":"GB","city":"London","line1":"1 Market Street","postal_code":"EC1A 1BB"})");
  EXPECT_THAT(scenario->expected, ElementsAre("OUT_OF_STOCK"));
  ASSERT_EQ(scenario->journeys.size(), 2u) << "nobody comes to browse";
  EXPECT_EQ(scenario->journeys[0].errand, Errand::buy);
  EXPECT_EQ(scenario->journeys[0].lines_max, 4);
  EXPECT_EQ(scenario->journeys[0].units_max, 5);
  EXPECT_THAT(scenario->journeys[1].skus, ElementsAre("A", "B"));
  ASSERT_EQ(scenario->pace.phases().size(), 2u);
  EXPECT_EQ(scenario->pace.phases()[1], (Phase{.name = "phase 2", .span = seconds(20), .from = 0.5, .to = 1})) << "it goes on where the one before ended";
}

struct Bad {
  std::string_view yaml;
  std::string_view reason;
  std::string_view part;
};

TEST(LoadScenario, EachThingThatIsWrongHasALineOfItsOwn) {
  const std::string buys = "journeys: {buy: {weight: 1}}\n";
  for (const Bad& bad : std::initializer_list<Bad>{
           {"description: nothing", "SCENARIO_INVALID", "give one of browse, list, buy, flash_sale and wholesale a weight"},
           {"journeys: {buy: {weight: 0}}", "SCENARIO_INVALID", "a weight"},
           {"journeys: {steal: {weight: 1}, buy: {weight: 1}}", "CONFIG_INVALID", "journeys.steal.weight (line 1): no such setting"},
           {"journeys: {browse: {weight: 1, lines_max: 3}}", "CONFIG_INVALID", "journeys.browse.lines_max (line 1): no such setting"},
           {"journeys: {buy: {weight: -1}}", "CONFIG_INVALID", "an integer from 0 to 1000000 expected, '-1' found"},
           {"journeys: {buy: {weight: many}}", "CONFIG_INVALID", "'many' found"},
           {"journeys: {buy: {weight: 1, lines_min: 4, lines_max: 2}}", "SCENARIO_INVALID", "lines_min is 4, more than lines_max, which is 2"},
           {"journeys: {wholesale: {weight: 1, lines_max: 2001}}", "CONFIG_INVALID", "from 1 to 2000"},
           {"journeys: {flash_sale: {weight: 1, lines_max: 3, skus: [A, B]}}", "SCENARIO_INVALID", "names 2 SKUs, fewer than the 3 lines"},
           {"journeys: {flash_sale: {weight: 1, lines_max: 3, hot: 2}}", "SCENARIO_INVALID", "hot is 2, fewer than the 3 lines"},
           {"journeys: {buy: {weight: 1}}\nthink_min_ms: 9\nthink_max_ms: 8", "SCENARIO_INVALID", "think_min_ms is more than think_max_ms"},
           {"journeys: {buy: {weight: 1}}\narrivals: sometimes", "SCENARIO_INVALID", "even or random, not 'sometimes'"},
           {"journeys: {buy: {weight: 1}}\nrate_per_s: -3", "CONFIG_INVALID", "rate_per_s"},
           {"journeys: {buy: {weight: 1}}\nclients: 10001", "CONFIG_INVALID", "from 1 to 10000"},
           {"journeys: {buy: {weight: 1}}\nduration_s: 0", "SCENARIO_INVALID", "duration_s is 0"},
           {"journeys: {buy: {weight: 1}}\nphases: [{name: a}]", "SCENARIO_INVALID", "phases.0: it has no duration_s"},
           {"journeys: {buy: {weight: 1}}\nphases: [{duration_s: 5, to: 1.5}]", "CONFIG_INVALID", "a number from 0 to 1 expected"},
           {"journeys: {buy: {weight: 1}}\nphases: [{duration_s: 5, from: 0, to: 0}]", "SCENARIO_INVALID", "the level is 0 in all of them"},
           {"journeys: {buy: {weight: 1}}\nduration_s: 5\nphases: [{duration_s: 5}]", "SCENARIO_INVALID", "the phases say how long"},
           {"journeys: {buy: {weight: 1}}\nexpectd: [A]", "CONFIG_INVALID", "expectd.0 (line 2): no such setting"},
       }) {
    const auto scenario = read(bad.yaml);
    ASSERT_FALSE(scenario.has_value()) << bad.yaml;
    EXPECT_EQ(scenario.error().reason(), bad.reason) << bad.yaml;
    EXPECT_THAT(scenario.error().detail(), HasSubstr(bad.part)) << bad.yaml;
  }
  EXPECT_TRUE(read(buys).has_value());
}

TEST(LoadScenario, OneThatIsNotThereIsNamedWithThoseThatAre) {
  EXPECT_EQ(find_scenario("sell").error().reason(), "SCENARIO_UNKNOWN");
  EXPECT_THAT(find_scenario("sell").error().detail(), HasSubstr("browse, buy, flash-sale, mixed-day, wholesale"));
  EXPECT_EQ(find_scenario("/nowhere/sell.yaml").error().reason(), "CONFIG_UNREADABLE");
  testing::TemporaryFolder folder("scenario");
  const std::string file = (folder.path() / "x.yaml").string();
  std::ofstream(file) << "journeys: [\n";
  EXPECT_EQ(find_scenario(file).error().reason(), "CONFIG_MALFORMED");
  std::ofstream(file) << "journeys: {}\n";
  EXPECT_THAT(find_scenario(file).error().detail(), HasSubstr("x.yaml: journeys"));
}

TEST(LoadTarget, LoadHitsThisMachineOnlyUnlessItIsSaid) {
  for (const std::string_view url : {"http://127.0.0.1:8080", "http://127.9.9.9", "http://localhost:80/", "http://[::1]:8080"}) {
    EXPECT_TRUE(read_target(url, false).has_value()) << url;
  }
  EXPECT_EQ(read_target("http://[::1]:81", false)->address, "::1");
  EXPECT_EQ(read_target("http://[::1]:81", false)->port, 81);
  EXPECT_EQ(read_target("http://localhost", false)->address, "127.0.0.1");
  EXPECT_EQ(read_target("http://localhost:8080/", false)->url, "http://localhost:8080");
  for (const std::string_view url :
       {"http://10.0.0.1", "http://0.0.0.0:80", "http://shop.example", "http://127.0.0.1.shop.example", "http://localhost.example", "http://[::2]"}) {
    const auto refused = read_target(url, false);
    ASSERT_FALSE(refused.has_value()) << url;
    EXPECT_EQ(refused.error().reason(), "TARGET_NOT_LOOPBACK") << url;
    EXPECT_THAT(refused.error().detail(), HasSubstr("--remote-i-own"));
  }
  EXPECT_EQ(read_target("http://10.0.0.1:99", true)->address, "10.0.0.1");  // It is only read.
  for (const std::string_view url : {"127.0.0.1:80", "https://127.0.0.1", "http://", "http://127.0.0.1:0", "http://127.0.0.1:x", "http://127.0.0.1/shop",
                                     "http://a@127.0.0.1", "http://127.0.0.1:80\r\nX: y"}) {
    const auto refused = read_target(url, true);
    ASSERT_FALSE(refused.has_value()) << url;
    EXPECT_EQ(refused.error().reason(), "URL_INVALID") << url;
  }
}

TEST(LoadPlan, WhatTheCommandSaysGoesBeforeTheScenario) {
  const auto open = *read("rate_per_s: 5\nclients: 30\njourneys: {buy: {weight: 1}}\nduration_s: 60");
  EXPECT_TRUE(plan_of({}, open).is_open());
  EXPECT_EQ(plan_of({}, open).clients, 30);
  EXPECT_FALSE(plan_of({.clients = 4}, open).is_open()) << "clients ask for a closed loop";
  EXPECT_EQ(plan_of({.clients = 4}, open).clients, 4);
  EXPECT_DOUBLE_EQ(plan_of({.clients = 4, .rate_per_s = 9.0}, open).rate_per_s, 9);
  EXPECT_EQ(plan_of({.duration = seconds(6)}, open).pace.span(), seconds(6));
  EXPECT_EQ(plan_of({.count = 20}, open).pace.span(), hours(1)) << "a count alone ends, too";
  EXPECT_EQ(plan_of({.count = 20, .seed = 7}, open).seed, 7u);
  const auto closed = *read("clients: 3\njourneys: {buy: {weight: 1}}");
  EXPECT_EQ(plan_of({}, closed).clients, 3);
  EXPECT_TRUE(plan_of({.rate_per_s = 1.0}, closed).is_open());
  EXPECT_EQ(plan_of({.rate_per_s = 1.0}, closed).clients, 256) << "three were meant for the other loop";
}

TEST(LoadPlan, ARunThatIsRefusedLeavesNoReport) {
  testing::TemporaryFolder folder("refused");
  const std::string page = (folder.path() / "load.html").string(), kept = (folder.path() / "kept.json").string();
  std::ofstream(kept) << "of an earlier run";
  const auto refused = [&](std::string report_file, std::string json_file) {
    const auto done =
        run({.scenario = "buy", .url = "http://127.0.0.1:1", .report_file = std::move(report_file), .json_file = std::move(json_file), .is_quiet = true});
    return done ? std::string("ran") : done.error().reason();
  };
  EXPECT_EQ(refused(page, kept), "PROVIDER_UNREACHABLE");
  EXPECT_FALSE(std::filesystem::exists(page));
  EXPECT_EQ(std::filesystem::file_size(kept), 17u);
  EXPECT_EQ(refused((folder.path() / "nowhere" / "load.html").string(), ""), "FILE_UNWRITABLE");
}

TEST(LoadPlan, TimesAreReadWithTheirUnit) {
  EXPECT_EQ(parse_duration("30s"), seconds(30));
  EXPECT_EQ(parse_duration("30"), seconds(30));
  EXPECT_EQ(parse_duration("5m"), minutes(5));
  EXPECT_EQ(parse_duration("2h"), hours(2));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  for (const std::string_view wrong : {"", "s", "0s", "-1s", "1.5s", "99ms", "25h", "3d", "5 m", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

}  // namespace
}  // namespace emporion::load
