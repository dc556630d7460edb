#include "kernel/fault/fault_points.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "kernel/base/text.hpp"

namespace emporion::fault {
namespace {

struct FaultPointsTest : ::testing::Test {
  ~FaultPointsTest() override { FaultPoints::disarm(); }
};

TEST_F(FaultPointsTest, loses_only_the_ordered_answer) {
  ASSERT_TRUE(FaultPoints::arm("lose:checkout.:2"));

  EXPECT_FALSE(FaultPoints::pass("order.commit.after"));
  EXPECT_FALSE(FaultPoints::pass("checkout.commit.before"));
  EXPECT_TRUE(FaultPoints::pass("checkout.commit.after"));
  EXPECT_FALSE(FaultPoints::pass("checkout.commit.after"));
  EXPECT_EQ(FaultPoints::passed(), 3u);
}

TEST_F(FaultPointsTest, lists_into_a_file_what_was_passed) {
  const std::string path = text(::testing::TempDir(), "fault_points_", getpid());
  ASSERT_TRUE(FaultPoints::arm(text("list:checkout.:", path)));

  FaultPoints::pass("checkout.commit.before");
  FaultPoints::pass("order.commit.before");
  FaultPoints::pass("checkout.commit.after");

  std::ifstream file(path);
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) names.push_back(line);
  EXPECT_EQ(names, (std::vector<std::string>{"checkout.commit.before", "checkout.commit.after"}));
  unlink(path.c_str());
}

TEST_F(FaultPointsTest, a_crash_kills_the_process_at_its_point) {
  EXPECT_EXIT(
      {
        (void)FaultPoints::arm("crash::1");
        FaultPoints::pass("any.point");
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

TEST_F(FaultPointsTest, refuses_a_malformed_order) {
  for (const char* order :
       {"", "crash", "crash:checkout.", "crash:checkout.:0", "crash:checkout.:x", "lose:checkout.:1x", "list:checkout.:", "burn:checkout.:1"}) {
    const auto armed = FaultPoints::arm(order);
    ASSERT_FALSE(armed) << order;
    EXPECT_EQ(armed.error().reason(), "FAULT_MALFORMED") << order;
  }
}

}  // namespace
}  // namespace emporion::fault
