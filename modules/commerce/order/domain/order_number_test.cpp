#include "modules/commerce/order/domain/order_number.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

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

TEST(OrderNumber, IsReadAsACustomerTypesIt) {
  EXPECT_EQ(canonical_order_number(" em-260309-ol1abcd "), "EM-260309-011ABCD");
  EXPECT_EQ(canonical_order_number("EM-260309-0U1ABCD"), "");
  EXPECT_EQ(canonical_order_number("EM-26A309-011ABCD"), "");
  EXPECT_EQ(canonical_order_number("4111111111111111"), "");
}

}  // namespace
}  // namespace emporion::order
