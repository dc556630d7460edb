#include "modules/commerce/checkout/app/credits.hpp"

#include <gtest/gtest.h>

namespace emporion::checkout {
namespace {

const Currency vnd = Currency::of("VND");
std::vector<v1::QuoteCredit> credits(std::vector<std::int64_t> amounts) {
  std::vector<v1::QuoteCredit> out;
  for (const std::int64_t amount : amounts) out.push_back({.kind = "gift_card", .amount = Money(amount, vnd)});
  return out;
}
std::vector<std::int64_t> taken(std::int64_t total, std::vector<std::int64_t> usable) {
  std::vector<std::int64_t> out;
  for (const auto& credit : taken_for(Money(total, vnd), credits(std::move(usable)))) out.push_back(credit.amount.amount());
  return out;
}

TEST(Credits, PayInTheirOrderAndNeverMoreThanTheTotal) {
  EXPECT_EQ(taken(100, {60, 60, 60}), (std::vector<std::int64_t>{60, 40}));
  EXPECT_EQ(taken(100, {100, 1}), (std::vector<std::int64_t>{100}));
  EXPECT_EQ(taken(100, {30}), (std::vector<std::int64_t>{30}));
  EXPECT_EQ(taken(0, {30}), std::vector<std::int64_t>{});
  EXPECT_EQ(taken(100, {}), std::vector<std::int64_t>{});
  EXPECT_EQ(sum_of(credits({60, 40}), vnd), Money(100, vnd));
}

}  // namespace
}  // namespace emporion::checkout
