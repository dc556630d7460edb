#include "modules/product/promotion/app/candidates.hpp"

#include <set>

namespace emporion::promotion {
namespace {

std::int64_t uses_of(const Facts& facts, const Uuid& promotion, const Uuid& coupon) {
  const auto found = facts.customer_uses.find({promotion, coupon});
  return found == facts.customer_uses.end() ? 0 : found->second;
}

class Gathering {
 public:
  Gathering(const Facts& facts, bool asks_limits) : facts_(facts), asks_limits_(asks_limits) {}

  void add(const std::shared_ptr<const Promotion>& promotion, const StoredCoupon* coupon, const std::string& code) {
    Candidate candidate{.promotion = promotion.get(), .coupon = {}, .barred = {}, .units_left = {}, .budget_left = {}};
    if (coupon != nullptr) candidate.coupon = CouponUse{.id = coupon->id, .code = code, .min_order = coupon->min_order};
    if (asks_limits_) ask_limits(*promotion, candidate);
    out_.kept.push_back(promotion);
    out_.list.push_back(std::move(candidate));
    out_.coupons.push_back(coupon);
  }
  void reject(const std::string& code, Reason reason) {
    out_.rejected_codes.emplace_back(code, reason);
    out_.unknown_codes += reason == Reason::coupon_unknown ? 1 : 0;
  }
  Candidates take() && { return std::move(out_); }

 private:
  void ask_limits(const Promotion& promotion, Candidate& candidate) const {
    if (const auto left = facts_.limits.find(promotion.id); left != facts_.limits.end()) {
      if (left->second.uses && *left->second.uses <= 0) candidate.barred = Reason::limit;
      candidate.units_left = left->second.units;
      candidate.budget_left = left->second.budget;
    }
    if (promotion.limit_per_customer && uses_of(facts_, promotion.id, Uuid()) >= *promotion.limit_per_customer) candidate.barred = Reason::limit;
  }

  const Facts& facts_;
  bool asks_limits_;
  Candidates out_;
};

}  // namespace

std::optional<Reason> refusal_of(const StoredCoupon& coupon, const Facts& facts, const std::optional<std::string>& customer_key, UtcTime at, bool asks_limits) {
  if (coupon.is_disabled) return Reason::coupon_unknown;
  if ((coupon.starts_at && at < *coupon.starts_at) || (coupon.ends_at && at >= *coupon.ends_at)) return Reason::expired;
  if (coupon.customer && customer_key != coupon.customer->to_string()) return Reason::segment;
  if (coupon.limit_per_customer && !customer_key) return Reason::login;
  if (!asks_limits) return std::nullopt;
  if (coupon.left && *coupon.left <= 0) return Reason::limit;
  if (coupon.limit_per_customer && uses_of(facts, coupon.promotion, coupon.id) >= *coupon.limit_per_customer) return Reason::limit;
  return std::nullopt;
}

Candidates candidates_of(const ActiveSet& set, const EvaluationInput& input, const Facts& facts, bool asks_limits) {
  Gathering gathering(facts, asks_limits);
  std::set<Uuid> by_coupon;
  for (const auto& code : input.codes) {
    const auto coupon = facts.coupons.find(code);
    if (coupon == facts.coupons.end() || coupon->second.is_disabled) {
      gathering.reject(code, Reason::coupon_unknown);
      continue;
    }
    const auto promotion = set.by_id.find(coupon->second.promotion);
    if (const auto reason = refusal_of(coupon->second, facts, input.customer_key, input.cart.at, asks_limits); reason) {
      gathering.reject(code, *reason);
    } else if (promotion == set.by_id.end()) {
      gathering.reject(code, Reason::expired);
    } else if (!by_coupon.insert(promotion->first).second) {
      gathering.reject(code, Reason::not_stackable);  // One use of a promotion per order.
    } else {
      gathering.add(promotion->second, &coupon->second, code);
    }
  }
  for (const auto& promotion : set.concerning(input.cart.lines)) {
    if (promotion->starts_at <= input.cart.at && input.cart.at < promotion->ends_at) gathering.add(promotion, nullptr, "");
  }
  return std::move(gathering).take();
}

}  // namespace emporion::promotion
