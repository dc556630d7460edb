#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "modules/product/promotion/domain/cart.hpp"

namespace emporion::promotion {

/// A tree of AND, OR and NOT over facts of the cart and the buyer.
struct Condition {
  enum class Node : std::uint8_t { all, any, negation, one_of, at_least, at_most };
  enum class Fact : std::uint8_t { country, payment_method, shipping_method, group, segment, sku, units, subtotal, weekday, hour };

  Node node = Node::all;
  std::vector<Condition> parts;     ///< Of all, any, negation.
  Fact fact = Fact::country;        ///< Of the leaves.
  std::vector<std::string> values;  ///< Of one_of.
  std::int64_t bound = 0;           ///< Of at_least and at_most.
  std::string currency;             ///< Of subtotal: another currency never holds.

  static constexpr int depth_max = 8;
  static constexpr int nodes_max = 64;
};

bool holds(const Condition& condition, const Cart& cart, const Buyer& buyer);

}  // namespace emporion::promotion
