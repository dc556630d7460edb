#include "modules/commerce/order/domain/order_number.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "kernel/base/card_number.hpp"

namespace emporion::order {
namespace {

TEST(OrderNumber, HasTheDateAndSevenCharactersOfCrockfordsAlphabet) {
  SystemRandom random;
  const auto day = UtcTime::parse("2026-03-09T23:59:59.999999Z").value();
  const std::regex form("EM-260309-[0-9A-HJKMNP-TV-Z]{7}");
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const std::string number = make_order_number(day, random);
    EXPECT_TRUE(std::regex_match(number, form)) << number;
    EXPECT_EQ(canonical_order_number(number), number);
    seen.insert(number);
  }
  EXPECT_EQ(seen.size(), 2000u);
}

/// Draws the letters that it was told, then zeros.
struct ToldRandom final : Random {
  explicit ToldRandom(std::string_view letters) : left(letters) {}
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = 0;
    if (left.empty()) return;
    bytes.front() = static_cast<std::uint8_t>(left[0] - '0');
    left.remove_prefix(1);
  }
  std::string_view left;
};

TEST(OrderNumber, IsNeverOneThatIsTakenForACardNumber) {
  const std::string taken_for_one = "EM-261129-4962867";
  ASSERT_TRUE(holds_card_number(taken_for_one));
  ToldRandom random("49628671234568");
  const std::string number = make_order_number(UtcTime::parse("2026-11-29T12:00:00Z").value(), random);
  EXPECT_EQ(number, "EM-261129-1234568");
}

TEST(OrderNumber, IsReadAsACustomerTypesIt) {
  EXPECT_EQ(canonical_order_number(" em-260309-ol1abcd "), "EM-260309-011ABCD");
  EXPECT_EQ(canonical_order_number("EM-260309-0U1ABCD"), "");
  EXPECT_EQ(canonical_order_number("EM-26A309-011ABCD"), "");
  EXPECT_EQ(canonical_order_number("4111111111111111"), "");
}

}  // namespace
}  // namespace emporion::order
