#include "modules/commerce/payment/domain/status.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace emporion::payment {
namespace {

using S = Status;

// commerce.md §3.3, written a second time on purpose.
const std::map<S, std::set<S>> wanted{
    {S::created, {S::requires_action, S::processing, S::authorized, S::captured, S::pending_collection, S::failed}},
    {S::requires_action, {S::processing, S::authorized, S::captured, S::failed, S::expired, S::voided}},
    {S::processing, {S::requires_action, S::authorized, S::captured, S::failed, S::expired}},
    {S::authorized, {S::captured, S::voided, S::expired}},
    {S::pending_collection, {S::captured, S::failed, S::voided}},
    {S::captured, {S::partially_refunded, S::refunded}},
    {S::partially_refunded, {S::partially_refunded, S::refunded}},
    {S::refunded, {}},
    {S::failed, {S::authorized, S::captured}},
    {S::expired, {S::authorized, S::captured}},
    {S::voided, {S::authorized, S::captured}},
};

TEST(PaymentStatus, HasTheEdgesOfTheSpecificationAndNoOthers) {
  for (const S from : all_statuses) {
    for (const S to : all_statuses) EXPECT_EQ(has_edge(from, to), wanted.at(from).contains(to)) << to_string(from) << " to " << to_string(to);
  }
}

TEST(PaymentStatus, NewsOutsideTheTableIsIgnoredFromEverySource) {
  for (const S from : all_statuses) {
    for (const S to : all_statuses) {
      if (wanted.at(from).contains(to) && from != to) continue;
      EXPECT_EQ(judge(from, to, Source::answer), Verdict::ignore);
      EXPECT_EQ(judge(from, to, Source::webhook), Verdict::ignore);
    }
  }
}

TEST(PaymentStatus, AnOlderFailureAfterSuccessChangesNothing) {
  EXPECT_EQ(judge(S::captured, S::failed, Source::webhook), Verdict::ignore);
  EXPECT_EQ(judge(S::captured, S::authorized, Source::webhook), Verdict::ignore);
  EXPECT_EQ(judge(S::authorized, S::failed, Source::webhook), Verdict::ignore);
  EXPECT_EQ(judge(S::authorized, S::processing, Source::webhook), Verdict::ignore);
}

TEST(PaymentStatus, AWebhookOfLowerRankAsksTheProviderInsteadOfOverwriting) {
  EXPECT_EQ(judge(S::processing, S::requires_action, Source::webhook), Verdict::query);
  EXPECT_EQ(judge(S::processing, S::requires_action, Source::answer), Verdict::apply);
  EXPECT_EQ(judge(S::authorized, S::expired, Source::webhook), Verdict::query);
}

TEST(PaymentStatus, ALateSuccessIsTaken) {
  for (const S ended : {S::failed, S::expired, S::voided}) {
    EXPECT_EQ(judge(ended, S::captured, Source::webhook), Verdict::apply);
    EXPECT_EQ(judge(ended, S::authorized, Source::webhook), Verdict::apply);
  }
}

TEST(PaymentStatus, ACancellationHasAStateWhereverItComes) {
  EXPECT_EQ(status_of_cancellation(S::authorized, true), S::voided);
  EXPECT_EQ(status_of_cancellation(S::authorized, false), S::expired);
  EXPECT_EQ(status_of_cancellation(S::requires_action, true), S::voided);
  EXPECT_EQ(status_of_cancellation(S::processing, true), S::expired);
  EXPECT_EQ(status_of_cancellation(S::created, true), S::failed);
}

RC_GTEST_PROP(PaymentStatus, NeverLeavesTheTableInAnySequenceOfNews, ()) {
  S status = S::created;
  bool taken = false;
  for (int i = 0; i < 80; ++i) {
    const auto reported = all_statuses[*rc::gen::inRange<std::size_t>(0, all_statuses.size())];
    const auto source = *rc::gen::arbitrary<bool>() ? Source::webhook : Source::answer;
    if (judge(status, reported, source) != Verdict::apply) continue;
    RC_ASSERT(wanted.at(status).contains(reported));
    if (source == Source::webhook) RC_ASSERT(rank(reported) > rank(status));
    status = reported;
    taken = taken || is_successful(status);
    RC_ASSERT(!taken || is_successful(status));  // Money that was taken is never forgotten.
  }
}

TEST(PaymentStatus, ReadsWhatItWrites) {
  for (const S status : all_statuses) EXPECT_EQ(parse_status(to_string(status)), status);
  EXPECT_FALSE(parse_status("paid"));
}

}  // namespace
}  // namespace emporion::payment
