#include "modules/product/promotion/app/active_set.hpp"

#include <algorithm>

namespace emporion::promotion {

void ActiveSet::add(std::shared_ptr<const Promotion> promotion) {
  const std::size_t place = promotions.size();
  needs_facts = needs_facts || promotion->needs_facts();
  if (!promotion->requires_coupon) {
    const auto index = [&](const Scope& scope) {
      for (const auto& sku : scope.skus()) by_sku_[sku].push_back(place);
      for (const auto& id : scope.ids()) by_fact_[id].push_back(place);
      if (scope.needs_facts()) by_any_fact_.push_back(place);
    };
    if (promotion->include.is_empty()) {
      everywhere_.push_back(place);
    } else {
      index(promotion->include);
      if (promotion->buy_x_get_y && promotion->buy_x_get_y->get_scope) index(*promotion->buy_x_get_y->get_scope);
    }
  }
  by_id.emplace(promotion->id, promotion);
  promotions.push_back(std::move(promotion));
}

ActiveSet::Promotions ActiveSet::concerning(std::span<const Line> lines, FactsOf facts) const {
  Places places = everywhere_;
  const auto take = [&places](const auto& index, const auto& name) {
    if (const auto found = index.find(name); found != index.end()) places.insert(places.end(), found->second.begin(), found->second.end());
  };
  for (const auto& line : lines) {
    take(by_sku_, line.sku);
    for (const auto& id : {line.facts.product, line.facts.brand, line.facts.seller}) {
      if (id) take(by_fact_, *id);
    }
    for (const auto& category : line.facts.categories) take(by_fact_, category);
  }
  if (facts == FactsOf::lines_unknown) places.insert(places.end(), by_any_fact_.begin(), by_any_fact_.end());
  std::ranges::sort(places);
  const auto repeated = std::ranges::unique(places);
  places.erase(repeated.begin(), repeated.end());
  Promotions out;
  out.reserve(places.size());
  for (const std::size_t place : places) out.push_back(promotions[place]);
  return out;
}

}  // namespace emporion::promotion
