#include "modules/product/promotion/domain/scope.hpp"

#include <algorithm>

namespace emporion::promotion {
namespace {

template <typename T>
std::vector<T> sorted(std::vector<T> items) {
  std::ranges::sort(items);
  return items;
}

bool holds(const std::vector<Uuid>& ids, const std::optional<Uuid>& id) { return id && std::ranges::binary_search(ids, *id); }

}  // namespace

Scope::Scope(std::vector<std::string> skus, std::vector<Uuid> products, std::vector<Uuid> categories, std::vector<Uuid> brands, std::vector<Uuid> sellers)
    : skus_(sorted(std::move(skus))),
      products_(sorted(std::move(products))),
      categories_(sorted(std::move(categories))),
      brands_(sorted(std::move(brands))),
      sellers_(sorted(std::move(sellers))) {}

std::vector<Uuid> Scope::ids() const {
  std::vector<Uuid> out;
  for (const auto* list : {&products_, &categories_, &brands_, &sellers_}) out.insert(out.end(), list->begin(), list->end());
  return out;
}

bool Scope::names(const Line& line) const {
  if (std::ranges::binary_search(skus_, line.sku)) return true;
  if (holds(products_, line.facts.product) || holds(brands_, line.facts.brand) || holds(sellers_, line.facts.seller)) return true;
  return std::ranges::any_of(line.facts.categories, [&](const Uuid& category) { return std::ranges::binary_search(categories_, category); });
}

}  // namespace emporion::promotion
