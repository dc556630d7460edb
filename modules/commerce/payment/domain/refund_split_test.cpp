#include "modules/commerce/payment/domain/refund_split.hpp"

#include <gtest/gtest.h>

namespace emporion::payment {
namespace {

TEST(RefundSplit, GivesMoneyBackBeforeCredit) {
  struct Row {
    std::int64_t amount, payment, credit;
    RefundSplit split;
  };
  for (const Row& row : {Row{40, 100, 50, {40, 0}}, Row{100, 100, 50, {100, 0}}, Row{120, 100, 50, {100, 20}}, Row{150, 100, 50, {100, 50}},
                         Row{30, 0, 50, {0, 30}}, Row{1, 1, 0, {1, 0}}}) {
    const auto split = split_refund(row.amount, {row.payment, row.credit});
    ASSERT_TRUE(split);
    EXPECT_EQ(*split, row.split) << row.amount;
    EXPECT_EQ(split->from_payment + split->to_credit, row.amount);
  }
}

TEST(RefundSplit, NeverGivesMoreThanWasTaken) {
  EXPECT_EQ(split_refund(151, {100, 50}).error().reason(), "OVER_REFUND");
  EXPECT_EQ(split_refund(0, {100, 50}).error().reason(), "OVER_REFUND");
  EXPECT_EQ(split_refund(-1, {100, 50}).error().reason(), "OVER_REFUND");
  EXPECT_EQ(split_refund(1, {0, 0}).error().reason(), "NOT_REFUNDABLE");
  EXPECT_EQ(split_of_what_is_left(200, {100, 50}), (RefundSplit{100, 50}));
  EXPECT_EQ(split_of_what_is_left(200, {}), RefundSplit{});
}

}  // namespace
}  // namespace emporion::payment
