#include "apps/emporion/retail/order_book.hpp"

#include <gtest/gtest.h>

#include "apps/emporion/retail/latencies.hpp"

namespace emporion::app::retail {
namespace {

Invoice cancellation(std::vector<InvoiceLine> lines, std::string customer = "17850") {
  for (auto& line : lines) line.kind = is_goods(line.code) ? LineKind::cancellation : LineKind::charge;
  return {.number = "C536379", .customer = std::move(customer), .lines = std::move(lines)};
}

TEST(OrderBook, the_latest_earlier_order_goes_first_and_price_does_not_matter) {
  // Given two orders of one article
  const Invoice wanted = cancellation({{"22423", -7, 1275}});
  CancelledCodes codes;
  codes.add(wanted);
  OrderBook book(codes);
  book.placed("17850", "first", {{"22423", 4}, {"85123A", 1}});
  book.placed("17850", "second", {{"22423", 5}});
  // When seven are cancelled
  const auto match = book.cancel(wanted);
  // Then the second is cancelled whole, and two of the first
  ASSERT_EQ(match.takings.size(), 2u);
  EXPECT_EQ(match.takings[0].order_id, "first");
  EXPECT_FALSE(match.takings[0].is_whole);
  EXPECT_EQ(match.takings[0].items[0].quantity, 2);
  EXPECT_EQ(match.takings[1].order_id, "second");
  EXPECT_TRUE(match.takings[1].is_whole);
  EXPECT_EQ(match.lines_matched, 1);
  // And what was taken is gone
  EXPECT_EQ(book.cancel(cancellation({{"22423", -3, 1}})).lines_partly, 1);
  EXPECT_EQ(book.cancel(cancellation({{"22423", -1, 1}})).lines_unmatched, 1);
}

TEST(OrderBook, nobody_elses_order_no_guests_order_and_no_charge_is_cancelled) {
  const Invoice wanted = cancellation({{"22423", -1, 1275}, {"M", -1, 500}});
  CancelledCodes codes;
  codes.add(wanted);
  OrderBook book(codes);
  book.placed("17851", "another", {{"22423", 1}});
  book.placed("", "guest", {{"22423", 1}});
  const auto match = book.cancel(wanted);
  EXPECT_TRUE(match.takings.empty());
  EXPECT_EQ(match.lines_unmatched, 1);
  EXPECT_EQ(match.units_unmatched, 1);
}

TEST(Latencies, percentiles_are_at_most_seven_percent_too_high) {
  Latencies latencies;
  EXPECT_EQ(latencies.at(500), 0u);
  for (int micros = 1; micros <= 100'000; ++micros) latencies.add(micros);
  EXPECT_EQ(latencies.count(), 100'000u);
  for (const std::uint64_t permille : {10u, 500u, 990u, 1000u}) {
    const std::uint64_t exact = permille * 100;
    EXPECT_GE(latencies.at(permille), exact);
    EXPECT_LE(latencies.at(permille), exact + exact * 7 / 100) << permille;
  }
  latencies.add(INT64_MAX);  // Far beyond the last bucket.
  latencies.add(-1);
}

}  // namespace
}  // namespace emporion::app::retail
