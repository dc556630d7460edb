#include "apps/emporion/moving/record.hpp"

#include <gtest/gtest.h>

namespace emporion::app::moving {
namespace {

const Uuid home = Uuid::from_name("the home's database");
const Uuid away = Uuid::from_name("the other database");
const Spot at_home{home, "all", {"all:1"}};
const Spot at_stock{away, "stock", {"stock:2"}};
const Spot stock_at_home{home, "stock", {"stock:2"}};

Move move_of(std::int64_t epoch, Phase phase, const Spot& from, const Spot& to) { return {.epoch = epoch, .phase = phase, .from = from, .to = to}; }

struct Case {
  const char* what;
  Record record;
  const char* process;
  Verdict verdict;
};

// A row for each thing that a process may find, in the order of a module's life.
const Case cases[] = {
    {"it never moved", {home, false, {}, {}}, "all", {Part::serve, 0, {}}},
    {"a database that is being filled", {away, true, {}, {}}, "stock", {Part::stand_by, 0, {}}},
    {"it is to go", {home, false, {}, move_of(1, Phase::announced, at_home, at_stock)}, "all", {Part::make_ready, 1, {"stock:2"}}},
    {"it is to come", {away, true, {}, move_of(1, Phase::announced, at_home, at_stock)}, "stock", {Part::stand_by, 0, {"all:1"}}},
    {"it goes", {home, false, {}, move_of(1, Phase::switching, at_home, at_stock)}, "all", {Part::leave, 1, {"stock:2"}}},
    {"it may be here at any moment", {away, true, {}, move_of(1, Phase::switching, at_home, at_stock)}, "stock", {Part::hold, 0, {"all:1"}}},
    {"it is gone", {home, false, move_of(1, Phase::done, at_home, at_stock), {}}, "all", {Part::away, 1, {"stock:2"}}},
    {"it is here", {away, true, move_of(1, Phase::done, at_home, at_stock), {}}, "stock", {Part::serve, 1, {}}},
    {"it is to come back",
     {home, true, move_of(1, Phase::done, at_home, at_stock), move_of(2, Phase::announced, at_stock, at_home)},
     "all",
     {Part::stand_by, 1, {"stock:2"}}},
    {"it is to go back",
     {away, false, move_of(1, Phase::done, at_home, at_stock), move_of(2, Phase::announced, at_stock, at_home)},
     "stock",
     {Part::make_ready, 2, {"all:1"}}},
    {"it is back", {home, true, move_of(2, Phase::done, at_stock, at_home), {}}, "all", {Part::serve, 2, {}}},
    {"it went back", {away, false, move_of(2, Phase::done, at_stock, at_home), {}}, "stock", {Part::away, 2, {"all:1"}}},
    // On one database, between processes.
    {"the process alone is to come", {home, false, {}, move_of(1, Phase::announced, at_home, stock_at_home)}, "stock", {Part::stand_by, 0, {"all:1"}}},
    {"the process alone is to go", {home, false, {}, move_of(1, Phase::announced, at_home, stock_at_home)}, "all", {Part::make_ready, 1, {"stock:2"}}},
    {"the process alone is here", {home, false, move_of(1, Phase::done, at_home, stock_at_home), {}}, "stock", {Part::serve, 1, {}}},
    {"the process alone is gone", {home, false, move_of(1, Phase::done, at_home, stock_at_home), {}}, "all", {Part::away, 1, {"stock:2"}}},
    // What came late.
    {"one under way that is older than what was decided",
     {home, false, move_of(3, Phase::done, at_stock, at_home), move_of(2, Phase::switching, at_home, at_stock)},
     "all",
     {Part::serve, 3, {}}},
};

TEST(Record, SaysToEachProcessWhatItsPartIs) {
  for (const auto& [what, record, process, verdict] : cases) EXPECT_EQ(judge(record, process), verdict) << what;
}

// Whatever is recorded, two places never both serve: the one that a move goes to does not before it is decided, and the one it came from does not after.
TEST(Record, LetsOnePlaceServe) {
  const auto serves = [](Part part) { return part == Part::serve || part == Part::make_ready || part == Part::leave; };
  for (const auto phase : {Phase::announced, Phase::switching, Phase::done}) {
    for (const Spot& to : {at_stock, stock_at_home}) {
      Record old_record{home, false, {}, {}}, new_record{to.place, to.place != home, {}, {}};
      const auto move = move_of(1, phase, at_home, to);
      for (Record* record : {&old_record, &new_record}) (phase == Phase::done ? record->last : record->under_way) = move;
      EXPECT_EQ(serves(judge(old_record, "all").part), phase != Phase::done);
      EXPECT_EQ(serves(judge(new_record, "stock").part), phase == Phase::done);
    }
  }
}

}  // namespace
}  // namespace emporion::app::moving
