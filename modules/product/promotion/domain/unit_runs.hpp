#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emporion::promotion {

/// Units of one line that cost the same: a quantity is never expanded into units.
struct Run {
  std::size_t line = 0;
  std::int64_t units = 0;
  std::int64_t price = 0;
  bool may_buy = true;  ///< Counts as bought in a buy-x-get-y.
  bool may_get = true;  ///< May be the discounted one.
};

/// Units taken from one run.
struct Taken {
  std::size_t line = 0;
  std::int64_t units = 0;
  std::int64_t amount = 0;
};

/// `amount` spread over `units`: at most two runs, whose units differ by one minor unit and whose sum is `amount`.
void append_runs(std::vector<Run>& out, std::size_t line, std::int64_t units, std::int64_t amount);
/// Dearest first, ties by line.
void sort_dearest_first(std::vector<Run>& runs);
std::int64_t units_of(const std::vector<Run>& runs);

/// Takes `count` units from the dearest (or the cheapest) on, as far as there are any. `runs` are sorted, dearest first.
std::vector<Taken> take(std::vector<Run>& runs, std::int64_t count, bool dearest);

struct Groups {
  std::int64_t count = 0;
  std::vector<Taken> bought;
  std::vector<Taken> got;
};
/// Forms groups of `buy` dearest and `get` cheapest unused units until there is no further one, or `groups_max` are formed. A unit is in one group only.
/// With equal scopes the cheapest n × get units are got; with disjoint ones each scope gives its own; where they overlap it is the rule itself.
Groups form_groups(std::vector<Run>& runs, std::int64_t buy, std::int64_t get, std::int64_t groups_max);

}  // namespace emporion::promotion
