#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "modules/product/promotion/domain/promotion.hpp"

namespace emporion::promotion {

/// All promotions that may apply now or to a quote that still holds, as of one revision of the database.
struct ActiveSet {
  using Promotions = std::vector<std::shared_ptr<const Promotion>>;

  std::int64_t revision = 0;
  Promotions promotions;
  std::map<Uuid, std::shared_ptr<const Promotion>> by_id;
  bool needs_facts = false;  ///< A scope asks what Catalog says of a SKU.

  void add(std::shared_ptr<const Promotion> promotion);

  /// What Catalog says of the lines is not known yet before it was read.
  enum class FactsOf : bool { lines_unknown, lines_known };
  /// Those that need no code and may concern one of the lines, in the order of `promotions`: a cart does not pay for the thousand that are on for other things.
  /// Those left out take nothing off it. While the facts are unknown every promotion that asks for them may.
  Promotions concerning(std::span<const Line> lines, FactsOf facts = FactsOf::lines_known) const;

 private:
  using Places = std::vector<std::size_t>;  // In `promotions`, rising.
  Places everywhere_;                       // On for every SKU.
  Places by_any_fact_;
  std::unordered_map<std::string, Places> by_sku_;
  std::unordered_map<Uuid, Places> by_fact_;  // Products, categories, brands, sellers.
};

}  // namespace emporion::promotion
