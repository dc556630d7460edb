#include "kernel/remote/way.hpp"

#include <gtest/gtest.h>

#include "kernel/remote/test_peers.hpp"

namespace emporion::remote {
namespace {

struct WayTest : ::testing::Test {
  ~WayTest() override { run(runtime, way->close()); }
  void follow_from(std::vector<std::string> addresses) { way = follow(runtime, {.module = "sample", .addresses = std::move(addresses), .credentials = {}}); }
  std::string reason(milliseconds patience = seconds(5)) {
    const auto answer = run(runtime, way->call(echo_operation, echo_path, guest_context(patience), "hello"));
    return answer ? *answer : answer.error().reason();
  }

  Runtime runtime;
  Peer old_place{runtime};
  Peer new_place{runtime};
  std::shared_ptr<Way> way;
};

TEST_F(WayTest, WhoIsToldThatTheModuleMovedAsksThereAtOnceAndFromThenOn) {
  follow_from({old_place.address()});
  EXPECT_EQ(reason(), "hello");
  old_place.refuses = moved("sample", {new_place.address()}, 1);
  EXPECT_EQ(reason(), "hello");
  EXPECT_EQ(old_place.calls, 2);
  EXPECT_EQ(new_place.calls, 1);
  EXPECT_EQ(reason(), "hello");
  EXPECT_EQ(old_place.calls, 2) << "it is not asked again";
  EXPECT_EQ(new_place.calls, 2);
}

TEST_F(WayTest, ItComesBackWithALaterMove) {
  follow_from({old_place.address()});
  old_place.refuses = moved("sample", {new_place.address()}, 1);
  EXPECT_EQ(reason(), "hello");
  old_place.refuses.reset();
  new_place.refuses = moved("sample", {old_place.address()}, 2);
  EXPECT_EQ(reason(), "hello");
  EXPECT_EQ(old_place.calls, 2);
}

// It was decided, and the new place has not seen it yet.
TEST_F(WayTest, WhoKnowsLessIsAskedAgainUntilItKnows) {
  follow_from({old_place.address()});
  old_place.refuses = moved("sample", {new_place.address()}, 1);
  new_place.refuses = moved("sample", {old_place.address()}, 0);
  EXPECT_EQ(reason(milliseconds(300)), "MODULE_MOVED");
  EXPECT_GT(new_place.calls, 2);
  EXPECT_EQ(old_place.calls, 1);
  new_place.refuses.reset();
  EXPECT_EQ(reason(), "hello");
}

TEST_F(WayTest, OneThatLeadsNowhereSaysSoUntilItIsPointedSomewhere) {
  follow_from({});
  EXPECT_EQ(reason(), "CALLEE_UNREACHABLE");
  way->point_to({new_place.address()}, 0);
  EXPECT_EQ(reason(), "hello");
}

TEST_F(WayTest, OtherRefusalsAreTheCallees) {
  follow_from({old_place.address()});
  old_place.refuses = Error(ErrorKind::unavailable, "DATABASE_BUSY", "ask again");
  EXPECT_EQ(reason(), "DATABASE_BUSY");
  EXPECT_EQ(old_place.calls, 1);
}

}  // namespace
}  // namespace emporion::remote
