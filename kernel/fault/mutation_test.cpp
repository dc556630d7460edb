#include "kernel/fault/mutation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace emporion::fault {
namespace {

struct MutationTest : ::testing::Test {
  ~MutationTest() override {
    unsetenv("EMPORION_MUTATE_SQL");
    unsetenv("EMPORION_MUTATE");
  }
  static void order(const char* text) { setenv("EMPORION_MUTATE_SQL", text, 1); }
};

TEST_F(MutationTest, RewritesOnlyThePlaceThatIsNamed) {
  order("feed.read\nxid < done\ntrue");
  EXPECT_EQ(mutated("feed.read", "WHERE xid < done AND x"), "WHERE true AND x");
  EXPECT_EQ(mutated("feed.lease", "WHERE xid < done AND x"), "WHERE xid < done AND x");
}

TEST_F(MutationTest, ReadsLineFeedsAndTakesOutWhole) {
  order("module/0001_x.sql\n\\nFOR UPDATE;\\nA\n;\\nA");
  EXPECT_EQ(mutated("module/0001_x.sql", "SELECT\nFOR UPDATE;\nA"), "SELECT;\nA");
  order("p\nx\n");
  EXPECT_EQ(mutated("p", "axb"), "ab");
}

TEST_F(MutationTest, APatternThatIsNotThereOnceEndsTheProcess) {
  for (const char* order_text : {"p\nabsent\ny", "p\nx\ny", "p\nonly", "p\n\ny"}) {
    EXPECT_EXIT(
        {
          order(order_text);
          (void)mutated("p", "x and x");
        },
        ::testing::ExitedWithCode(mutation_does_not_apply), "EMPORION_MUTATE_SQL")
        << order_text;
  }
}

TEST_F(MutationTest, WithoutAnOrderEveryGuardStands) {
  EXPECT_FALSE(EMP_GUARD("any", false));
  EXPECT_TRUE(EMP_GUARD("any", true));
  EXPECT_EQ(mutated("p", "x"), "x");
  EXPECT_EQ(mutation(), "");
}

TEST_F(MutationTest, ARemovedGuardHoldsForEverything) {
  EXPECT_EXIT(
      {
        setenv("EMPORION_MUTATE", "this", 1);
        std::_Exit(EMP_GUARD("this", false) && !EMP_GUARD("that", false) ? 7 : 8);
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace emporion::fault
