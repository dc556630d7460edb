#include "kernel/base/crc32.hpp"

#include <gtest/gtest.h>

namespace emporion {
namespace {

TEST(Crc32, IsTheOneThatEverybodyMeans) {
  EXPECT_EQ(crc32(""), 0u);
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);  // The check value of CRC-32/ISO-HDLC.
  EXPECT_EQ(crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339u);
}

}  // namespace
}  // namespace emporion
