#include "kernel/lanes/rounds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace emporion {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Command {
  Uuid id;
  int body;
};

TEST(Rounds, ACopyTakesTheFirstAnswerAndAnotherBodyIsJudgedLater) {
  const Uuid a = Uuid::from_name("a");
  const Uuid b = Uuid::from_name("b");
  const std::vector<Command> commands{{a, 1}, {b, 1}, {a, 1}, {a, 2}, {b, 1}, {a, 3}, {a, 2}};
  const auto cut = rounds_of(
      commands, [](const Command& command) { return std::array{command.id}; },
      [](const Command& x, const Command& y) { return x.id == y.id && x.body == y.body; });
  EXPECT_THAT(cut.rounds, ElementsAre(ElementsAre(0, 1), ElementsAre(3), ElementsAre(5)));
  EXPECT_THAT(cut.copies, ElementsAre(Pair(2, 0), Pair(4, 1), Pair(6, 3)));
}

}  // namespace
}  // namespace emporion
