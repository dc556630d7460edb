#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "modules/commerce/payment/domain/ledger.hpp"

namespace emporion::payment {

/// The shop itself, as a seller of its own goods and of delivery.
constexpr std::string_view own_seller = "platform";

/// What the shop keeps of each seller's sales, in basis points. Source: commerce.md §3.5.
struct Commission {
  static constexpr std::int64_t default_bp = 1'000;
  std::int64_t bp = default_bp;
  std::map<std::string, std::int64_t, std::less<>> of_seller = {};
  std::int64_t of(std::string_view seller) const {
    const auto found = of_seller.find(seller);
    return found == of_seller.end() ? bp : found->second;
  }
};

/// A seller's part of an order.
struct SellerShare {
  std::string seller;
  std::int64_t weight = 0;  ///< What its lines were worth, in minor units.
};

/// What the escrow of a payment holds when its order is completed.
struct EscrowFacts {
  Money captured = {};
  std::int64_t refunded = 0;
  std::int64_t charged_back = 0;
  std::int64_t fees = 0;  ///< What the provider kept, as far as it is known.
};

struct SellerRelease {
  std::string seller;
  Money gross = {};
  Money commission = {};
  Money fees = {};
  Money net = {};  ///< gross − commission − fees
};

struct EscrowRelease {
  Posting posting;
  std::vector<SellerRelease> sellers;
};

/// Shares what was captured and neither refunded nor charged back among the sellers by weight, takes commission and fees, and posts the end of the escrow:
/// refunds and chargebacks come out of it, so nothing is left. What the shop sells itself is its revenue; other sellers are owed their net.
EscrowRelease release_escrow(const EscrowFacts& facts, const std::vector<SellerShare>& shares, const Commission& commission);

}  // namespace emporion::payment
