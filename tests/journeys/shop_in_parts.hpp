#pragma once

#include <string>
#include <utility>

#include "tests/journeys/parts.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {

/// The demo shop, made by one process that has ended again.
struct SeededShop {
  explicit SeededShop(std::string settings = {}) : shop(std::move(settings)) { shop.seed(); }
  ShopProcess shop;
};

/// The demo shop, served by the several processes of a placement, with these settings more. Starts none of them yet.
class ShopInParts : private SeededShop, public Parts {
 public:
  explicit ShopInParts(const std::string& name, std::string settings = {}) : SeededShop(std::move(settings)), Parts(shop.home(), name) {}
  /// The whole: its home, its commands and its audit.
  ShopProcess& whole() noexcept { return shop; }
};

}  // namespace emporion::journeys
