#include "modules/product/promotion/app/terms.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/json/fields.hpp"
#include "modules/product/promotion/domain/promotion_check.hpp"

namespace emporion::promotion {
namespace {

Error invalid(const std::vector<ConfigFault>& faults) {
  std::string errors;
  for (const auto& fault : faults) {
    errors += errors.empty() ? "[" : ",";
    errors += R"({"field":)";
    json::append_json(errors, fault.field);
    errors += R"(,"message":)";
    json::append_json(errors, fault.message);
    errors += '}';
  }
  return Error(ErrorKind::rule_violated, "CONFIG_INVALID", faults.front().message).with_json("errors", errors + "]");
}

Amounts to_domain(const std::map<std::string, std::int64_t>& amounts) { return {amounts.begin(), amounts.end()}; }

Scope to_domain(const v1::PromotionScope& scope) {
  std::vector<std::string> skus;
  for (const auto& sku : scope.skus) skus.push_back(ascii_upper(sku));
  return {std::move(skus), scope.product_ids, scope.category_ids, scope.brand_ids, scope.seller_ids};
}

Kind kind_of(v1::PromotionKind kind) {
  switch (kind) {
    case v1::PromotionKind::fixed: return Kind::fixed;
    case v1::PromotionKind::fixed_per_unit: return Kind::fixed_per_unit;
    case v1::PromotionKind::buy_x_get_y: return Kind::buy_x_get_y;
    case v1::PromotionKind::tiered: return Kind::tiered;
    case v1::PromotionKind::bundle: return Kind::bundle;
    case v1::PromotionKind::item_select: return Kind::item_select;
    case v1::PromotionKind::free_shipping: return Kind::free_shipping;
    case v1::PromotionKind::percentage:
    case v1::PromotionKind::unspecified: break;
  }
  return Kind::percentage;
}

void read_kind(const v1::PromotionTerms& terms, Promotion& out) {
  out.kind = kind_of(terms.kind);
  out.percentage_bp = terms.percentage_bp.value_or(0);
  out.amounts = to_domain(terms.amounts);
  if (terms.buy_x_get_y) {
    const auto& rule = *terms.buy_x_get_y;
    out.buy_x_get_y = BuyXGetY{.buy_qty = rule.buy_qty,
                               .get_qty = rule.get_qty,
                               .get_bp = rule.get_bp.value_or(10'000),
                               .groups_max = rule.groups_max ? std::optional<std::int64_t>(*rule.groups_max) : std::nullopt,
                               .get_scope = rule.get_scope ? std::optional(to_domain(*rule.get_scope)) : std::nullopt,
                               .same_sku = rule.same_sku.value_or(false)};
  }
  if (terms.tiered) {
    out.tiers = Tiers{.by_amount = terms.tiered->measure == v1::TierMeasure::amount, .is_marginal = terms.tiered->mode == v1::TierMode::marginal, .tiers = {}};
    for (const auto& tier : terms.tiered->tiers)
      out.tiers->tiers.push_back({.units = tier.units.value_or(0), .amounts = to_domain(tier.amounts), .bp = tier.bp});
  }
  if (terms.bundle) {
    for (const auto& component : terms.bundle->components) out.bundle.push_back({ascii_upper(component.sku), component.qty});
  }
  if (terms.item_select)
    out.item_select =
        ItemSelect{.is_dearest = terms.item_select->pick == v1::ItemPick::dearest, .count = terms.item_select->count, .bp = terms.item_select->bp};
}

}  // namespace

Result<Promotion> to_domain(const v1::PromotionTerms& terms) {
  Promotion out;
  out.name = terms.name;
  out.campaign = terms.campaign_id;
  out.rule_type = terms.rule_type == v1::RuleType::catalog    ? RuleType::catalog
                  : terms.rule_type == v1::RuleType::shipping ? RuleType::shipping
                                                              : RuleType::cart;
  read_kind(terms, out);
  out.shipping_methods = terms.shipping_methods;
  if (terms.include) out.include = to_domain(*terms.include);
  if (terms.exclude) out.exclude = to_domain(*terms.exclude);
  out.exclude_sale_items = terms.exclude_sale_items.value_or(false);
  if (terms.condition) {
    EMP_ASSIGN(out.condition, parse_condition(terms.condition->json));
  }
  out.min_order = to_domain(terms.min_order);
  out.max_discount = to_domain(terms.max_discount);
  out.segments = terms.segments;
  out.groups = terms.groups;
  out.first_order_only = terms.first_order_only.value_or(false);
  out.requires_coupon = terms.requires_coupon.value_or(false);
  out.requires_login = terms.requires_login.value_or(false);
  out.priority = terms.priority.value_or(0);
  out.is_stackable = terms.is_stackable.value_or(false);
  out.exclusion_group = terms.exclusion_group.value_or("");
  out.stop_rules_processing = terms.stop_rules_processing.value_or(false);
  out.limit_total = terms.limit_total;
  out.limit_per_customer = terms.limit_per_customer;
  out.unit_quota = terms.unit_quota;
  out.starts_at = terms.starts_at;
  out.ends_at = terms.ends_at;
  if (const auto faults = faults_of(out); !faults.empty()) return fail(invalid(faults));
  return out;
}

Result<> check_terms(const v1::CampaignTerms& terms) {
  std::vector<ConfigFault> faults;
  if (terms.ends_at <= terms.starts_at) faults.push_back({"ends_at", "ends before it starts"});
  if (terms.budget_limit && terms.budget_limit->amount() <= 0) faults.push_back({"budget_limit", "above 0"});
  if (!faults.empty()) return fail(invalid(faults));
  return {};
}

Result<> check_terms(const v1::CouponTerms& terms) {
  std::vector<ConfigFault> faults;
  if ((terms.type == v1::CouponType::customer_bound) != terms.customer_id.has_value()) faults.push_back({"customer_id", "belongs to type customer_bound"});
  if (terms.type == v1::CouponType::single && terms.limit.value_or(1) != 1) faults.push_back({"limit", "a single coupon has one use"});
  if (terms.starts_at && terms.ends_at && *terms.ends_at <= *terms.starts_at) faults.push_back({"ends_at", "ends before it starts"});
  check_amounts("min_order", to_domain(terms.min_order), faults);
  if (!faults.empty()) return fail(invalid(faults));
  return {};
}

}  // namespace emporion::promotion
