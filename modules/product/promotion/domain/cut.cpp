#include "modules/product/promotion/domain/cut.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "modules/product/promotion/domain/share_out.hpp"
#include "modules/product/promotion/domain/unit_runs.hpp"

namespace emporion::promotion {
namespace {

using CutResult = std::expected<Cut, Reason>;
using Lines = std::span<const std::size_t>;

struct Work {
  const Promotion& promotion;
  const Cart& cart;
  const Running& running;
  Lines lines;

  std::int64_t eligible() const { return running.amount_of(lines); }
  std::int64_t units() const {
    std::int64_t sum = 0;
    for (const std::size_t index : lines) sum += cart.lines[index].qty;
    return sum;
  }
  std::vector<Run> runs(Lines of) const {
    std::vector<Run> out;
    for (const std::size_t index : of) append_runs(out, index, cart.lines[index].qty, running.line(index).amount);
    sort_dearest_first(out);
    return out;
  }
};

// Caps the discount and spreads it by `weights`, which are per line of the cart.
CutResult spread(const Work& work, std::int64_t discount, const std::vector<Wide>& weights, std::int64_t units) {
  if (!work.promotion.max_discount.empty()) {
    const auto most = amount_in(work.promotion.max_discount, work.cart.currency);
    if (!most) return std::unexpected(Reason::currency);
    discount = std::min(discount, *most);
  }
  std::vector<std::int64_t> caps(work.running.size(), 0);
  std::int64_t room = 0;
  for (std::size_t i = 0; i < caps.size(); ++i) {
    if (weights[i] > 0) caps[i] = work.running.line(i).amount;
    room += caps[i];
  }
  discount = std::min(discount, room);
  if (discount <= 0) return std::unexpected(Reason::no_eligible_lines);
  Cut cut;
  cut.discount = discount;
  cut.units = units;
  cut.by_line = share_out(discount, weights, caps);
  return cut;
}

CutResult by_remaining(const Work& work, std::int64_t discount) {
  std::vector<Wide> weights(work.running.size(), 0);
  for (const std::size_t index : work.lines) weights[index] = work.running.line(index).amount;
  return spread(work, discount, weights, work.units());
}

std::vector<Wide> weights_of(const Work& work, const std::vector<Taken>& taken, std::int64_t bp) {
  std::vector<Wide> weights(work.running.size(), 0);
  for (const auto& some : taken) weights[some.line] += static_cast<Wide>(some.amount) * bp;
  return weights;
}

Wide sum_of(const std::vector<Wide>& weights) {
  Wide sum = 0;
  for (const Wide weight : weights) sum += weight;
  return sum;
}

CutResult fixed_per_unit(const Work& work, std::int64_t value) {
  Wide sum = 0;
  for (const std::size_t index : work.lines) sum += std::min<Wide>(static_cast<Wide>(value) * work.cart.lines[index].qty, work.running.line(index).amount);
  return by_remaining(work, static_cast<std::int64_t>(sum));
}

std::vector<Run> free_runs(const Work& work, Lines of, const BuyXGetY& rule) {
  std::vector<Run> out;
  for (const std::size_t index : of) append_runs(out, index, work.running.line(index).free_units, work.running.line(index).free_amount);
  if (rule.get_scope) {
    // What is got may lie outside of what is bought; both are named by the promotion.
    for (auto& run : out) {
      const Line& line = work.cart.lines[run.line];
      run.may_buy = work.promotion.include.is_empty() || work.promotion.include.names(line);
      run.may_get = rule.get_scope->names(line);
    }
  }
  sort_dearest_first(out);
  return out;
}

CutResult buy_x_get_y(const Work& work) {
  const BuyXGetY& rule = *work.promotion.buy_x_get_y;
  const std::int64_t most = rule.groups_max.value_or(std::numeric_limits<std::int64_t>::max());
  Groups groups;
  if (rule.same_sku) {
    std::set<std::string> skus;
    for (const std::size_t index : work.lines) skus.insert(work.cart.lines[index].sku);
    for (const auto& sku : skus) {
      std::vector<std::size_t> own;
      for (const std::size_t index : work.lines) {
        if (work.cart.lines[index].sku == sku) own.push_back(index);
      }
      auto runs = free_runs(work, own, rule);
      const Groups more = form_groups(runs, rule.buy_qty, rule.get_qty, most);
      groups.bought.insert(groups.bought.end(), more.bought.begin(), more.bought.end());
      groups.got.insert(groups.got.end(), more.got.begin(), more.got.end());
    }
  } else {
    auto runs = free_runs(work, work.lines, rule);
    groups = form_groups(runs, rule.buy_qty, rule.get_qty, most);
  }
  std::int64_t units = 0;
  for (const auto& some : groups.got) units += some.units;
  const auto weights = weights_of(work, groups.got, rule.get_bp);
  auto cut = spread(work, rounded(sum_of(weights)), weights, units);
  if (!cut) return cut;
  cut->grouped_units.assign(work.running.size(), 0);
  cut->grouped_amounts.assign(work.running.size(), 0);
  for (const auto* some : {&groups.bought, &groups.got}) {
    for (const auto& one : *some) {
      cut->grouped_units[one.line] += one.units;
      cut->grouped_amounts[one.line] += one.amount;
    }
  }
  return cut;
}

CutResult tiered(const Work& work) {
  const Tiers& rule = *work.promotion.tiers;
  const std::int64_t measure = rule.by_amount ? work.eligible() : work.units();
  std::vector<std::pair<std::int64_t, std::int64_t>> reached;  // (threshold, bp)
  for (const auto& tier : rule.tiers) {
    const auto threshold = rule.by_amount ? amount_in(tier.amounts, work.cart.currency) : std::optional(tier.units);
    if (!threshold) return std::unexpected(Reason::currency);
    if (*threshold <= measure) reached.emplace_back(*threshold, tier.bp);
  }
  if (reached.empty()) return std::unexpected(Reason::min_order);
  if (!rule.is_marginal) return by_remaining(work, share_of(work.eligible(), reached.back().second));

  std::vector<Wide> weights(work.running.size(), 0);
  if (rule.by_amount) {
    Wide exact = 0;
    for (std::size_t i = 0; i < reached.size(); ++i) {
      const std::int64_t end = i + 1 < reached.size() ? reached[i + 1].first : measure;
      exact += static_cast<Wide>(end - reached[i].first) * reached[i].second;
    }
    return by_remaining(work, rounded(exact));
  }
  // The unit that reaches a threshold is the first one of its slice.
  auto runs = work.runs(work.lines);
  take(runs, reached.front().first - 1, true);
  std::int64_t units = 0;
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const std::int64_t count = (i + 1 < reached.size() ? reached[i + 1].first - 1 : measure) - (reached[i].first - 1);
    const auto slice = weights_of(work, take(runs, count, true), reached[i].second);
    for (std::size_t line = 0; line < weights.size(); ++line) weights[line] += slice[line];
    units += count;
  }
  return spread(work, rounded(sum_of(weights)), weights, units);
}

// The dearest units of each component, a set at a time; equal sets at once.
CutResult bundle(const Work& work) {
  const auto price = amount_in(work.promotion.amounts, work.cart.currency);
  if (!price) return std::unexpected(Reason::currency);
  std::vector<std::vector<Run>> parts;
  std::int64_t sets = std::numeric_limits<std::int64_t>::max();
  for (const auto& component : work.promotion.bundle) {
    std::vector<std::size_t> own;
    for (const std::size_t index : work.lines) {
      if (work.cart.lines[index].sku == component.sku) own.push_back(index);
    }
    parts.push_back(work.runs(own));
    sets = std::min(sets, units_of(parts.back()) / component.qty);
  }
  std::vector<Wide> weights(work.running.size(), 0);
  std::int64_t discount = 0;
  std::int64_t units = 0;
  while (sets > 0) {
    std::int64_t times = sets;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto top = std::ranges::find_if(parts[i], [](const Run& run) { return run.units > 0; });
      times = std::min(times, std::max<std::int64_t>(1, top->units / work.promotion.bundle[i].qty));
    }
    std::vector<Taken> taken;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (const auto& some : take(parts[i], work.promotion.bundle[i].qty * times, true)) taken.push_back(some);
    }
    Wide amount = 0;
    for (const auto& some : taken) amount += some.amount;
    const Wide saved = amount - static_cast<Wide>(*price) * times;
    if (saved <= 0) break;  // Later sets cost less.
    discount += static_cast<std::int64_t>(saved);
    for (const auto& some : taken) {
      weights[some.line] += some.amount;
      units += some.units;
    }
    sets -= times;
  }
  return spread(work, discount, weights, units);
}

