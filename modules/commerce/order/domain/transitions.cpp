#include "modules/commerce/order/domain/transitions.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"

namespace emporion::order {
namespace {

using enum Actor;

constexpr std::array by_checkout{checkout};
constexpr std::array by_checkout_or_job{checkout, job};
constexpr std::array by_fulfillment{fulfillment, operations};
constexpr std::array by_requester{owner, support, operations, fulfillment};
constexpr std::array by_requester_agreed{owner, support, operations, fulfillment};  // Fulfillment: when it shorted the last line.
constexpr std::array by_shipping{shipping, operations};
constexpr std::array by_operations{operations};
constexpr std::array by_goods_back{warehouse, operations};
constexpr std::array by_completion{job, owner, support, operations};
constexpr std::array by_returns{returns, operations};

bool always(const Facts&) { return true; }
bool may_go_to_review(const Facts& facts) {
  return facts.risk_is_review && facts.allocations_committed &&
         (is_secured(facts.payment) || facts.payment == PaymentStatus::cod_pending || facts.nothing_is_due);
}
bool money_is_safe(const Facts& facts) { return !is_secured(facts.payment) || facts.undo_requested; }
bool pending_may_end(const Facts& facts) { return money_is_safe(facts); }
bool approved(const Facts& facts) { return facts.review_approved && may_be_confirmed(facts); }
bool review_may_end(const Facts& facts) { return facts.review_ended && money_is_safe(facts); }
bool nothing_dispatched(const Facts& facts) { return facts.units_dispatched == 0; }
bool nothing_dispatched_and_agreed(const Facts& facts) { return facts.units_dispatched == 0 && (facts.fulfillment_agrees || facts.units_live == 0); }
bool some_dispatched(const Facts& facts) { return facts.units_dispatched > 0 && facts.units_dispatched < facts.units_live; }
bool all_dispatched(const Facts& facts) { return facts.units_live > 0 && facts.units_dispatched == facts.units_live; }
bool all_final(const Facts& facts) { return facts.units_live > 0 && facts.units_delivered + facts.units_undelivered == facts.units_live; }
bool arrived(const Facts& facts) { return all_final(facts) && facts.units_delivered > 0; }
bool none_arrived(const Facts& facts) { return all_final(facts) && facts.units_delivered == 0; }
bool nothing_open(const Facts& facts) { return !facts.return_or_dispute_open; }
bool all_returned(const Facts& facts) { return facts.units_delivered > 0 && facts.units_returned == facts.units_delivered; }

using S = Status;
constexpr std::string_view needs_invariant_6 = "payment captured, cash on delivery accepted or nothing to pay, and every allocation committed";

constexpr std::array table{
    Transition{"O2", S::pending_payment, S::confirmed, by_checkout, may_be_confirmed, needs_invariant_6},
    Transition{"O3", S::pending_payment, S::fraud_review, by_checkout, may_go_to_review, "risk is review, funds secured or cash on delivery, stock committed"},
    Transition{"O4", S::pending_payment, S::cancelled, by_checkout_or_job, pending_may_end, "no secured payment, or its void or refund requested"},
    Transition{"O5", S::fraud_review, S::confirmed, by_checkout, approved, needs_invariant_6},
    Transition{"O6", S::fraud_review, S::cancelled, by_checkout, review_may_end,
               "the review has ended without approval, and no secured payment or its undo requested"},
    Transition{"O7", S::confirmed, S::processing, by_fulfillment, always, ""},
    Transition{"O8", S::confirmed, S::cancelled, by_requester, nothing_dispatched, "fulfillment has not started"},
    Transition{"O9", S::processing, S::cancelled, by_requester_agreed, nothing_dispatched_and_agreed, "nothing picked and nothing dispatched"},
    Transition{"O10", S::processing, S::partially_shipped, by_shipping, some_dispatched, "something is dispatched and something remains"},
    Transition{"O11", S::processing, S::shipped, by_shipping, all_dispatched, "everything live is dispatched"},
    Transition{"O11", S::partially_shipped, S::shipped, by_shipping, all_dispatched, "everything live is dispatched"},
    Transition{"O12", S::shipped, S::delivered, by_shipping, arrived, "everything has ended its way and something arrived"},
    Transition{"O13", S::shipped, S::delivery_failed, by_shipping, none_arrived, "everything has ended its way and nothing arrived"},
    Transition{"O14", S::delivery_failed, S::shipped, by_operations, always, ""},
    Transition{"O15", S::delivery_failed, S::cancelled, by_goods_back, always, ""},
    Transition{"O16", S::delivered, S::completed, by_completion, nothing_open, "no open return or dispute"},
    Transition{"O17", S::delivered, S::returned, by_returns, all_returned, "everything delivered has come back"},
    Transition{"O17", S::completed, S::returned, by_returns, all_returned, "everything delivered has come back"},
};

constexpr std::array<std::string_view, 9> actor_names{"checkout", "owner", "support", "operations", "fulfillment", "shipping", "warehouse", "returns", "job"};

}  // namespace

std::string_view to_string(Actor actor) noexcept { return actor_names[static_cast<std::size_t>(actor)]; }

bool may_be_confirmed(const Facts& facts) noexcept {
  const bool paid = facts.payment == PaymentStatus::captured || facts.payment == PaymentStatus::cod_pending || facts.nothing_is_due;
  return paid && facts.allocations_committed;
}

std::span<const Transition> transitions() noexcept { return table; }

const Transition* find_transition(Status from, Status to) noexcept {
  const auto found = std::ranges::find_if(table, [&](const Transition& row) { return row.from == from && row.to == to; });
  return found == table.end() ? nullptr : &*found;
}

Result<const Transition*> judge(Status from, Status to, Actor actor, const Facts& facts) {
  const Transition* edge = find_transition(from, to);
  if (edge == nullptr || std::ranges::find(edge->actors, actor) == edge->actors.end()) {
    return fail(
        Error(ErrorKind::conflict, "INVALID_TRANSITION", text("an order does not go from ", to_string(from), " to ", to_string(to), " by ", to_string(actor)))
            .with("from", to_string(from))
            .with("to", to_string(to)));
  }
  if (!edge->guard(facts)) {
    return fail(Error(ErrorKind::conflict, "TRANSITION_REFUSED", text(edge->id, " needs: ", edge->guard_text))
                    .with("from", to_string(from))
                    .with("to", to_string(to))
                    .with("guard", edge->guard_text));
  }
  return edge;
}

}  // namespace emporion::order
