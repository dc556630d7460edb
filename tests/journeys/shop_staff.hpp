#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {

/// A member of the shop's staff who may do everything, speaking the public API. Every call signs in again when the last sign-in is some minutes old.
class Staff {
 public:
  /// Makes the administrator of a shop that runs or not; once per home.
  static void hire(ShopProcess& shop);
  Staff(http::Client& client, std::string url) : buyer_(client, std::move(url)) {}
  void move_to(std::string url) { buyer_.move_to(std::move(url)); }

  Task<Reply> call(http::Method method, std::string path, std::string body = {}, std::string key = {});

  /// An active promotion; `terms` are members of the contract's PromotionTerms beside name and window. Answers its id, empty if it was refused.
  Task<std::string> promotion(std::string name, std::string terms);
  /// A code of a promotion; `terms` are members beside its type, with a leading comma.
  Task<bool> coupon(std::string promotion, std::string code, std::string terms = {});
  Task<std::string> used(std::string code);
  /// Makes `available` units of the SKU available in the demo's first warehouse and none in the others, whatever is held.
  Task<bool> set_available(std::string sku, int available, std::string cause);

 private:
  Task<bool> sign_in();
  Buyer buyer_;
  std::chrono::steady_clock::time_point signed_in_{};
};

/// Units that may be sold, over all warehouses of an answer of GET /api/v1/inventory.
std::int64_t units_available(const std::string& inventory);

/// Ten percent off the cart, with a code.
std::string tenth_with_a_code();

}  // namespace emporion::journeys
