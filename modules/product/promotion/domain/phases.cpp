#include <algorithm>
#include <set>
#include <tuple>

#include "modules/product/promotion/domain/evaluation.hpp"
#include "modules/product/promotion/domain/share_out.hpp"

namespace emporion::promotion {
namespace {

std::int64_t off_a_unit(const Promotion& promotion, std::int64_t unit, Currency currency) {
  if (promotion.kind == Kind::percentage) return share_of(unit, promotion.percentage_bp);
  return std::min(unit, amount_in(promotion.amounts, currency).value_or(0));
}

// All stackable promotions in turn. Within an exclusion group the larger discount survives: where a later member would take off more than the one that had its
// turn, that one is left out and everything is done again.
Evaluation chain_of(const Evaluation& before, const std::vector<std::size_t>& stackable, std::set<std::size_t> banned) {
  for (;;) {
    Evaluation out = before;
    for (const std::size_t loser : banned) out.reject(loser, Reason::outbid);
    std::map<std::string, std::size_t> of_group;
    std::optional<std::size_t> loser;
    bool is_stopped = false;
    for (const std::size_t candidate : stackable) {
      if (banned.contains(candidate)) continue;
      const Promotion& rule = out.promotion(candidate);
      if (is_stopped) {
        out.reject(candidate, Reason::not_stackable);
        continue;
      }
      const auto rival = rule.exclusion_group.empty() ? of_group.end() : of_group.find(rule.exclusion_group);
      if (rival != of_group.end()) {
        const auto is_rival = [&](const Applied& applied) { return applied.candidate == rival->second; };
        const std::int64_t rivals = std::ranges::find_if(out.applied(), is_rival)->cut.discount;
        std::vector<std::size_t> earlier(stackable.begin(), std::ranges::find(stackable, candidate));
        std::set<std::size_t> without = banned;
        without.insert(rival->second);
        const auto own = chain_of(before, earlier, without).turn(candidate);
        loser = own && own->discount > rivals ? rival->second : candidate;
        break;
      }
      auto cut = out.turn(candidate);
      if (!cut) {
        out.reject(candidate, cut.error());
        continue;
      }
      out.apply(candidate, std::move(*cut));
      if (!rule.exclusion_group.empty()) of_group.emplace(rule.exclusion_group, candidate);
      is_stopped = rule.stop_rules_processing;
    }
    if (!loser) return out;
    banned.insert(*loser);
  }
}

// Larger discount, then fewer promotions, higher priority, lower id.
auto rank(const Evaluation& evaluation, std::size_t since) {
  const auto first = evaluation.applied().size() > since ? std::optional(evaluation.applied()[since].candidate) : std::nullopt;
  return std::tuple(-evaluation.discount(), evaluation.applied().size(), first ? -evaluation.promotion(*first).priority : 0,
                    first ? evaluation.promotion(*first).id : Uuid());
}

}  // namespace

ShownPrice shown_price(const Line& line, Currency currency, std::span<const Candidate> candidates, std::span<const std::size_t> ordered) {
  ShownPrice chain;
  ShownPrice alone;
  std::int64_t unit = line.unit_amount;
  for (const std::size_t index : ordered) {
    const Promotion& rule = *candidates[index].promotion;
    if (!rule.concerns(line)) continue;
    const std::int64_t off = off_a_unit(rule, rule.is_stackable ? unit : line.unit_amount, currency);
    if (off <= 0) continue;
    if (rule.is_stackable) {
      unit -= off;
      chain.discount += off;
      chain.parts.emplace_back(index, off);
    } else if (off > alone.discount) {
      alone = {.discount = off, .is_closed = true, .parts = {{index, off}}};
    }
  }
  return alone.discount > chain.discount ? alone : chain;
}

void apply_catalog(Evaluation& evaluation, const std::vector<std::size_t>& ordered) {
  std::vector<std::size_t> open = ordered;
  for (;;) {
    std::map<std::size_t, Cut> cuts;
    std::vector<std::size_t> closed;
    for (std::size_t i = 0; i < evaluation.running().size(); ++i) {
      const Line& line = evaluation.cart().lines[i];
      const auto shown = shown_price(line, evaluation.cart().currency, evaluation.candidates(), open);
      if (shown.is_closed) closed.push_back(i);
      for (const auto& [candidate, off] : shown.parts) {
        Cut& cut = cuts.try_emplace(candidate, Cut{.by_line = std::vector<std::int64_t>(evaluation.running().size(), 0)}).first->second;
        cut.by_line[i] = off * line.qty;
        cut.discount += off * line.qty;
        cut.units += line.qty;
      }
    }
    // A budget that does not reach for all that a promotion would take off leaves it out.
    Evaluation next = evaluation;
    std::optional<std::size_t> short_of_budget;
    for (const std::size_t candidate : open) {
      const auto cut = cuts.find(candidate);
      if (cut == cuts.end()) {
        const bool is_named = !next.lines_of(next.promotion(candidate), false).empty();
        next.reject(candidate, is_named ? Reason::outbid : Reason::no_eligible_lines);
      } else if (next.fits(candidate, cut->second)) {
        next.apply(candidate, cut->second);
      } else if (!short_of_budget) {
        short_of_budget = candidate;
      }
    }
    if (!short_of_budget) {
      for (const std::size_t line : closed) next.running().close(line);
      evaluation = std::move(next);
      return;
    }
    evaluation.reject(*short_of_budget, Reason::limit);
    std::erase(open, *short_of_budget);
  }
}

Evaluation best_of_cart(const Evaluation& before, const std::vector<std::size_t>& ordered) {
  std::vector<std::size_t> stackable;
  std::vector<std::size_t> alone;
  for (const std::size_t candidate : ordered) (before.promotion(candidate).is_stackable ? stackable : alone).push_back(candidate);
  const std::size_t since = before.applied().size();

  const Evaluation chain = chain_of(before, stackable, {});
  std::vector<Evaluation> ways{chain};
  std::map<std::size_t, Reason> losers;
  for (const std::size_t candidate : alone) {
    Evaluation way = before;
    auto cut = way.turn(candidate);
    losers.emplace(candidate, cut ? Reason::outbid : cut.error());
    if (!cut) continue;
    way.apply(candidate, std::move(*cut));
    ways.push_back(std::move(way));
  }
  const auto best = std::ranges::min_element(ways, [&](const Evaluation& a, const Evaluation& b) { return rank(a, since) < rank(b, since); });
  const bool is_chain = best == ways.begin();
  Evaluation out = std::move(*best);
  for (const auto& [candidate, reason] : losers) {
    if (is_chain || out.applied().back().candidate != candidate) out.reject(candidate, reason);
  }
  if (!is_chain) {
    for (const auto& [candidate, reason] : chain.rejected()) out.reject(candidate, reason);
    for (std::size_t i = since; i < chain.applied().size(); ++i) out.reject(chain.applied()[i].candidate, Reason::not_stackable);
  }
  return out;
}

bool apply_shipping(Evaluation& evaluation, const std::vector<std::size_t>& ordered) {
  const auto shipping = evaluation.cart().shipping;
  std::optional<std::size_t> best;
  Cut best_cut;
  bool is_awaited = false;
  for (const std::size_t candidate : ordered) {
    const Promotion& rule = evaluation.promotion(candidate);
    const auto lines = evaluation.lines_of(rule, false);
    const auto enough = evaluation.check_min_order(candidate, lines);
    const bool is_method =
        rule.shipping_methods.empty() || std::ranges::find(rule.shipping_methods, evaluation.cart().shipping_method) != rule.shipping_methods.end();
    const auto value = amount_in(rule.amounts, evaluation.cart().currency);
    const auto most = amount_in(rule.max_discount, evaluation.cart().currency);
    if (lines.empty()) {
      evaluation.reject(candidate, Reason::no_eligible_lines);
    } else if (!enough) {
      evaluation.reject(candidate, enough.error());
    } else if ((rule.kind == Kind::fixed && !value) || (!rule.max_discount.empty() && !most)) {
      evaluation.reject(candidate, Reason::currency);
    } else if (!shipping) {
      is_awaited = true;
    } else if (!is_method) {
      evaluation.reject(candidate, Reason::condition);
    } else {
      Cut cut;
      cut.discount = rule.kind == Kind::fixed        ? std::min(*value, *shipping)
                     : rule.kind == Kind::percentage ? share_of(*shipping, rule.percentage_bp)
                                                     : *shipping;
      if (most) cut.discount = std::min(cut.discount, *most);
      const bool is_better = cut.discount > best_cut.discount && evaluation.fits(candidate, cut);
      const std::optional<std::size_t> loser = is_better ? best : std::optional(candidate);
      if (loser) evaluation.reject(*loser, evaluation.fits(candidate, cut) || is_better ? Reason::outbid : Reason::limit);
      if (is_better) {
        best = candidate;
        best_cut = std::move(cut);
      }
    }
  }
  if (best) evaluation.apply(*best, std::move(best_cut), true);
  return is_awaited;
}

}  // namespace emporion::promotion
