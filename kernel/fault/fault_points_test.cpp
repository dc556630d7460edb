#include "kernel/fault/fault_points.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
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

/// What ten passes of two points wait under an order.
std::vector<microseconds> delays_under(std::string_view order) {
  EXPECT_TRUE(FaultPoints::arm(order));
  std::vector<microseconds> out;
  for (int i = 0; i < 10; ++i) {
    for (const auto* point : {"order.commit.before", "shipping.ship.send"}) out.push_back(FaultPoints::delay(point));
  }
  return out;
}

TEST_F(FaultPointsTest, delays_are_drawn_from_the_seed_the_name_and_the_number_alone) {
  const auto first = delays_under("delay:order.+shipping.:4711/20");
  EXPECT_EQ(delays_under("delay:order.+shipping.:4711/20"), first);
  EXPECT_NE(delays_under("delay:order.+shipping.:4712/20"), first);
  for (const auto span : first) EXPECT_TRUE(span >= microseconds(0) && span <= milliseconds(20)) << span.count();
  EXPECT_GT(*std::ranges::max_element(first), milliseconds(10));
  EXPECT_LT(*std::ranges::min_element(first), milliseconds(10));
  // A point that is not named passes at once, and takes no number from the others.
  ASSERT_TRUE(FaultPoints::arm("delay:order.+shipping.:4711/20"));
  EXPECT_EQ(FaultPoints::delay("payment.commit.before"), microseconds(0));
  EXPECT_EQ(FaultPoints::delay("order.commit.before"), first[0]);
}

TEST_F(FaultPointsTest, follows_the_order_in_a_file_that_is_replaced_and_tells_what_fired) {
  const std::string path = text(::testing::TempDir(), "fault_order_", getpid());
  const auto order = [&](const std::string& line) {
    std::ofstream(path + ".new") << line << '\n';
    ASSERT_EQ(rename((path + ".new").c_str(), path.c_str()), 0);
  };
  ASSERT_TRUE(FaultPoints::arm("file:" + path));
  EXPECT_TRUE(FaultPoints::may_delay());
  EXPECT_FALSE(FaultPoints::pass("order.create_order.ack"));
  order("lose:order.create_order.ack:2");
  EXPECT_FALSE(FaultPoints::pass("order.create_order.ack"));
  EXPECT_TRUE(FaultPoints::pass("order.create_order.ack"));
  order("lose:order.create_order.ack:1");
  EXPECT_TRUE(FaultPoints::pass("order.create_order.ack"));
  unlink(path.c_str());
  EXPECT_FALSE(FaultPoints::pass("order.create_order.ack"));
  std::ifstream fired(path + ".fired");
  std::string first, second;
  EXPECT_TRUE(std::getline(fired, first) && std::getline(fired, second));
  EXPECT_EQ(first, "order.create_order.ack");
  EXPECT_EQ(second, "order.create_order.ack");
  unlink((path + ".fired").c_str());
}

TEST_F(FaultPointsTest, refuses_a_malformed_order) {
  for (const char* order : {"", "crash", "crash:checkout.", "crash:checkout.:0", "crash:checkout.:x", "lose:checkout.:1x",
                            "list:checkout.:", "burn:checkout.:1", "delay:order.:7", "delay:order.:7/0", "delay:order.:x/5", "delay:order.:7/99999"}) {
    const auto armed = FaultPoints::arm(order);
    ASSERT_FALSE(armed) << order;
    EXPECT_EQ(armed.error().reason(), "FAULT_MALFORMED") << order;
  }
}

}  // namespace
}  // namespace emporion::fault
