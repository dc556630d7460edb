#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/base/result.hpp"
#include "modules/commerce/order/domain/status.hpp"

namespace emporion::order {

/// Who moves an order. One call or event has one actor.
enum class Actor : std::uint8_t { checkout, owner, support, operations, fulfillment, shipping, warehouse, returns, job };

std::string_view to_string(Actor actor) noexcept;

/// What a guard may look at. The caller fills what it knows under the order's row lock; the default of each fact refuses.
struct Facts {
  bool nothing_is_due = false;
  PaymentStatus payment = PaymentStatus::none;
  bool allocations_committed = false;  ///< Every live unit is bound to a committed allocation.
  bool risk_is_review = false;
  bool review_approved = false;
  bool review_ended = false;        ///< Rejected, timed out, or withdrawn by the owner.
  bool undo_requested = false;      ///< A void or refund of the payment is durable in Payment.
  bool payment_closed = false;      ///< Payment says that nothing is secured and nothing is under way.
  bool fulfillment_agrees = false;  ///< Nothing picked, or no live line is left.
  int units_live = 0;               ///< Bought and not cancelled.
  int units_dispatched = 0;         ///< Of these: shipped.
  int units_delivered = 0;
  int units_undelivered = 0;  ///< Came back or got lost.
  int units_returned = 0;
  bool return_or_dispute_open = false;
};

/// One row of the table. `guard` is the condition and `guard_text` what a refusal says of it.
struct Transition {
  std::string_view id;  ///< "O2"
  Status from;
  Status to;
  std::span<const Actor> actors;
  bool (*guard)(const Facts&);
  std::string_view guard_text;
};

/// O2 to O17 (O1 is the order's birth). Source: commerce.md §2.3.
std::span<const Transition> transitions() noexcept;

/// The edge, or null: staff's override uses the same table as everyone.
const Transition* find_transition(Status from, Status to) noexcept;

/// May `actor` move the order so, given the facts? Errors: INVALID_TRANSITION {from, to} (no such edge, or not this actor's), TRANSITION_REFUSED {from, to,
/// guard}.
Result<const Transition*> judge(Status from, Status to, Actor actor, const Facts& facts);

/// Invariant 6: what `confirmed` needs.
bool may_be_confirmed(const Facts& facts) noexcept;

}  // namespace emporion::order
