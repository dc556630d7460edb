#include "kernel/base/uuid.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "kernel/base/random.hpp"

namespace emporion {
namespace {

UtcTime at_micros(std::int64_t micros) { return UtcTime::from_micros(micros); }

TEST(Uuid, ReadsWhatItWritesInAnyCase) {
  const auto id = Uuid::parse("0190B5D2-7c3e-7abc-8def-0123456789AB");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->to_string(), "0190b5d2-7c3e-7abc-8def-0123456789ab");
  EXPECT_EQ(*Uuid::parse(id->to_string()), *id);
}

TEST(Uuid, RefusesEverythingElse) {
  for (const std::string_view text : {"", "0190b5d2-7c3e-7abc-8def-0123456789a", "0190b5d2-7c3e-7abc-8def-0123456789abc", "0190b5d27c3e7abc8def0123456789ab",
                                      "{190b5d2-7c3e-7abc-8def-0123456789a}", "0190b5d2-7c3e-7abc-8def-0123456789ag", "0190b5d2+7c3e-7abc-8def-0123456789ab",
                                      " 190b5d2-7c3e-7abc-8def-0123456789ab", "0190b5d-27c3e-7abc-8def-0123456789ab"}) {
    const auto id = Uuid::parse(text);
    ASSERT_FALSE(id.has_value()) << text;
    EXPECT_EQ(id.error().reason(), "INVALID_ID");
    EXPECT_EQ(id.error().kind(), ErrorKind::invalid_argument);
  }
}

TEST(Uuid, OfVersion7CarriesItsTimeVersionAndVariant) {
  SystemRandom random;
  const auto id = Uuid::v7(at_micros(0x0190B5D27C3E * std::int64_t{1000}), random);
  EXPECT_EQ(id.to_string().substr(0, 16), "0190b5d2-7c3e-70");
  EXPECT_EQ(id.to_string()[14], '7');
  EXPECT_EQ(id.bytes()[8] & 0xC0, 0x80);
}

TEST(Uuid, OfVersion7SortsByTime) {
  SystemRandom random;
  const std::int64_t start = 1'750'000'000'000'000;
  std::vector<Uuid> ids;
  for (std::int64_t micros = 0; micros < 5'000; ++micros) ids.push_back(Uuid::v7(at_micros(start + micros), random));
  EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST(Uuid, OfVersion7DiffersWithinOneInstant) {
  SystemRandom random;
  std::unordered_set<Uuid> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(Uuid::v7(at_micros(1'750'000'000'000'000), random));
  EXPECT_EQ(ids.size(), 10'000u);
}

TEST(Uuid, OfANameIsAlwaysTheSame) {
  const auto id = Uuid::from_name("warehouse:HAN");
  EXPECT_EQ(id, Uuid::from_name("warehouse:HAN"));
  EXPECT_NE(id, Uuid::from_name("warehouse:SGN"));
  EXPECT_EQ(id.to_string()[14], '8');
  EXPECT_EQ(id.bytes()[8] & 0xC0, 0x80);
  // SHA-256 of nothing begins e3b0c44298fc1c149afbf4c8996fb924; version and variant are marked
  EXPECT_EQ(Uuid::from_name("").to_string(), "e3b0c442-98fc-8c14-9afb-f4c8996fb924");
}

TEST(Id, OfOneKindHasTheOrderAndTextOfItsUuid) {
  using OrderId = Id<struct OrderTag>;
  const auto id = OrderId::parse("0190b5d2-7c3e-7abc-8def-0123456789ab");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->to_string(), "0190b5d2-7c3e-7abc-8def-0123456789ab");
  EXPECT_LT(OrderId(Uuid()), *id);
  EXPECT_EQ(std::unordered_set<OrderId>({*id, *id}).size(), 1u);
  EXPECT_EQ(OrderId::parse("x").error().reason(), "INVALID_ID");
}

RC_GTEST_PROP(Uuid, ComesBackFromItsText, (std::array<std::uint8_t, 16> bytes)) { RC_ASSERT((Uuid::parse(Uuid(bytes).to_string()) == Uuid(bytes))); }

TEST(SystemRandom, FillsAnyLengthAndStaysBelowItsBound) {
  SystemRandom random;
  std::vector<std::uint8_t> large(10'000);
  random.fill(large);
  EXPECT_GT(std::unordered_set<std::uint8_t>(large.begin(), large.end()).size(), 200u);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6'000; ++i) ++seen[random.below(6)];
  for (const int count : seen) EXPECT_GT(count, 700);
  EXPECT_EQ(random.below(1), 0u);
}

}  // namespace
}  // namespace emporion
