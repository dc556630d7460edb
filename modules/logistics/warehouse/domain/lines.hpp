#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernel/base/uuid.hpp"
#include "modules/logistics/warehouse/domain/planner.hpp"

namespace emporion::warehouse {

/// A line of an order, before it is placed.
struct WantedLine {
  std::int32_t line_no = 0;
  std::string sku;
  std::int64_t qty = 0;
  std::int64_t weight_grams = 0;
};

/// Units of a line in one warehouse. (line_no, warehouse) is unique.
struct PlacedLine {
  std::int32_t line_no = 0;
  Uuid warehouse;
  std::string sku;
  std::int64_t qty = 0;
  friend bool operator==(const PlacedLine&, const PlacedLine&) = default;
};

/// The demands of some lines: one per SKU, in the order of their first line.
std::vector<Demand> merge_by_sku(const std::vector<WantedLine>& lines);

/// Gives the plan's units back to the lines, in their order.
std::vector<PlacedLine> place(const std::vector<WantedLine>& lines, const std::vector<Demand>& demands, const std::vector<Candidate>& candidates,
                              const Plan& plan);

}  // namespace emporion::warehouse
