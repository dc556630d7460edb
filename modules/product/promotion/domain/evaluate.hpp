#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "modules/product/promotion/domain/running.hpp"

namespace emporion::promotion {

/// The code that the buyer gave for a promotion.
struct CouponUse {
  Uuid id;
  std::string code;
  Amounts min_order;
};

/// A promotion that may take part. What is left of its limits is advisory: the reservation decides.
struct Candidate {
  const Promotion* promotion = nullptr;
  std::optional<CouponUse> coupon;
  std::optional<Reason> barred;  ///< Known to be out already: its limit is used up, or its coupon is.
  std::optional<std::int64_t> units_left;
  std::optional<std::int64_t> budget_left;  ///< Of its campaign, shared by the campaign's promotions.
};

struct Applied {
  std::size_t candidate = 0;
  Cut cut;  ///< `by_line` in the order of the cart's lines; empty for shipping.
  bool is_shipping = false;
  bool is_trimmed = false;
};
struct Rejected {
  std::size_t candidate = 0;
  Reason reason = Reason::outbid;
};
struct Outcome {
  std::vector<Applied> applied;  ///< In the order in which they took their turn.
  std::vector<Rejected> rejected;
  bool shipping_pending = false;

  std::int64_t discount_of_line(std::size_t line) const;
  std::int64_t discount() const;  ///< Of all lines.
  std::int64_t shipping_discount() const;
};

struct Policy {
  std::int64_t discount_max_bp = 8'000;  ///< Of a line's list amount, price rules included.
  std::int64_t lines_max = 200;
};

/// Which promotions apply and what each takes off which line. Pure: equal for any order of lines and candidates (PRM-4). No line, nor shipping, becomes
/// negative (PRM-3). `cart` has passed `check`. Source: product.md §3, algorithm evaluate.
Outcome evaluate(const Cart& cart, const Buyer& buyer, std::span<const Candidate> candidates, const Policy& policy);

/// Catalogue promotions on one line: what they take off a unit, and which do.
struct ShownPrice {
  std::int64_t discount = 0;                                ///< Per unit.
  bool is_closed = false;                                   ///< By one that cannot be combined.
  std::vector<std::pair<std::size_t, std::int64_t>> parts;  ///< (candidate, per unit)
};
/// `ordered` are indices of candidates of rule type catalog in their order.
ShownPrice shown_price(const Line& line, Currency currency, std::span<const Candidate> candidates, std::span<const std::size_t> ordered);

}  // namespace emporion::promotion
