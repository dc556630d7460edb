#include "modules/logistics/warehouse/domain/planner.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <tuple>

namespace emporion::warehouse {
namespace {

using Members = std::vector<std::size_t>;  ///< Candidates, ascending.

constexpr std::size_t enumerated_max = 12;
constexpr std::size_t members_max = 4;
/// Line visits before the search for a better greedy plan ends. A count, not a clock, so that equal input gives an equal plan; about 20 ms.
constexpr std::int64_t visits_max = 8'000'000;

/// A plan with what it is compared by.
struct Rated {
  Plan plan;
  std::int64_t priorities = 0;
  std::vector<Uuid> ids;
};

using Rank = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, const std::vector<Uuid>&>;

Rank rank(const Rated& rated, Profile profile) {
  const auto& plan = rated.plan;
  const std::int64_t transit = plan.transit_hours;
  switch (profile) {
    case Profile::cheapest: return {plan.cost, plan.parcels, transit, rated.priorities, rated.ids};
    case Profile::fastest: return {transit, plan.parcels, plan.cost, rated.priorities, rated.ids};
    case Profile::fewest_parcels: break;
  }
  return {plan.parcels, plan.cost, transit, rated.priorities, rated.ids};
}

class Planner {
 public:
  Planner(const std::vector<Demand>& demands, const std::vector<Candidate>& candidates, Profile profile)
      : demands_(demands), candidates_(candidates), profile_(profile) {}

  std::optional<Rated> best() {
    const Members useful = without_dominated();
    for (std::size_t size = 1; size <= std::min(members_max, useful.size()); ++size) {
      if (size > 1 && useful.size() > enumerated_max) break;
      try_all(useful, size);
      if (best_) return std::move(best_);
    }
    try_greedy(useful);
    return std::move(best_);
  }

  std::vector<Shortage> shortages() const {
    std::vector<Shortage> out;
    for (std::size_t d = 0; d < demands_.size(); ++d) {
      std::int64_t total = 0;
      for (const auto& candidate : candidates_) total += candidate.available[d];
      if (total < demands_[d].qty) out.push_back({d, total});
    }
    return out;
  }

 private:
  bool holds(const Members& members) {
    for (std::size_t d = 0; d < demands_.size(); ++d) {
      std::int64_t total = 0;
      for (const std::size_t m : members) total += candidates_[m].available[d];
      visits_ += static_cast<std::int64_t>(members.size());
      if (total < demands_[d].qty) return false;
    }
    return true;
  }

  /// `kept` makes `dropped` useless: whatever `dropped` has, `kept` has enough of, for no more money and time.
  bool dominates(const Candidate& kept, const Candidate& dropped) const {
    if (kept.parcel_cost > dropped.parcel_cost || kept.line_cost > dropped.line_cost || kept.transit_hours > dropped.transit_hours ||
        kept.priority > dropped.priority)
      return false;
    const bool is_equal = kept.parcel_cost == dropped.parcel_cost && kept.line_cost == dropped.line_cost && kept.transit_hours == dropped.transit_hours &&
                          kept.priority == dropped.priority;
    if (is_equal && kept.id > dropped.id) return false;
    for (std::size_t d = 0; d < demands_.size(); ++d) {
      if (dropped.available[d] > 0 && kept.available[d] < demands_[d].qty) return false;
    }
    return true;
  }

  Members without_dominated() const {
    Members useful;
    for (std::size_t c = 0; c < candidates_.size(); ++c) {
      const bool is_useless =
          std::ranges::any_of(candidates_, [&](const Candidate& other) { return &other != &candidates_[c] && dominates(other, candidates_[c]); });
      if (!is_useless) useful.push_back(c);
    }
    return useful;
  }

  void try_all(const Members& useful, std::size_t size) {
    Members picks(size);
    std::iota(picks.begin(), picks.end(), std::size_t{0});
    for (;;) {
      Members members(size);
      std::ranges::transform(picks, members.begin(), [&](std::size_t pick) { return useful[pick]; });
      consider(members);
      std::size_t at = size;
      while (at > 0 && picks[at - 1] == useful.size() - size + at - 1) --at;
      if (at == 0) return;
      ++picks[at - 1];
      for (; at < size; ++at) picks[at] = picks[at - 1] + 1;
    }
  }

  bool consider(const Members& members) {
    if (!holds(members)) return false;
    Rated rated = rate(members);
    if (best_ && !(rank(rated, profile_) < rank(*best_, profile_))) return false;
    best_ = std::move(rated);
    return true;
  }

  /// Each demand goes whole to the cheapest member that holds it; one that no member holds whole is divided, largest stock first.
  Rated rate(const Members& members) {
    Members cheapest = members;
    std::ranges::sort(cheapest, {}, [&](std::size_t m) {
      const auto& c = candidates_[m];
      return std::tuple(c.line_cost + c.parcel_cost, c.transit_hours, c.priority, c.id);
    });
    std::vector<std::vector<Share>> by_member(candidates_.size());
    Rated rated;
    for (std::size_t d = 0; d < demands_.size(); ++d) {
      visits_ += static_cast<std::int64_t>(members.size());
      const auto whole = std::ranges::find_if(cheapest, [&](std::size_t m) { return candidates_[m].available[d] >= demands_[d].qty; });
      if (whole != cheapest.end()) {
        by_member[*whole].push_back({d, *whole, demands_[d].qty});
        continue;
      }
      Members fullest = cheapest;
      std::ranges::sort(fullest, {},
                        [&](std::size_t m) { return std::tuple(-candidates_[m].available[d], std::ranges::find(cheapest, m) - cheapest.begin()); });
      std::int64_t left = demands_[d].qty;
      for (const std::size_t m : fullest) {
        const std::int64_t units = std::min(left, candidates_[m].available[d]);
        if (units == 0) break;
        by_member[m].push_back({d, m, units});
        left -= units;
      }
    }
    for (const std::size_t m : members) {
      if (by_member[m].empty()) continue;
      const auto& candidate = candidates_[m];
      const std::int64_t parcels = parcels_for(demands_, by_member[m]);
      rated.plan.parcels += parcels;
      rated.plan.cost += candidate.parcel_cost * parcels + candidate.line_cost * static_cast<std::int64_t>(by_member[m].size());
      rated.plan.transit_hours = std::max(rated.plan.transit_hours, candidate.transit_hours);
      rated.priorities += candidate.priority;
      rated.ids.push_back(candidate.id);
      rated.plan.shares.insert(rated.plan.shares.end(), by_member[m].begin(), by_member[m].end());
    }
    return rated;
  }

