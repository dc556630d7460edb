#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "kernel/base/uuid.hpp"

namespace emporion::warehouse {

/// What is wanted of one SKU; a plan's demands name each SKU once.
struct Demand {
  std::string sku;
  std::int64_t qty = 0;
  std::int64_t weight_grams = 0;  ///< Of one unit; 0 if unknown.
};

/// A warehouse that may send. Costs are in minor units and for this destination.
struct Candidate {
  Uuid id;
  std::int32_t priority = 0;
  std::int32_t transit_hours = 0;
  std::int64_t parcel_cost = 0;         ///< Handling and freight of one parcel.
  std::int64_t line_cost = 0;           ///< Picking one line.
  std::vector<std::int64_t> available;  ///< By demand.
};

enum class Profile : std::uint8_t { fewest_parcels, cheapest, fastest };

/// Units of one demand from one candidate.
struct Share {
  std::size_t demand = 0;
  std::size_t candidate = 0;
  std::int64_t qty = 0;
  friend bool operator==(const Share&, const Share&) = default;
};

struct Plan {
  std::vector<Share> shares;  ///< By demand, then candidate.
  std::int64_t parcels = 0;
  std::int64_t cost = 0;
  std::int32_t transit_hours = 0;  ///< Of the slowest.
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// A demand that all candidates together cannot meet, and the most they could.
struct Shortage {
  std::size_t demand = 0;
  std::int64_t available = 0;
  friend bool operator==(const Shortage&, const Shortage&) = default;
};

/// Heaviest parcel. Source: specification, splitting into cartons.
inline constexpr std::int64_t parcel_grams_max = 30'000;

/// Chooses who sends what: one warehouse if any holds everything, else the fewest that do (up to 4 by trying all sets of at most 12 candidates, beyond that
/// greedily), compared by the profile and at last by ids. Equal input gives an equal plan, whatever the order of the candidates. Linear in the number of
/// demands.
std::expected<Plan, std::vector<Shortage>> plan(const std::vector<Demand>& demands, const std::vector<Candidate>& candidates, Profile profile);

/// Parcels for these units of demands, by weight: heaviest first into the first carton that holds them.
std::int64_t parcels_for(const std::vector<Demand>& demands, const std::vector<Share>& shares);

}  // namespace emporion::warehouse
