#pragma once

#include <string>
#include <vector>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/base/result.hpp"
#include "modules/logistics/warehouse/app/options.hpp"
#include "modules/logistics/warehouse/app/stores.hpp"
#include "modules/logistics/warehouse/domain/lines.hpp"

namespace emporion::warehouse {

/// What is to be placed, and where it goes.
struct PlacementQuestion {
  std::vector<WantedLine> lines;
  v1::Destination destination;
  v1::ServiceLevel service_level = v1::ServiceLevel::standard;
  v1::PlanProfile profile = v1::PlanProfile::fewest_parcels;
};
struct Placement {
  std::vector<PlacedLine> lines;
  v1::AllocationPlan plan;
};

/// Chooses the warehouses over one snapshot. Errors: NOT_COVERED (422), INSUFFICIENT_STOCK (409) with sku, available and items[{line_no, sku, requested,
/// available}].
Result<Placement> choose(const Topology& topology, const Availability& availability, const PlacementQuestion& question, const Options& options);

/// Units a line cannot get.
struct ShortLine {
  std::int32_t line_no = 0;
  std::string sku;
  std::int64_t requested = 0;
  std::int64_t available = 0;
};
/// INSUFFICIENT_STOCK for these lines, of which there is at least one.
Error insufficient_stock(const std::vector<ShortLine>& lines);

/// The distinct SKUs of some lines.
std::vector<std::string> skus_of(const std::vector<WantedLine>& lines);

}  // namespace emporion::warehouse
