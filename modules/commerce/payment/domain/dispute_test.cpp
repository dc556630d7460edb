#include "modules/commerce/payment/domain/dispute.hpp"

#include <gtest/gtest.h>

namespace emporion::payment {
namespace {

using S = DisputeStatus;
using V = DisputeVerdict;

TEST(DisputeStatus, GoesForwardByMessagesAndBackOnlyByThePresentState) {
  struct Row {
    S current, reported;
    V by_message, by_query;
  };
  for (const Row& row :
       {Row{S::opened, S::opened, V::ignore, V::ignore}, Row{S::opened, S::submitted, V::apply, V::apply}, Row{S::opened, S::lost, V::apply, V::apply},
        Row{S::submitted, S::won, V::apply, V::apply}, Row{S::submitted, S::opened, V::query, V::apply}, Row{S::won, S::opened, V::ignore, V::ignore},
        Row{S::won, S::lost, V::query, V::apply}, Row{S::lost, S::won, V::query, V::apply}, Row{S::accepted, S::lost, V::ignore, V::ignore},
        Row{S::lost, S::submitted, V::ignore, V::ignore}}) {
    SCOPED_TRACE(std::string(to_string(row.current)) + " told " + std::string(to_string(row.reported)));
    EXPECT_EQ(judge_dispute(row.current, row.reported, false), row.by_message);
    EXPECT_EQ(judge_dispute(row.current, row.reported, true), row.by_query);
  }
}

TEST(DisputeStatus, IsReadAsItIsWritten) {
  for (const S status : {S::opened, S::submitted, S::won, S::lost, S::accepted}) EXPECT_EQ(parse_dispute_status(to_string(status)), status);
  EXPECT_FALSE(parse_dispute_status("unknown"));
}

}  // namespace
}  // namespace emporion::payment
