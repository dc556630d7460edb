#include "modules/product/promotion/domain/unit_runs.hpp"

#include <algorithm>
#include <utility>

namespace emporion::promotion {
namespace {

/// Which runs one group draws on, and how many units of each.
using Picks = std::vector<std::pair<std::size_t, std::int64_t>>;

// The picks of one group, or nothing if there is no further one.
Picks pick(const std::vector<Run>& runs, std::int64_t count, bool buys, const Picks& used) {
  Picks out;
  for (std::size_t step = 0; step < runs.size() && count > 0; ++step) {
    const std::size_t at = buys ? step : runs.size() - 1 - step;
    if (!(buys ? runs[at].may_buy : runs[at].may_get)) continue;
    std::int64_t units = runs[at].units;
    for (const auto& [other, n] : used) units -= other == at ? n : 0;
    if (units <= 0) continue;
    out.emplace_back(at, std::min(units, count));
    count -= out.back().second;
  }
  if (count > 0) out.clear();
  return out;
}

// How often the same group can be formed again: from single runs until one of them is short.
std::int64_t repeats(const std::vector<Run>& runs, const Picks& bought, const Picks& got) {
  if (bought.size() != 1 || got.size() != 1) return 1;
  const auto& [buy_at, buy] = bought.front();
  const auto& [get_at, get] = got.front();
  if (buy_at == get_at) return runs[buy_at].units / (buy + get);
  return std::min(runs[buy_at].units / buy, runs[get_at].units / get);
}

void move_units(std::vector<Run>& runs, const Picks& picks, std::int64_t times, std::vector<Taken>& out) {
  for (const auto& [at, units] : picks) {
    runs[at].units -= units * times;
    out.push_back({runs[at].line, units * times, runs[at].price * units * times});
  }
}

}  // namespace

void append_runs(std::vector<Run>& out, std::size_t line, std::int64_t units, std::int64_t amount) {
  if (units <= 0) return;
  const std::int64_t base = amount / units;
  const std::int64_t dearer = amount % units;
  if (dearer > 0) out.push_back({.line = line, .units = dearer, .price = base + 1});
  out.push_back({.line = line, .units = units - dearer, .price = base});
}

void sort_dearest_first(std::vector<Run>& runs) {
  std::ranges::sort(runs, [](const Run& a, const Run& b) { return a.price != b.price ? a.price > b.price : a.line < b.line; });
}

std::int64_t units_of(const std::vector<Run>& runs) {
  std::int64_t sum = 0;
  for (const auto& run : runs) sum += run.units;
  return sum;
}

std::vector<Taken> take(std::vector<Run>& runs, std::int64_t count, bool dearest) {
  std::vector<Taken> out;
  for (std::size_t step = 0; step < runs.size() && count > 0; ++step) {
    Run& run = runs[dearest ? step : runs.size() - 1 - step];
    const std::int64_t units = std::min(run.units, count);
    if (units == 0) continue;
    run.units -= units;
    count -= units;
    out.push_back({run.line, units, run.price * units});
  }
  return out;
}

Groups form_groups(std::vector<Run>& runs, std::int64_t buy, std::int64_t get, std::int64_t groups_max) {
  Groups out;
  while (out.count < groups_max) {
    const Picks bought = pick(runs, buy, true, {});
    if (bought.empty()) break;
    const Picks got = pick(runs, get, false, bought);
    if (got.empty()) break;
    const std::int64_t times = std::min(repeats(runs, bought, got), groups_max - out.count);
    move_units(runs, bought, times, out.bought);
    move_units(runs, got, times, out.got);
    out.count += times;
  }
  return out;
}

}  // namespace emporion::promotion
