#include "modules/commerce/order/domain/transitions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "modules/commerce/order/domain/progress.hpp"

namespace emporion::order {
namespace {

constexpr std::array all_actors{Actor::checkout, Actor::owner,     Actor::support, Actor::operations, Actor::fulfillment,
                                Actor::shipping, Actor::warehouse, Actor::returns, Actor::job};

Facts everything_in_favour() {
  return Facts{.nothing_is_due = true,
               .payment = PaymentStatus::none,
               .allocations_committed = true,
               .risk_is_review = true,
               .review_approved = true,
               .review_ended = true,
               .undo_requested = true,
               .payment_closed = true,
               .fulfillment_agrees = true,
               .units_live = 2,
               .units_dispatched = 0,
               .units_delivered = 0,
               .units_undelivered = 0,
               .units_returned = 0,
               .return_or_dispute_open = false};
}

TEST(OrderTransitions, AreThoseOfTheSpecification) {
  using S = Status;
  const std::set<std::pair<S, S>> wanted{{S::pending_payment, S::confirmed}, {S::pending_payment, S::fraud_review}, {S::pending_payment, S::cancelled},
                                         {S::fraud_review, S::confirmed},    {S::fraud_review, S::cancelled},       {S::confirmed, S::processing},
                                         {S::confirmed, S::cancelled},       {S::processing, S::cancelled},         {S::processing, S::partially_shipped},
                                         {S::processing, S::shipped},        {S::partially_shipped, S::shipped},    {S::shipped, S::delivered},
                                         {S::shipped, S::delivery_failed},   {S::delivery_failed, S::shipped},      {S::delivery_failed, S::cancelled},
                                         {S::delivered, S::completed},       {S::delivered, S::returned},           {S::completed, S::returned}};
  std::set<std::pair<S, S>> found;
  for (const auto& row : transitions()) found.emplace(row.from, row.to);
  EXPECT_EQ(found, wanted);
}

TEST(OrderTransitions, RefuseEveryPairOutsideTheTableToEveryActorWhateverTheFacts) {
  int refused = 0;
  for (const Status from : all_statuses) {
    for (const Status to : all_statuses) {
      if (find_transition(from, to) != nullptr) continue;
      for (const Actor actor : all_actors) {
        const auto answer = judge(from, to, actor, everything_in_favour());
        ASSERT_FALSE(answer) << to_string(from) << " to " << to_string(to) << " by " << to_string(actor);
        EXPECT_EQ(answer.error().reason(), "INVALID_TRANSITION");
        EXPECT_EQ(answer.error().kind(), ErrorKind::conflict);
        ++refused;
      }
    }
  }
  EXPECT_EQ(refused, (11 * 11 - 18) * 9);
}

TEST(OrderTransitions, CancelledAndReturnedAreTheEnd) {
  for (const auto& row : transitions()) {
    EXPECT_NE(row.from, Status::cancelled);
    EXPECT_NE(row.from, Status::returned);
  }
}

struct GuardCase {
  const char* about;
  Status from;
  Status to;
  Actor actor;
  void (*spoil)(Facts&);
};

const GuardCase guard_cases[] = {
    {"O2 without its payment", Status::pending_payment, Status::confirmed, Actor::checkout, [](Facts& f) { f.nothing_is_due = false; }},
    {"O2 with money held but not taken", Status::pending_payment, Status::confirmed, Actor::checkout,
     [](Facts& f) { f.nothing_is_due = false, f.payment = PaymentStatus::authorized; }},
    {"O2 with stock not committed", Status::pending_payment, Status::confirmed, Actor::checkout, [](Facts& f) { f.allocations_committed = false; }},
    {"O3 with low risk", Status::pending_payment, Status::fraud_review, Actor::checkout, [](Facts& f) { f.risk_is_review = false; }},
    {"O3 without funds", Status::pending_payment, Status::fraud_review, Actor::checkout, [](Facts& f) { f.nothing_is_due = false; }},
    {"O4 with money held and nobody giving it back", Status::pending_payment, Status::cancelled, Actor::checkout,
     [](Facts& f) { f.payment = PaymentStatus::authorized, f.undo_requested = false; }},
    {"O5 without approval", Status::fraud_review, Status::confirmed, Actor::checkout, [](Facts& f) { f.review_approved = false; }},
    {"O6 while the review runs", Status::fraud_review, Status::cancelled, Actor::checkout, [](Facts& f) { f.review_ended = false; }},
    {"O9 when fulfillment has picked", Status::processing, Status::cancelled, Actor::owner, [](Facts& f) { f.fulfillment_agrees = false; }},
    {"O9 after a dispatch", Status::processing, Status::cancelled, Actor::support, [](Facts& f) { f.units_dispatched = 1; }},
    {"O10 with nothing dispatched", Status::processing, Status::partially_shipped, Actor::shipping, [](Facts&) {}},
    {"O11 with one unit left", Status::processing, Status::shipped, Actor::shipping, [](Facts& f) { f.units_dispatched = 1; }},
    {"O12 with a parcel on its way", Status::shipped, Status::delivered, Actor::shipping, [](Facts& f) { f.units_dispatched = 2, f.units_delivered = 1; }},
    {"O13 with one unit delivered", Status::shipped, Status::delivery_failed, Actor::shipping,
     [](Facts& f) { f.units_delivered = 1, f.units_undelivered = 1; }},
    {"O16 with an open return", Status::delivered, Status::completed, Actor::job, [](Facts& f) { f.return_or_dispute_open = true; }},
    {"O17 with one unit kept", Status::completed, Status::returned, Actor::returns, [](Facts& f) { f.units_delivered = 2, f.units_returned = 1; }},
};

TEST(OrderTransitions, RefuseAnEdgeWhoseGuardDoesNotHold) {
  for (const GuardCase& row : guard_cases) {
    Facts facts = everything_in_favour();
    row.spoil(facts);
    const auto answer = judge(row.from, row.to, row.actor, facts);
    ASSERT_FALSE(answer) << row.about;
    EXPECT_EQ(answer.error().reason(), "TRANSITION_REFUSED") << row.about;
  }
}

TEST(OrderTransitions, AreTakenWhenTheGuardHolds) {
  Facts facts = everything_in_favour();
  EXPECT_TRUE(judge(Status::pending_payment, Status::confirmed, Actor::checkout, facts));
  EXPECT_TRUE(judge(Status::pending_payment, Status::fraud_review, Actor::checkout, facts));
  EXPECT_TRUE(judge(Status::processing, Status::cancelled, Actor::owner, facts));
  facts.units_dispatched = 1;
  EXPECT_TRUE(judge(Status::processing, Status::partially_shipped, Actor::shipping, facts));
  facts.units_dispatched = facts.units_delivered = facts.units_returned = 2;
  EXPECT_TRUE(judge(Status::shipped, Status::delivered, Actor::shipping, facts));
  EXPECT_TRUE(judge(Status::completed, Status::returned, Actor::returns, facts));
}

TEST(OrderTransitions, BelongToTheirActors) {
  EXPECT_FALSE(judge(Status::pending_payment, Status::confirmed, Actor::operations, everything_in_favour()));
  EXPECT_FALSE(judge(Status::pending_payment, Status::cancelled, Actor::owner, everything_in_favour()));
  EXPECT_FALSE(judge(Status::confirmed, Status::processing, Actor::owner, everything_in_favour()));
}

TEST(OrderProgress, WalksThroughTheStatesBetweenWhenAnEventOvertakesAnother) {
  // Given a confirmed order of two units whose delivery is told before its start and dispatch
  Facts facts{.units_live = 2, .units_dispatched = 2, .units_delivered = 2};
  // Then it goes through every state between
  std::vector<Status> walked;
  for (const auto* edge : goods_path(Status::confirmed, facts)) walked.push_back(edge->to);
  EXPECT_EQ(walked, (std::vector{Status::processing, Status::shipped, Status::delivered}));
}

TEST(OrderProgress, MovesNothingBeforeConfirmationOrAfterTheEnd) {
  Facts facts{.units_live = 1, .units_dispatched = 1, .units_delivered = 1};
  for (const Status from : {Status::pending_payment, Status::fraud_review, Status::cancelled, Status::delivered, Status::completed, Status::returned}) {
    EXPECT_TRUE(goods_path(from, facts).empty()) << to_string(from);
  }
}

Facts arbitrary_facts() {
  return Facts{.nothing_is_due = *rc::gen::arbitrary<bool>(),
               .payment = static_cast<PaymentStatus>(*rc::gen::inRange(0, 9)),
               .allocations_committed = *rc::gen::arbitrary<bool>(),
               .risk_is_review = *rc::gen::arbitrary<bool>(),
               .review_approved = *rc::gen::arbitrary<bool>(),
               .review_ended = *rc::gen::arbitrary<bool>(),
               .undo_requested = *rc::gen::arbitrary<bool>(),
               .payment_closed = *rc::gen::arbitrary<bool>(),
               .fulfillment_agrees = *rc::gen::arbitrary<bool>(),
               .units_live = *rc::gen::inRange(0, 4),
               .units_dispatched = *rc::gen::inRange(0, 4),
               .units_delivered = *rc::gen::inRange(0, 4),
               .units_undelivered = *rc::gen::inRange(0, 4),
               .units_returned = *rc::gen::inRange(0, 4),
               .return_or_dispute_open = *rc::gen::arbitrary<bool>()};
}

RC_GTEST_PROP(OrderTransitions, NeverLeaveTheTableInAnySequence, ()) {
  Status status = Status::pending_payment;
  bool confirmed = false;
  for (int i = 0; i < 60; ++i) {
    const auto to = static_cast<Status>(*rc::gen::inRange(0, 11));
    const auto actor = static_cast<Actor>(*rc::gen::inRange(0, 9));
    const Facts facts = arbitrary_facts();
    if (const auto edge = judge(status, to, actor, facts)) {
      RC_ASSERT(find_transition(status, to) == *edge);
      if (to == Status::confirmed) RC_ASSERT(may_be_confirmed(facts));
      confirmed = confirmed || to == Status::confirmed;
      status = to;
    }
    for (const auto* edge : goods_path(status, facts)) {
      RC_ASSERT(edge->from == status);
      status = edge->to;
    }
    // Nothing reaches dispatch from an unconfirmed order (invariant 7).
    const bool early = status == Status::pending_payment || status == Status::fraud_review || status == Status::cancelled;
    RC_ASSERT(early || confirmed);
  }
}

TEST(OrderStatus, ReadsWhatItWrites) {
  for (const Status status : all_statuses) EXPECT_EQ(parse_status(to_string(status)), status);
  EXPECT_FALSE(parse_status("paid"));
  for (int i = 0; i < 9; ++i) EXPECT_EQ(parse_payment_status(to_string(static_cast<PaymentStatus>(i))), static_cast<PaymentStatus>(i));
}

}  // namespace
}  // namespace emporion::order
