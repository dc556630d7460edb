#include "apps/emporion/moving/room.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace emporion::app::moving {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t mib = 1ULL << 20;

TEST(Room, IsForTheRowsTheirLogAndSomeMore) {
  EXPECT_EQ((Room{.database_bytes = 100 * mib, .log_bytes_max = 4'096 * mib, .folder = "", .free_bytes = {}}.needed_bytes()), 264 * mib);
  EXPECT_EQ((Room{.database_bytes = 9'000 * mib, .log_bytes_max = 4'096 * mib, .folder = "", .free_bytes = {}}.needed_bytes()), 13'160 * mib)
      << "the log is kept up to its limit";
}

TEST(Room, IsEnoughToTheByte) {
  Room room{.database_bytes = 100 * mib, .log_bytes_max = 4'096 * mib, .folder = "/data", .free_bytes = 264 * mib};
  const auto enough = expect_room(room);
  ASSERT_TRUE(enough) << enough.error().to_string();
  EXPECT_EQ(*enough, "it takes 100 MB, and up to 264 MB while it is copied; 264 MB are free in /data");
  room.free_bytes = 264 * mib - 1;
  const auto refused = expect_room(room);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "NO_ROOM");
  EXPECT_THAT(refused.error().detail(), HasSubstr("only 263 MB are free in /data"));
}

TEST(Room, ThatIsNotKnownIsSaidToBeSo) {
  const auto said = expect_room({.database_bytes = 100 * mib, .log_bytes_max = 0, .folder = "/data", .free_bytes = {}});
  ASSERT_TRUE(said) << said.error().to_string();
  EXPECT_THAT(*said, HasSubstr("is not known from here: see to it that there is room in /data"));
}

TEST(Room, IsToldInWords) {
  EXPECT_EQ(bytes_in_words(0), "0 B");
  EXPECT_EQ(bytes_in_words(1'023), "1023 B");
  EXPECT_EQ(bytes_in_words(1'536), "1.5 kB");
  EXPECT_EQ(bytes_in_words(100 * mib), "100 MB");
  EXPECT_EQ(bytes_in_words(5'632 * mib), "5.5 GB");
}

}  // namespace
}  // namespace emporion::app::moving
