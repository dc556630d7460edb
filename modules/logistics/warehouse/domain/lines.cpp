#include "modules/logistics/warehouse/domain/lines.hpp"

#include <algorithm>
#include <unordered_map>

#include "kernel/base/assert.hpp"

namespace emporion::warehouse {

std::vector<Demand> merge_by_sku(const std::vector<WantedLine>& lines) {
  std::vector<Demand> demands;
  std::unordered_map<std::string, std::size_t> index;
  for (const auto& line : lines) {
    const auto [found, is_new] = index.try_emplace(line.sku, demands.size());
    if (is_new) demands.push_back({line.sku, 0, 0});
    auto& demand = demands[found->second];
    demand.qty += line.qty;
    demand.weight_grams = std::max(demand.weight_grams, line.weight_grams);
  }
  return demands;
}

std::vector<PlacedLine> place(const std::vector<WantedLine>& lines, const std::vector<Demand>& demands, const std::vector<Candidate>& candidates,
                              const Plan& plan) {
  std::unordered_map<std::string, std::vector<Share>> left;
  for (const auto& share : plan.shares) left[demands[share.demand].sku].push_back(share);
  for (auto& [sku, shares] : left) std::ranges::reverse(shares);
  std::vector<PlacedLine> placed;
  placed.reserve(lines.size());
  for (const auto& line : lines) {
    auto& shares = left[line.sku];
    for (std::int64_t wanted = line.qty; wanted > 0;) {
      EMP_ASSERT(!shares.empty());
      auto& share = shares.back();
      const std::int64_t units = std::min(wanted, share.qty);
      placed.push_back({line.line_no, candidates[share.candidate].id, line.sku, units});
      wanted -= units;
      share.qty -= units;
      if (share.qty == 0) shares.pop_back();
    }
  }
  return placed;
}

}  // namespace emporion::warehouse
