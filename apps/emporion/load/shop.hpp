#pragma once

#include <string>
#include <vector>

#include "apps/emporion/load/buyer.hpp"
#include "apps/emporion/load/scenario.hpp"

namespace emporion::load {

/// What a visitor finds: read once, before the clock starts.
struct Shop {
  struct Article {
    std::string id;  ///< Of the product.
    std::string sku;
  };
  std::vector<Article> articles;  ///< Those for sale, in the order of the list.
  std::vector<std::string> categories;
  Delivery delivery;
};

/// Reads the assortment over the public API, at most `articles_max` articles, and finds an address that the shop delivers to, paid on delivery: that of the
/// scenario, or else one of a few. A cart that was filled for this is emptied again.
/// Errors: PROVIDER_UNREACHABLE, NOTHING_FOR_SALE, TOO_FEW_ARTICLES (of what the scenario wants), NO_DELIVERY, SHOP_REFUSES with what the shop said.
Task<Result<Shop>> look_around(Runtime& runtime, Target target, const Scenario& scenario, std::size_t articles_max = 20'000);

}  // namespace emporion::load
