#include "kernel/base/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion {
namespace {

TEST(UtcTime, ReadsRfc3339WithAnyOffsetAndUpToSixDecimals) {
  struct Row {
    std::string_view text;
    std::string_view utc;
  };
  const Row rows[] = {
      {"2026-01-31T23:59:59Z", "2026-01-31T23:59:59.000000Z"},         {"2026-01-31t23:59:59.5z", "2026-01-31T23:59:59.500000Z"},
      {"2026-01-31 23:59:59.000001Z", "2026-01-31T23:59:59.000001Z"},  {"2026-02-01T06:59:59+07:00", "2026-01-31T23:59:59.000000Z"},
      {"2026-01-31T20:29:59.25-03:30", "2026-01-31T23:59:59.250000Z"}, {"2026-01-01T00:00:00+00:01", "2025-12-31T23:59:00.000000Z"},
      {"2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z"},         {"2000-02-29T12:00:00Z", "2000-02-29T12:00:00.000000Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"},  // A leap second is the next one: a UTC clock of ours has none.
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"},         {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
      {"1582-10-15T00:00:00Z", "1582-10-15T00:00:00.000000Z"},         {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
      {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"},
  };
  for (const auto& row : rows) {
    const auto time = UtcTime::parse(row.text);
    ASSERT_TRUE(time.has_value()) << row.text;
    EXPECT_EQ(time->to_string(), row.utc) << row.text;
  }
  EXPECT_EQ(UtcTime::parse("2026-01-31T23:59:59Z")->micros_since_epoch(), 1'769'903'999'000'000);
}

TEST(UtcTime, RefusesWhatIsNoInstant) {
  for (const std::string_view text : {"",
                                      "2026-01-31",
                                      "2026-01-31T23:59:59",
                                      "2026-1-31T23:59:59Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-01-32T00:00:00Z",
                                      "2025-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-04-31T00:00:00Z",
                                      "2026-01-31T24:00:00Z",
                                      "2026-01-31T23:60:00Z",
                                      "2026-01-31T23:59:61Z",
                                      "2026-01-31T23:59:59.Z",
                                      "2026-01-31T23:59:59.1234567Z",
                                      "2026-01-31T23:59:59+7:00",
                                      "2026-01-31T23:59:59+0700",
                                      "2026-01-31T23:59:59+24:00",
                                      "2026-01-31T23:59:59+07:60",
                                      "2026-01-31T23:59:59ZZ",
                                      "2026-01-31T23:59:59Z ",
                                      " 2026-01-31T23:59:59Z",
                                      "+026-01-31T23:59:59Z",
                                      "20260131T235959Z",
                                      "2026-01-31T23:59:59,5Z",
                                      "0000-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01"}) {
    const auto time = UtcTime::parse(text);
    ASSERT_FALSE(time.has_value()) << text << " is " << time->to_string();
    EXPECT_EQ(time.error().reason(), "INVALID_TIME") << text;
  }
}

TEST(UtcTime, CountsMicroseconds) {
  const auto time = *UtcTime::parse("2026-02-28T23:59:59.999999Z");
  EXPECT_EQ((time + microseconds(1)).to_string(), "2026-03-01T00:00:00.000000Z");
  EXPECT_EQ((time - hours(24 * 59)).to_string(), "2025-12-31T23:59:59.999999Z");
  EXPECT_EQ((time + seconds(90)) - time, minutes(1) + seconds(30));
  EXPECT_LT(time, time + microseconds(1));
}

RC_GTEST_PROP(UtcTime, ComesBackFromItsText, ()) {
  // Given any instant of the years 0 to 9999
  const auto micros = *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'799'999'999);
  const auto time = UtcTime::from_micros(micros);
  RC_ASSERT((UtcTime::parse(time.to_string()) == time));
  // And texts sort as their instants do
  const auto later = UtcTime::from_micros(*rc::gen::inRange<std::int64_t>(micros, 253'402'300'800'000'000));
  RC_ASSERT((time.to_string() <=> later.to_string()) == (time <=> later));
}

TEST(SystemClock, GoesOn) {
  const SystemClock clock;
  const auto first = clock.now();
  EXPECT_GT(first, *UtcTime::parse("2024-01-01T00:00:00Z"));
  EXPECT_LE(first, clock.now());
}

}  // namespace
}  // namespace emporion
