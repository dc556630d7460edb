#include "kernel/trace/parent.hpp"

#include <gtest/gtest.h>

namespace emporion::trace {
namespace {

const Uuid trace = *Uuid::parse("4bf92f35-77b3-4da6-a3ce-929d0e0e4736");

TEST(Traceparent, IsReadAsItIsWritten) {
  EXPECT_EQ(traceparent_of({trace, 0x00f067aa0ba902b7, true}), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_EQ(traceparent_of({trace, 0xf0, false}), "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000f0-00");
  for (const bool sampled : {true, false}) {
    const auto read = parse_traceparent(traceparent_of({trace, 0xfedcba9876543210, sampled}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->trace, trace);
    EXPECT_EQ(read->span, 0xfedcba9876543210u);
    EXPECT_EQ(read->sampled, sampled);
  }
}

TEST(Traceparent, OfALaterVersionIsReadAsFarAsItIsKnown) {
  const auto read = parse_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0b-more");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->sampled) << "bit 0 alone is the flag";
}

TEST(Traceparent, WhatIsNotOneIsNothing) {
  for (const char* bad : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-010", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0eXXXX-00f067aa0ba902b7-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7+01"}) {
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
  }
}

}  // namespace
}  // namespace emporion::trace
