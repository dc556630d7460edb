#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/uuid.hpp"

namespace emporion::fulfillment {

/// What the order said when it was confirmed and parcels need to know.
struct OrderFacts {
  std::string number;
  std::string currency;
  std::optional<Uuid> customer_id;
  std::optional<Uuid> payment_id;
  std::optional<std::string> method_id;
  std::map<std::int32_t, std::int32_t> shorts;  ///< Line → units reported missing, whose end Warehouse has not told yet.
  std::vector<Uuid> delivered;                  ///< Packages that have arrived.
};
std::string to_json_text(const OrderFacts& facts);
OrderFacts order_facts_of(std::string_view json);

}  // namespace emporion::fulfillment
