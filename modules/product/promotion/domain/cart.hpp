#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"

namespace emporion::promotion {

/// What Catalog says of a SKU. `categories` holds every category of its paths, ancestors included, sorted.
struct SkuFacts {
  std::optional<Uuid> product;
  std::optional<Uuid> brand;
  std::optional<Uuid> seller;
  std::vector<Uuid> categories;
};

struct Line {
  std::string id;
  std::string sku;
  std::int64_t qty = 1;
  std::int64_t unit_amount = 0;  ///< Before promotions.
  std::int64_t list_amount = 0;  ///< Before sale and price rules, at least unit_amount.
  bool is_on_sale = false;
  SkuFacts facts;

  std::int64_t amount() const { return unit_amount * qty; }
};

/// What is evaluated. All amounts are minor units of `currency`.
struct Cart {
  Currency currency;
  std::vector<Line> lines;
  std::optional<std::int64_t> shipping;  ///< Absent: not known yet.
  std::string shipping_method;
  std::string country;
  std::string payment_method;
  UtcTime at;

  std::int64_t subtotal() const;
  std::int64_t units() const;
};

/// Who buys, from the module's own copy, never from the client (PRM-8).
struct Buyer {
  std::optional<std::string> key;  ///< The customer's id, or a guest's keyed hash. Without it promotions that count customers do not apply.
  bool is_logged_in = false;
  bool has_ordered = false;
  std::vector<std::string> segments;
  std::optional<std::string> group;
};

/// No line is empty, no id is given twice, and neither a line nor their sum exceeds Money's range.
/// Errors: QTY_INVALID, DUPLICATE_LINE, LINES_LIMIT {max}, AMOUNT_OVERFLOW, NEGATIVE_AMOUNT.
Result<> check(const Cart& cart, std::int64_t lines_max);

}  // namespace emporion::promotion
