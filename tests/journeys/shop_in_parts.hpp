#pragma once

#include <string>

#include "tests/journeys/parts.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {

/// The demo shop, made by one process that has ended again.
struct SeededShop {
  SeededShop() { shop.seed(); }
  ShopProcess shop;
};

/// The demo shop, served by the several processes of a placement of deploy/placement. Starts none of them yet.
class ShopInParts : private SeededShop, public Parts {
 public:
  explicit ShopInParts(const std::string& name) : Parts(shop.home(), name) {}
  /// The whole: its home, its commands and its audit.
  ShopProcess& whole() noexcept { return shop; }
};

}  // namespace emporion::journeys
