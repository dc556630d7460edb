#include "modules/product/promotion/domain/evaluation.hpp"

#include <algorithm>

#include "modules/product/promotion/domain/cut.hpp"
#include "modules/product/promotion/domain/share_out.hpp"

namespace emporion::promotion {

Evaluation::Evaluation(const Cart& cart, std::span<const Candidate> candidates) : cart_(&cart), candidates_(candidates), running_(cart) {
  for (const auto& candidate : candidates) {
    if (candidate.promotion->campaign && candidate.budget_left) budgets_[*candidate.promotion->campaign] = *candidate.budget_left;
  }
}

std::int64_t Evaluation::discount() const {
  std::int64_t sum = 0;
  for (const auto& applied : applied_) sum += applied.is_shipping ? 0 : applied.cut.discount;
  return sum;
}

std::vector<std::size_t> Evaluation::lines_of(const Promotion& promotion, bool open_only) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < cart_->lines.size(); ++i) {
    if (promotion.concerns(cart_->lines[i]) && !(open_only && running_.line(i).is_closed)) out.push_back(i);
  }
  return out;
}

std::expected<void, Reason> Evaluation::check_min_order(std::size_t candidate, std::span<const std::size_t> lines) const {
  const auto enough = [&](const Amounts& least) -> std::expected<void, Reason> {
    if (least.empty()) return {};
    const auto amount = amount_in(least, cart_->currency);
    if (!amount) return std::unexpected(Reason::currency);
    if (running_.amount_of(lines) < *amount) return std::unexpected(Reason::min_order);
    return {};
  };
  if (auto own = enough(promotion(candidate).min_order); !own) return own;
  const auto& coupon = candidates_[candidate].coupon;
  return coupon ? enough(coupon->min_order) : std::expected<void, Reason>();
}

bool Evaluation::fits(std::size_t candidate, const Cut& cut) const {
  const auto& limits = candidates_[candidate];
  if (limits.units_left && cut.units > *limits.units_left) return false;
  if (!promotion(candidate).campaign) return true;
  const auto budget = budgets_.find(*promotion(candidate).campaign);
  return budget == budgets_.end() || cut.discount <= budget->second;
}

std::expected<Cut, Reason> Evaluation::turn(std::size_t candidate) const {
  const Promotion& rule = promotion(candidate);
  const auto lines = lines_of(rule, true);
  if (lines.empty()) return std::unexpected(lines_of(rule, false).empty() ? Reason::no_eligible_lines : Reason::not_stackable);
  if (auto enough = check_min_order(candidate, lines); !enough) return std::unexpected(enough.error());
  auto cut = cut_of(rule, *cart_, running_, lines);
  if (cut && !fits(candidate, *cut)) return std::unexpected(Reason::limit);
  return cut;
}

void Evaluation::apply(std::size_t candidate, Cut cut, bool is_shipping) {
  if (!is_shipping) running_.apply(cut);
  if (const auto& campaign = promotion(candidate).campaign; campaign) {
    if (const auto budget = budgets_.find(*campaign); budget != budgets_.end()) budget->second -= cut.discount;
  }
  applied_.push_back({.candidate = candidate, .cut = std::move(cut), .is_shipping = is_shipping});
}

void Evaluation::trim(std::int64_t discount_max_bp) {
  for (std::size_t i = 0; i < cart_->lines.size(); ++i) {
    const Line& line = cart_->lines[i];
    const std::int64_t list = std::max(line.list_amount, line.unit_amount) * line.qty;
    const auto most = static_cast<std::int64_t>(static_cast<Wide>(list) * discount_max_bp / 10'000);
    std::int64_t excess = list - running_.line(i).amount - std::max<std::int64_t>(most, list - line.amount());
    for (std::size_t last = applied_.size(); excess > 0 && last-- > 0;) {
      Applied& applied = applied_[last];
      const std::int64_t cut_back = std::min(excess, applied.cut.by_line[i]);
      if (cut_back == 0) continue;
      applied.cut.by_line[i] -= cut_back;
      applied.cut.discount -= cut_back;
      applied.is_trimmed = true;
      excess -= cut_back;
      running_.give_back(i, cut_back);
    }
  }
  for (const auto& applied : applied_) {
    if (applied.cut.discount == 0) reject(applied.candidate, Reason::outbid);
  }
  std::erase_if(applied_, [](const Applied& applied) { return applied.cut.discount == 0; });
}

}  // namespace emporion::promotion
