#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "modules/product/promotion/domain/condition.hpp"
#include "modules/product/promotion/domain/scope.hpp"

namespace emporion::promotion {

/// Currency code → minor units. There is no exchange inside promotions (PRM-14).
using Amounts = std::map<std::string, std::int64_t, std::less<>>;
std::optional<std::int64_t> amount_in(const Amounts& amounts, Currency currency);

enum class RuleType : std::uint8_t { catalog, cart, shipping };
enum class Kind : std::uint8_t { percentage, fixed, fixed_per_unit, buy_x_get_y, tiered, bundle, item_select, free_shipping };

struct BuyXGetY {
  std::int64_t buy_qty = 1;
  std::int64_t get_qty = 1;
  std::int64_t get_bp = 10'000;
  std::optional<std::int64_t> groups_max;
  std::optional<Scope> get_scope;  ///< Absent: the promotion's own.
  bool same_sku = false;
};
struct Tier {
  std::int64_t units = 0;
  Amounts amounts;
  std::int64_t bp = 0;
};
struct Tiers {
  bool by_amount = false;    ///< Else by units.
  bool is_marginal = false;  ///< Else the highest tier reached holds for all.
  std::vector<Tier> tiers;   ///< Rising.
};
struct BundleComponent {
  std::string sku;
  std::int64_t qty = 1;
};
struct ItemSelect {
  bool is_dearest = false;
  std::int64_t count = 1;
  std::int64_t bp = 0;
};

/// One revision of a promotion, ready to be evaluated.
struct Promotion {
  Uuid id;
  std::int32_t revision = 1;
  std::string name;
  UtcTime created_at;
  std::optional<Uuid> campaign;
  std::optional<Currency> budget_currency;  ///< Of the campaign's budget; what is taken off in another is refused.
  RuleType rule_type = RuleType::cart;
  Kind kind = Kind::percentage;
  std::int64_t percentage_bp = 0;
  Amounts amounts;
  std::optional<BuyXGetY> buy_x_get_y;
  std::optional<Tiers> tiers;
  std::vector<BundleComponent> bundle;
  std::optional<ItemSelect> item_select;
  std::vector<std::string> shipping_methods;  ///< Empty: all.
  Scope include, exclude;
  bool exclude_sale_items = false;
  std::optional<Condition> condition;
  Amounts min_order, max_discount;
  std::vector<std::string> segments, groups;
  bool first_order_only = false;
  bool requires_coupon = false;
  bool requires_login = false;
  std::int32_t priority = 0;
  bool is_stackable = false;
  std::string exclusion_group;  ///< Empty: none.
  bool stop_rules_processing = false;
  std::optional<std::int64_t> limit_total, limit_per_customer, unit_quota;
  UtcTime starts_at, ends_at;

  bool needs_facts() const;
  /// Included, not excluded, and not on sale where that matters.
  bool concerns(const Line& line) const;
};

/// Priority descending, then creation, then id: the order in which promotions of one phase take their turn.
bool comes_before(const Promotion& a, const Promotion& b);

}  // namespace emporion::promotion
