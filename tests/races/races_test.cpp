#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <random>

#include "kernel/base/text.hpp"
#include "tests/races/race.hpp"

namespace emporion::races {
namespace {

constexpr int sample = 3;            ///< Rounds of each race in a run of all tests.
constexpr int audited_every = 15;    ///< Rounds between audits.
constexpr int enough_to_judge = 20;  ///< With fewer rounds than these, one side may win them all by chance.

long given(const char* variable, long fallback) {
  const char* const value = std::getenv(variable);
  return value && *value ? std::strtol(value, nullptr, 10) : fallback;
}

std::vector<std::unique_ptr<Race>> all_races() {
  std::vector<std::unique_ptr<Race>> out;
  for (auto make : {checkout_races, payment_races, order_races, warehouse_races}) {
    for (auto& race : make()) out.push_back(std::move(race));
  }
  return out;
}

std::unique_ptr<Race> race_named(std::string_view name) {
  for (auto& race : all_races()) {
    if (race->name() == name) return std::move(race);
  }
  return nullptr;
}

/// One shop for all races that want the same of it.
struct Races : ::testing::TestWithParam<std::string> {
  static void TearDownTestSuite() { arenas.clear(); }
  static Arena& arena_of(const Race& race) {
    auto& arena = arenas[text(race.settings(), race.processes())];
    if (!arena) {
      arena = std::make_unique<Arena>(race.settings(), race.processes());
      if (const char* const breach = std::getenv("EMP_RACE_SQL")) arena->break_guard(breach);
    }
    return *arena;
  }
  /// Of letters and digits, and of this race's round only.
  static std::string round_name(std::string_view race, int round) {
    std::string out;
    for (const char letter : race) {
      if (letter != '_') out += letter;
    }
    return text(out, 'r', round);
  }
  static std::map<std::string, std::unique_ptr<Arena>> arenas;
};
std::map<std::string, std::unique_ptr<Arena>> Races::arenas;

// EMP_RACE_ROUNDS: how often (`full`: as often as each race says). EMP_RACE_SEED with EMP_RACE_FIRST repeats the delays of a round that did not hold.
// EMP_RACE_SQL="database:file.sql" breaks a guard of the running shop on purpose: then the race must fail.
TEST_P(Races, HoldHoweverTheyGo) {
  const auto race = race_named(GetParam());
  const bool is_full = std::getenv("EMP_RACE_ROUNDS") && std::string(std::getenv("EMP_RACE_ROUNDS")) == "full";
  const int rounds = is_full ? race->rounds() : static_cast<int>(given("EMP_RACE_ROUNDS", sample));
  const auto seed = static_cast<std::uint64_t>(given("EMP_RACE_SEED", static_cast<long>(std::random_device{}() & 0xFFFFFF)));
  const int first = static_cast<int>(given("EMP_RACE_FIRST", 1));
  std::printf("%s: %s\n  must hold: %s\n  EMP_RACE_SEED=%llu\n", GetParam().c_str(), std::string(race->raced()).c_str(), std::string(race->must_hold()).c_str(),
              static_cast<unsigned long long>(seed));
  Arena& arena = arena_of(*race);
  ASSERT_TRUE(arena.run(race->set_up(arena)));
  std::map<std::string, int> winners;
  int complaints = 0;
  const auto began = std::chrono::steady_clock::now();
  for (int round = first; round < first + rounds && complaints < 5; ++round) {
    const auto outcome = arena.run(race->play(arena, round_name(GetParam(), round), seed * 1'000 + static_cast<std::uint64_t>(round)));
    ++winners[outcome.winner.empty() ? "nobody" : outcome.winner];
    if (!outcome.complaint.empty()) {
      ++complaints;
      ADD_FAILURE() << "EMP_RACE_SEED=" << seed << " EMP_RACE_FIRST=" << round << ": " << outcome.complaint;
    }
    if (round % audited_every == 0 || round == first + rounds - 1) {
      ASSERT_EQ(arena.shops.front()->audit(), 0) << "by round " << round << '\n' << arena.shops.front()->audit_report();
    }
  }
  std::string split;
  for (const auto& [winner, count] : winners) split += text(split.empty() ? "" : ", ", winner, " × ", count);
  std::printf("RACED %s rounds=%d seed=%llu seconds=%lld: %s\n", GetParam().c_str(), rounds, static_cast<unsigned long long>(seed),
              static_cast<long long>(std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - began).count()), split.c_str());
  EXPECT_TRUE(rounds < enough_to_judge || winners.size() > 1) << "always won by the same side: " << split;
}

std::vector<std::string> race_names() {
  std::vector<std::string> out;
  for (const auto& race : all_races()) out.emplace_back(race->name());
  return out;
}
INSTANTIATE_TEST_SUITE_P(Of, Races, ::testing::ValuesIn(race_names()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace emporion::races
