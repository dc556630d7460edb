#include "modules/logistics/warehouse/app/placement.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::warehouse {
namespace {

Service service_of(v1::ServiceLevel level) {
  switch (level) {
    case v1::ServiceLevel::express: return Service::express;
    case v1::ServiceLevel::economy: return Service::economy;
    default: return Service::standard;
  }
}

Profile profile_of(v1::PlanProfile profile) {
  switch (profile) {
    case v1::PlanProfile::cheapest: return Profile::cheapest;
    case v1::PlanProfile::fastest: return Profile::fastest;
    default: return Profile::fewest_parcels;
  }
}

/// Freight of one parcel while no zone table is known: base + per km × the way by road, rounded up.
std::int64_t freight(const ActiveWarehouse& warehouse, const v1::Destination& destination, const Options& options) {
  if (!warehouse.point || !destination.lat || !destination.lng) return options.freight_base_minor;
  const std::int64_t meters = road_meters(distance_meters(*warehouse.point, Point{*destination.lat, *destination.lng}));
  return options.freight_base_minor + (options.freight_per_km_minor * meters + 999) / 1'000;
}

std::vector<std::int64_t> units_in(const Uuid& warehouse, const std::vector<Demand>& demands, const Availability& availability) {
  std::vector<std::int64_t> units(demands.size());
  for (std::size_t d = 0; d < demands.size(); ++d) {
    const auto places = availability.find(demands[d].sku);
    if (places == availability.end()) continue;
    const auto found = std::ranges::find(places->second, warehouse, &std::pair<Uuid, std::int64_t>::first);
    if (found != places->second.end()) units[d] = found->second;
  }
  return units;
}

v1::AllocationPlan answer_of(const Plan& plan, const std::vector<PlacedLine>& lines, const std::vector<Candidate>& candidates, const Topology& topology) {
  v1::AllocationPlan out;
  std::map<Uuid, std::size_t> index;
  for (const auto& line : lines) {
    const auto [found, is_new] = index.try_emplace(line.warehouse, out.parcels.size());
    if (is_new) {
      const auto candidate = std::ranges::find(candidates, line.warehouse, &Candidate::id);
      out.parcels.push_back({line.warehouse, {}, candidate->transit_hours});
    }
    out.parcels[found->second].lines.push_back({line.line_no, line.sku, static_cast<std::int32_t>(line.qty)});
  }
  const auto first = std::ranges::find(topology.warehouses, out.parcels.front().warehouse_id, &ActiveWarehouse::id);
  out.cost = Money(plan.cost, first->currency);
  out.transit_hours = plan.transit_hours;
  out.topology_version = topology.version;
  return out;
}

}  // namespace

Result<Placement> choose(const Topology& topology, const Availability& availability, const PlacementQuestion& question, const Options& options) {
  const auto demands = merge_by_sku(question.lines);
  std::vector<Candidate> candidates;
  bool is_covered = false;
  for (const auto& warehouse : topology.warehouses) {
    const auto hours_to = transit_hours(warehouse.areas, question.destination.location_path, service_of(question.service_level));
    if (!hours_to) continue;
    is_covered = true;
    auto units = units_in(warehouse.id, demands, availability);
    if (std::ranges::all_of(units, [](std::int64_t qty) { return qty == 0; })) continue;
    candidates.push_back({.id = warehouse.id,
                          .priority = warehouse.priority,
                          .transit_hours = *hours_to,
                          .parcel_cost = warehouse.handling_cost + freight(warehouse, question.destination, options),
                          .line_cost = warehouse.pick_cost,
                          .available = std::move(units)});
  }
  if (!is_covered) return fail(ErrorKind::rule_violated, "NOT_COVERED", "no active warehouse delivers to this address with this service");
  auto made = plan(demands, candidates, profile_of(question.profile));
  if (!made) {
    std::unordered_map<std::string, std::int64_t> available;
    for (const auto& shortage : made.error()) available[demands[shortage.demand].sku] = shortage.available;
    std::vector<ShortLine> short_lines;
    for (const auto& line : question.lines) {
      if (const auto found = available.find(line.sku); found != available.end()) short_lines.push_back({line.line_no, line.sku, line.qty, found->second});
    }
    return fail(insufficient_stock(short_lines));
  }
  Placement out;
  out.lines = place(question.lines, demands, candidates, *made);
  out.plan = answer_of(*made, out.lines, candidates, topology);
  return out;
}

Error insufficient_stock(const std::vector<ShortLine>& lines) {
  EMP_ASSERT(!lines.empty());
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  for (const auto& line : lines) {
    writer.begin_object()
        .key("line_no")
        .integer(line.line_no)
        .key("sku")
        .string(line.sku)
        .key("requested")
        .integer(line.requested)
        .key("available")
        .integer(line.available)
        .end_object();
  }
  writer.end_array();
  return Error(ErrorKind::conflict, "INSUFFICIENT_STOCK", text("not enough of ", lines.front().sku))
      .with("sku", lines.front().sku)
      .with("available", lines.front().available)
      .with_json("items", std::move(items));
}

std::vector<std::string> skus_of(const std::vector<WantedLine>& lines) {
  std::vector<std::string> skus;
  skus.reserve(lines.size());
  for (const auto& line : lines) skus.push_back(line.sku);
  std::ranges::sort(skus);
  skus.erase(std::ranges::unique(skus).begin(), skus.end());
  return skus;
}

}  // namespace emporion::warehouse
