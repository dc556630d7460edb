#include "modules/product/promotion/domain/promotion_check.hpp"

#include <algorithm>
#include <set>

namespace emporion::promotion {
namespace {

class Faults {
 public:
  explicit Faults(const Promotion& promotion) : promotion_(promotion) {}

  void add_unless(bool is_right, std::string_view field, std::string_view message) {
    if (!is_right) found_.push_back({std::string(field), std::string(message)});
  }
  void amounts(std::string_view field, const Amounts& amounts) { check_amounts(field, amounts, found_); }

  void window() { add_unless(promotion_.ends_at > promotion_.starts_at, "ends_at", "ends before it starts"); }

  void parameters() {
    const Kind kind = promotion_.kind;
    const bool has_value = kind == Kind::fixed || kind == Kind::fixed_per_unit || kind == Kind::bundle;
    add_unless((kind == Kind::percentage) == (promotion_.percentage_bp > 0), "percentage_bp", "belongs to kind percentage, 1 to 10000");
    add_unless(promotion_.percentage_bp <= 10'000, "percentage_bp", "above 100 %");
    add_unless(has_value == !promotion_.amounts.empty(), "amounts", "belongs to kinds fixed, fixed_per_unit and bundle");
    add_unless((kind == Kind::buy_x_get_y) == promotion_.buy_x_get_y.has_value(), "buy_x_get_y", "belongs to kind buy_x_get_y");
    add_unless((kind == Kind::tiered) == promotion_.tiers.has_value(), "tiered", "belongs to kind tiered");
    add_unless((kind == Kind::bundle) == !promotion_.bundle.empty(), "bundle", "belongs to kind bundle");
    add_unless((kind == Kind::item_select) == promotion_.item_select.has_value(), "item_select", "belongs to kind item_select");
    amounts("amounts", promotion_.amounts);
    amounts("min_order", promotion_.min_order);
    amounts("max_discount", promotion_.max_discount);
    if (promotion_.buy_x_get_y) {
      const BuyXGetY& rule = *promotion_.buy_x_get_y;
      add_unless(rule.buy_qty > 0 && rule.get_qty > 0 && rule.groups_max.value_or(1) > 0, "buy_x_get_y", "quantities are above 0");
      add_unless(rule.get_bp > 0 && rule.get_bp <= 10'000, "buy_x_get_y.get_bp", "1 to 10000");
    }
    if (promotion_.item_select) {
      const auto& rule = *promotion_.item_select;
      add_unless(rule.count > 0 && rule.bp > 0 && rule.bp <= 10'000, "item_select", "count above 0, bp 1 to 10000");
    }
    if (promotion_.tiers) tiers(*promotion_.tiers);
    std::set<std::string> skus;
    for (const auto& component : promotion_.bundle) {
      add_unless(skus.insert(component.sku).second, "bundle.components", "a SKU is named twice");
      add_unless(component.qty > 0, "bundle.components", "quantities are above 0");
    }
  }

  void rule_type() {
    const Kind kind = promotion_.kind;
    if (promotion_.rule_type == RuleType::catalog) {
      add_unless(kind == Kind::percentage || kind == Kind::fixed_per_unit, "kind", "a catalogue price is reduced by a percentage or an amount per unit");
      const bool is_conditional = promotion_.requires_coupon || promotion_.first_order_only || promotion_.condition || !promotion_.min_order.empty() ||
                                  !promotion_.max_discount.empty() || promotion_.limit_total || promotion_.limit_per_customer || promotion_.unit_quota ||
                                  !promotion_.exclusion_group.empty() || promotion_.stop_rules_processing;
      add_unless(!is_conditional, "rule_type", "a price that is shown depends on no coupon, cart or limit");
    } else if (promotion_.rule_type == RuleType::shipping) {
      add_unless(kind == Kind::free_shipping || kind == Kind::percentage || kind == Kind::fixed, "kind",
                 "shipping is free, or reduced by a percentage or an amount");
      add_unless(!promotion_.unit_quota, "unit_quota", "shipping has no units");
    } else {
      add_unless(kind != Kind::free_shipping, "kind", "free_shipping is of rule type shipping");
      add_unless(promotion_.shipping_methods.empty(), "shipping_methods", "belongs to rule type shipping");
    }
    const auto is_positive = [](const std::optional<std::int64_t>& limit) { return limit.value_or(1) > 0; };
    add_unless(is_positive(promotion_.limit_total) && is_positive(promotion_.limit_per_customer) && is_positive(promotion_.unit_quota), "limits", "above 0");
  }

  std::vector<ConfigFault> found() && { return std::move(found_); }

 private:
  void tiers(const Tiers& rule) {
    add_unless(!rule.tiers.empty(), "tiered.tiers", "at least one");
    for (std::size_t i = 0; i < rule.tiers.size(); ++i) {
      const Tier& tier = rule.tiers[i];
      add_unless(tier.bp > 0 && tier.bp <= 10'000, "tiered.tiers", "bp 1 to 10000");
      if (rule.by_amount) {
        add_unless(!tier.amounts.empty() && tier.units == 0, "tiered.tiers", "amounts per currency, no units");
        amounts("tiered.tiers", tier.amounts);
      } else {
        add_unless(tier.units > 0 && tier.amounts.empty(), "tiered.tiers", "units, no amounts");
      }
      if (i > 0) add_unless(rises(rule.tiers[i - 1], tier, rule.by_amount), "tiered.tiers", "thresholds rise, in the same currencies");
    }
  }
  static bool rises(const Tier& before, const Tier& after, bool by_amount) {
    if (!by_amount) return before.units < after.units;
    return before.amounts.size() == after.amounts.size() && std::ranges::all_of(before.amounts, [&](const auto& entry) {
             const auto found = after.amounts.find(entry.first);
             return found != after.amounts.end() && found->second > entry.second;
           });
  }

  const Promotion& promotion_;
  std::vector<ConfigFault> found_;
};

}  // namespace

void check_amounts(std::string_view field, const Amounts& amounts, std::vector<ConfigFault>& faults) {
  for (const auto& [code, amount] : amounts) {
    const auto currency = Currency::parse(code);
    if (!currency || currency->code() != code) faults.push_back({std::string(field), "unknown currency " + code});
    if (amount <= 0 || amount > Money::amount_max) faults.push_back({std::string(field), "amounts are above 0, at most 10^15"});
  }
}

std::vector<ConfigFault> faults_of(const Promotion& promotion) {
  Faults faults(promotion);
  faults.window();
  faults.parameters();
  faults.rule_type();
  return std::move(faults).found();
}

}  // namespace emporion::promotion