CutResult item_select(const Work& work) {
  auto runs = work.runs(work.lines);
  const auto taken = take(runs, work.promotion.item_select->count, work.promotion.item_select->is_dearest);
  const auto weights = weights_of(work, taken, work.promotion.item_select->bp);
  std::int64_t units = 0;
  for (const auto& some : taken) units += some.units;
  return spread(work, rounded(sum_of(weights)), weights, units);
}

}  // namespace

std::expected<Cut, Reason> cut_of(const Promotion& promotion, const Cart& cart, const Running& running, std::span<const std::size_t> lines) {
  const Work work{promotion, cart, running, lines};
  const auto value = amount_in(promotion.amounts, cart.currency);
  switch (promotion.kind) {
    case Kind::percentage: return by_remaining(work, share_of(work.eligible(), promotion.percentage_bp));
    case Kind::fixed:
      if (!value) return std::unexpected(Reason::currency);
      return by_remaining(work, std::min(*value, work.eligible()));
    case Kind::fixed_per_unit:
      if (!value) return std::unexpected(Reason::currency);
      return fixed_per_unit(work, *value);
    case Kind::buy_x_get_y: return buy_x_get_y(work);
    case Kind::tiered: return tiered(work);
    case Kind::bundle: return bundle(work);
    case Kind::item_select: return item_select(work);
    case Kind::free_shipping: break;
  }
  return std::unexpected(Reason::no_eligible_lines);
}

}  // namespace emporion::promotion
