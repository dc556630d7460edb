#include "apps/emporion/seeding/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace emporion::app::seeding {
namespace {

using ::testing::HasSubstr;

TEST(SeedTerms, AreRefusedWhereTheShopWouldNotHoldThem) {
  const Terms good{.skus = 1'000, .orders = 10'000};
  EXPECT_TRUE(good.check());
  const auto refused = [&](auto change) {
    Terms terms = good;
    change(terms);
    const auto checked = terms.check();
    return checked ? std::string("accepted") : checked.error().reason();
  };
  EXPECT_EQ(refused([](Terms& terms) { terms.skus = 0; }), "SEED_TERMS_INVALID");
  EXPECT_EQ(refused([](Terms& terms) { terms.orders = -1; }), "SEED_TERMS_INVALID");
  EXPECT_EQ(refused([](Terms& terms) { terms.orders = 10'000'001; }), "SEED_TERMS_INVALID");
  EXPECT_EQ(refused([](Terms& terms) { terms.promotions = -1; }), "SEED_TERMS_INVALID");
  EXPECT_EQ(refused([](Terms& terms) { terms.seed = 1'000; }), "SEED_TERMS_INVALID");
  EXPECT_EQ(refused([](Terms& terms) { terms.lines = 0; }), "SEED_TERMS_INVALID");
  EXPECT_EQ(refused([](Terms& terms) { terms.lines = 3, terms.skus = 2; }), "SEED_TERMS_INVALID");             // A line is one of its SKU.
  EXPECT_EQ(refused([](Terms& terms) { terms.skus = 60, terms.orders = 10'000'000; }), "SEED_TERMS_INVALID");  // More than was received.
  EXPECT_EQ(refused([](Terms& terms) { terms.skus = 1'000'000, terms.orders = 10'000'000; }), "accepted");
}

TEST(SeedTerms, OfOrdersMayGrowInNothingButTheirNumber) {
  const Terms terms{.skus = 1'000, .orders = 10'000};
  Terms more = terms;
  more.orders = 20'000;
  EXPECT_EQ(more.origin(RowsOf::orders), terms.origin(RowsOf::orders));
  more.skus = 2'000;
  EXPECT_EQ(more.origin(RowsOf::skus), terms.origin(RowsOf::skus));
  EXPECT_NE(more.origin(RowsOf::orders), terms.origin(RowsOf::orders));
}

}  // namespace
}  // namespace emporion::app::seeding