  void try_greedy(const Members& useful) {
    Members members = cover(useful);
    consider(members);
    for (std::size_t i = 0; i < members.size() && visits_ < visits_max;) {
      Members fewer = members;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (consider(fewer)) {
        members = std::move(fewer);
        continue;
      }
      for (const std::size_t other : useful) {
        if (visits_ >= visits_max || std::ranges::binary_search(members, other)) continue;
        Members swapped = members;
        swapped[i] = other;
        std::ranges::sort(swapped);
        if (consider(swapped)) {
          members = std::move(swapped);
          break;
        }
      }
      ++i;
    }
  }

  /// Takes the candidate with the most units still wanted, then the cheapest, until everything is held.
  Members cover(const Members& useful) const {
    std::vector<std::int64_t> wanted(demands_.size());
    std::ranges::transform(demands_, wanted.begin(), &Demand::qty);
    Members left = useful;
    Members members;
    while (!left.empty() && std::ranges::any_of(wanted, [](std::int64_t qty) { return qty > 0; })) {
      const auto most = std::ranges::min_element(left, {}, [&](std::size_t m) {
        const auto& candidate = candidates_[m];
        std::int64_t units = 0;
        for (std::size_t d = 0; d < wanted.size(); ++d) units += std::min(wanted[d], candidate.available[d]);
        return std::tuple(-units, candidate.parcel_cost + candidate.line_cost, candidate.id);
      });
      for (std::size_t d = 0; d < wanted.size(); ++d) wanted[d] -= std::min(wanted[d], candidates_[*most].available[d]);
      members.push_back(*most);
      left.erase(most);
    }
    std::ranges::sort(members);
    return members;
  }

  const std::vector<Demand>& demands_;
  const std::vector<Candidate>& candidates_;
  Profile profile_;
  std::int64_t visits_ = 0;
  std::optional<Rated> best_;
};

}  // namespace

std::expected<Plan, std::vector<Shortage>> plan(const std::vector<Demand>& demands, const std::vector<Candidate>& candidates, Profile profile) {
  // The search walks the candidates by id, so that their order in the question cannot matter.
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t c) { return candidates[c].id; });
  std::vector<Candidate> by_id;
  by_id.reserve(candidates.size());
  for (const std::size_t c : order) by_id.push_back(candidates[c]);
  Planner planner(demands, by_id, profile);
  if (auto shortages = planner.shortages(); !shortages.empty()) return std::unexpected(std::move(shortages));
  auto best = planner.best();
  for (auto& share : best->plan.shares) share.candidate = order[share.candidate];
  std::ranges::sort(best->plan.shares, {}, [](const Share& share) { return std::pair(share.demand, share.candidate); });
  return std::move(best->plan);
}

std::int64_t parcels_for(const std::vector<Demand>& demands, const std::vector<Share>& shares) {
  std::vector<std::pair<std::int64_t, std::int64_t>> heaviest;  // Weight of a unit, units.
  for (const auto& share : shares) {
    if (demands[share.demand].weight_grams > 0) heaviest.emplace_back(demands[share.demand].weight_grams, share.qty);
  }
  if (heaviest.empty()) return shares.empty() ? 0 : 1;
  std::ranges::sort(heaviest, std::greater());
  // Cartons with equal room are counted together, and only the roomiest few stay open: linear in the number of lines.
  constexpr std::size_t open_max = 8;
  struct Cartons {
    std::int64_t room;
    std::int64_t count;
  };
  std::vector<Cartons> open;
  std::int64_t parcels = 0;
  for (auto [grams, units] : heaviest) {
    for (std::size_t i = 0; i < open.size() && units > 0; ++i) {
      const std::int64_t each = open[i].room / grams;
      if (each == 0) continue;
      const std::int64_t filled = std::min(open[i].count, units / each);
      if (filled > 0) {
        open[i].count -= filled;
        units -= filled * each;
        open.push_back({open[i].room - each * grams, filled});
      }
      if (units > 0 && units < each && open[i].count > 0) {
        --open[i].count;
        open.push_back({open[i].room - units * grams, 1});
        units = 0;
      }
    }
    if (units > 0) {
      const std::int64_t each = std::max<std::int64_t>(1, parcel_grams_max / grams);
      const std::int64_t full = units / each;
      const std::int64_t rest = units % each;
      parcels += full + (rest > 0 ? 1 : 0);
      if (full > 0) open.push_back({std::max<std::int64_t>(0, parcel_grams_max - each * grams), full});
      if (rest > 0) open.push_back({parcel_grams_max - rest * grams, 1});
    }
    std::erase_if(open, [](const Cartons& cartons) { return cartons.count == 0 || cartons.room == 0; });
    std::ranges::sort(open, {}, [](const Cartons& cartons) { return std::pair(-cartons.room, cartons.count); });
    if (open.size() > open_max) open.resize(open_max);
  }
  return std::max<std::int64_t>(1, parcels);
}

}  // namespace emporion::warehouse
