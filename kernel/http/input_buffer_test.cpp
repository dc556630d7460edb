#include "kernel/http/input_buffer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace emporion::http {
namespace {

void put(InputBuffer& buffer, const std::string& bytes, InputBuffer::Use use = InputBuffer::Use::other) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto room = buffer.room(use);
    const std::size_t count = std::min(room.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, room.begin());
    buffer.fill(count);
    at += count;
  }
}

TEST(InputBuffer, KeepsTheOrderOfWhatCameAndWasNotReadYet) {
  InputBuffer buffer;
  EXPECT_TRUE(buffer.is_empty());
  put(buffer, "GET / first");
  buffer.consume(6);
  put(buffer, ", second");
  EXPECT_EQ(buffer.unread(), "first, second");
  buffer.consume(13);
  EXPECT_TRUE(buffer.is_empty());
}

TEST(InputBuffer, GrowsForWhatIsUnreadAndIsSmallAgainWhenIdle) {
  InputBuffer buffer;
  EXPECT_EQ(buffer.room(InputBuffer::Use::idle).size(), InputBuffer::idle_bytes);
  const std::string head(10'000, 'h');
  put(buffer, head);
  EXPECT_EQ(buffer.unread(), head);
  buffer.consume(head.size());
  EXPECT_EQ(buffer.room(InputBuffer::Use::idle).size(), InputBuffer::idle_bytes);
}

TEST(InputBuffer, TakesABodyInLargePieces) {
  InputBuffer buffer;
  put(buffer, "xy");
  EXPECT_EQ(buffer.room(InputBuffer::Use::body).size(), InputBuffer::body_bytes - 2);
  EXPECT_EQ(buffer.unread(), "xy");
  buffer.discard();
  EXPECT_EQ(buffer.unread(), "");
}

}  // namespace
}  // namespace emporion::http
