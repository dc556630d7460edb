#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/emporion/load/connection.hpp"

namespace emporion::load {

struct Line {
  std::string sku;
  std::int64_t units = 1;
};

/// What every purchase at a shop has in common.
struct Delivery {
  std::string address_json;  ///< The body of "address".
  std::string currency;      ///< Empty: the shop's own.
};

/// How a purchase ended.
enum class Purchase : std::uint8_t {
  placed,
  refused,  ///< The witness knows why.
  unknown,  ///< The confirm was asked for several times, and nobody knows: the shop's own books tell.
};

/// One guest with a cart of their own, speaking the public API: cart, checkout, contact, address, shipping, payment on delivery, preview, confirm.
/// A refusal ends the purchase.
class Buyer {
 public:
  /// `delivery` must outlive the buyer. `name` is part of the e-mail and of every idempotency key: it must be new. Each call may go over another connection,
  /// which uses the buyer's jar from then on.
  Buyer(const Delivery& delivery, std::string name);

  /// One line into the cart.
  Task<Reply> add(Connection& connection, Line line);
  /// All of them in one call.
  Task<Reply> add_all(Connection& connection, std::vector<Line> lines);
  /// From a full cart to a session that needs only its confirm: the seven calls from checkout to preview.
  Task<Reply> prepare(Connection& connection);
  /// Places the order. If the shop answers that it is still at it, asks until it is done.
  Task<Purchase> confirm(Connection& connection);

 private:
  Task<Reply> choose_shipping(Connection& connection);
  Call at_session(std::string_view step, http::Method method, std::string_view part, std::string body = {}) const;

  const Delivery& delivery_;
  std::string name_;
  Jar jar_;
  std::string session_;
  std::string confirmation_;  ///< The body of the confirm.
};

/// The body that chooses the cheapest way for every parcel of a list of shipping methods that can be paid on delivery; empty if a parcel has none.
std::string cheapest_on_delivery(const std::string& shipping_methods);

/// New, and without digits: an e-mail that has many may pass for a card number, which Payment refuses.
std::string a_new_name(Random& random);

}  // namespace emporion::load
