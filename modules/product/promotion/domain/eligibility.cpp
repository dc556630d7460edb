#include "modules/product/promotion/domain/eligibility.hpp"

#include <algorithm>

namespace emporion::promotion {
namespace {

bool is_among(const std::vector<std::string>& wanted, const std::string& held) { return std::ranges::find(wanted, held) != wanted.end(); }

bool is_of_segment(const Promotion& promotion, const Buyer& buyer) {
  if (promotion.segments.empty()) return true;
  return std::ranges::any_of(buyer.segments, [&](const std::string& segment) { return is_among(promotion.segments, segment); });
}

}  // namespace

std::optional<Reason> refusal_of(const Candidate& candidate, const Cart& cart, const Buyer& buyer) {
  const Promotion& promotion = *candidate.promotion;
  if (cart.at < promotion.starts_at || cart.at >= promotion.ends_at) return Reason::expired;
  if (candidate.barred) return candidate.barred;
  if (promotion.requires_login && !buyer.is_logged_in) return Reason::login;
  if (!is_of_segment(promotion, buyer)) return Reason::segment;
  if (!promotion.groups.empty() && !(buyer.group && is_among(promotion.groups, *buyer.group))) return Reason::segment;
  if (promotion.first_order_only && (!buyer.key || buyer.has_ordered)) return Reason::segment;
  if (promotion.limit_per_customer && !buyer.key) return Reason::login;  // Nobody to count.
  if (promotion.budget_currency && *promotion.budget_currency != cart.currency) return Reason::currency;
  if (promotion.condition && !holds(*promotion.condition, cart, buyer)) return Reason::condition;
  return std::nullopt;
}

}  // namespace emporion::promotion
