#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "modules/product/promotion/domain/evaluate.hpp"

/// Carts and promotions in the words of the business, in VND.
namespace emporion::promotion::builders {

using Amounts64 = std::vector<std::int64_t>;

inline Cart a_cart(const Amounts64& prices, std::int64_t qty = 1) {
  Cart cart;
  cart.currency = Currency::of("VND");
  cart.at = UtcTime::from_micros(1'000);
  for (std::size_t i = 0; i < prices.size(); ++i) {
    cart.lines.push_back(
        {.id = std::to_string(i), .sku = "S" + std::to_string(i), .qty = qty, .unit_amount = prices[i], .list_amount = prices[i], .facts = {}});
  }
  return cart;
}

inline Promotion a_promotion(Kind kind) {
  Promotion out;
  out.kind = kind;
  out.starts_at = UtcTime::from_micros(0);
  out.ends_at = UtcTime::from_micros(1'000'000);
  return out;
}
inline Promotion percent(std::int64_t bp) {
  auto out = a_promotion(Kind::percentage);
  out.percentage_bp = bp;
  return out;
}
inline Promotion fixed(std::int64_t amount, Kind kind = Kind::fixed) {
  auto out = a_promotion(kind);
  out.amounts = {{"VND", amount}};
  return out;
}
inline Promotion buy_get(std::int64_t buy, std::int64_t get) {
  auto out = a_promotion(Kind::buy_x_get_y);
  out.buy_x_get_y = BuyXGetY{.buy_qty = buy, .get_qty = get, .groups_max = {}, .get_scope = {}};
  return out;
}
inline Promotion tiers(const std::vector<std::pair<std::int64_t, std::int64_t>>& thresholds, bool is_marginal) {
  auto out = a_promotion(Kind::tiered);
  out.tiers = Tiers{.is_marginal = is_marginal, .tiers = {}};
  for (const auto& [units, bp] : thresholds) out.tiers->tiers.push_back({.units = units, .amounts = {}, .bp = bp});
  return out;
}
inline Promotion bundle_of(std::vector<BundleComponent> components, std::int64_t price) {
  auto out = fixed(price, Kind::bundle);
  out.bundle = std::move(components);
  return out;
}
inline Promotion pick(std::int64_t count, std::int64_t bp, bool is_dearest) {
  auto out = a_promotion(Kind::item_select);
  out.item_select = ItemSelect{.is_dearest = is_dearest, .count = count, .bp = bp};
  return out;
}
inline Promotion free_shipping() {
  auto out = a_promotion(Kind::free_shipping);
  out.rule_type = RuleType::shipping;
  return out;
}
inline Promotion stackable(Promotion promotion) {
  promotion.is_stackable = true;
  return promotion;
}

/// Promotions take their ids from their places, so that ties fall to the first.
inline Outcome run(const Cart& cart, std::vector<Promotion> promotions, const Buyer& buyer = {}, const Policy& policy = {.discount_max_bp = 10'000}) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < promotions.size(); ++i) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[15] = static_cast<std::uint8_t>(i + 1);
    promotions[i].id = Uuid(bytes);
    candidates.push_back({.promotion = &promotions[i], .coupon = {}, .barred = {}, .units_left = {}, .budget_left = {}});
  }
  return evaluate(cart, buyer, candidates, policy);
}
inline Amounts64 lines_of(const Outcome& outcome, std::size_t count) {
  Amounts64 out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(outcome.discount_of_line(i));
  return out;
}
inline std::string reason_of(const Outcome& outcome, std::size_t candidate) {
  for (const auto& rejected : outcome.rejected) {
    if (rejected.candidate == candidate) return std::string(to_string(rejected.reason));
  }
  return "";
}

}  // namespace emporion::promotion::builders
