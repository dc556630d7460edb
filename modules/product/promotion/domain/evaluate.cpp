#include "modules/product/promotion/domain/evaluate.hpp"

#include <algorithm>
#include <numeric>

#include "modules/product/promotion/domain/eligibility.hpp"
#include "modules/product/promotion/domain/evaluation.hpp"

namespace emporion::promotion {
namespace {

bool is_line_group(Kind kind) { return kind == Kind::buy_x_get_y || kind == Kind::bundle || kind == Kind::tiered || kind == Kind::item_select; }

int phase_of(const Promotion& promotion) {
  if (promotion.rule_type == RuleType::catalog) return 1;
  if (promotion.rule_type == RuleType::shipping) return 4;
  return is_line_group(promotion.kind) ? 2 : 3;
}

// By id, shorter ones first, so that "2" comes before "10".
std::vector<std::size_t> canonical_order(const Cart& cart) {
  std::vector<std::size_t> order(cart.lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(cart.lines[i].id.size(), std::string_view(cart.lines[i].id)); });
  return order;
}

}  // namespace

std::int64_t Outcome::discount_of_line(std::size_t line) const {
  std::int64_t sum = 0;
  for (const auto& one : applied) sum += one.is_shipping ? 0 : one.cut.by_line[line];
  return sum;
}

std::int64_t Outcome::discount() const {
  std::int64_t sum = 0;
  for (const auto& one : applied) sum += one.is_shipping ? 0 : one.cut.discount;
  return sum;
}

std::int64_t Outcome::shipping_discount() const {
  std::int64_t sum = 0;
  for (const auto& one : applied) sum += one.is_shipping ? one.cut.discount : 0;
  return sum;
}

Outcome evaluate(const Cart& cart, const Buyer& buyer, std::span<const Candidate> candidates, const Policy& policy) {
  const auto order = canonical_order(cart);
  Cart sorted = cart;
  for (std::size_t i = 0; i < order.size(); ++i) sorted.lines[i] = cart.lines[order[i]];

  Evaluation evaluation(sorted, candidates);
  std::vector<std::size_t> turns;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (const auto refusal = refusal_of(candidates[i], sorted, buyer); refusal) {
      evaluation.reject(i, *refusal);
    } else {
      turns.push_back(i);
    }
  }
  std::ranges::sort(turns, [&](std::size_t a, std::size_t b) {
    const Promotion& left = *candidates[a].promotion;
    const Promotion& right = *candidates[b].promotion;
    return phase_of(left) != phase_of(right) ? phase_of(left) < phase_of(right) : comes_before(left, right);
  });
  const auto of_phases = [&](int first, int last) {
    std::vector<std::size_t> out;
    for (const std::size_t i : turns) {
      if (phase_of(*candidates[i].promotion) >= first && phase_of(*candidates[i].promotion) <= last) out.push_back(i);
    }
    return out;
  };
  apply_catalog(evaluation, of_phases(1, 1));
  evaluation = best_of_cart(evaluation, of_phases(2, 3));
  evaluation.trim(policy.discount_max_bp);
  Outcome out;
  out.shipping_pending = apply_shipping(evaluation, of_phases(4, 4));

  for (const auto& applied : evaluation.applied()) {
    Applied given = applied;
    for (std::size_t i = 0; !applied.is_shipping && i < order.size(); ++i) given.cut.by_line[order[i]] = applied.cut.by_line[i];
    out.applied.push_back(std::move(given));
  }
  for (const auto& [candidate, reason] : evaluation.rejected()) out.rejected.push_back({candidate, reason});
  return out;
}

}  // namespace emporion::promotion
