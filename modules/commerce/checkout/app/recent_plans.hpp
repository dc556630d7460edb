#pragma once

#include <deque>
#include <optional>
#include <unordered_map>

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "kernel/base/time.hpp"

namespace emporion::checkout {

/// Plans that were made here a moment ago: who has just been shown the ways of shipping chooses among those, and they need not be found again. A plan is good
/// for the session, the cart and the sum that it was made for, and for `life`. Preview and confirm make their own, whatever was chosen.
/// Lives in one process and is only a copy: elsewhere, or later, the plan is made again.
class RecentPlans {
 public:
  using Plan = v1::ListShippingMethodsResponse;
  static constexpr seconds life{10};
  static constexpr std::size_t kept_max = 1'024;

  std::optional<Plan> of(const v1::CheckoutSession& session, const v1::Cart& cart, UtcTime now) const {
    const auto found = plans_.find(session.id);
    if (found == plans_.end()) return std::nullopt;
    const Kept& kept = found->second;
    if (kept.session_version != session.version || kept.cart_version != cart.version || kept.subtotal != cart.subtotal || now > kept.made_at + life)
      return std::nullopt;
    return kept.plan;
  }

  void keep(const v1::CheckoutSession& session, const v1::Cart& cart, Plan plan, UtcTime now) {
    Kept kept{.session_version = session.version, .cart_version = cart.version, .subtotal = cart.subtotal, .made_at = now, .plan = std::move(plan)};
    if (plans_.insert_or_assign(session.id, std::move(kept)).second) order_.push_back(session.id);
    while (order_.size() > kept_max) {
      plans_.erase(order_.front());
      order_.pop_front();
    }
  }

 private:
  struct Kept {
    std::int64_t session_version;
    std::int64_t cart_version;
    Money subtotal;
    UtcTime made_at;
    Plan plan;
  };
  std::unordered_map<Uuid, Kept> plans_;
  std::deque<Uuid> order_;  ///< Oldest first.
};

}  // namespace emporion::checkout
