#pragma once

#include <expected>
#include <map>
#include <vector>

#include "modules/product/promotion/domain/evaluate.hpp"

namespace emporion::promotion {

/// The state of one evaluation: lines in canonical order, what is left of each and of each budget, and what was decided so far.
class Evaluation {
 public:
  Evaluation(const Cart& cart, std::span<const Candidate> candidates);

  const Cart& cart() const { return *cart_; }
  const Promotion& promotion(std::size_t candidate) const { return *candidates_[candidate].promotion; }
  std::span<const Candidate> candidates() const { return candidates_; }
  const Running& running() const { return running_; }
  Running& running() { return running_; }
  const std::vector<Applied>& applied() const { return applied_; }
  const std::map<std::size_t, Reason>& rejected() const { return rejected_; }

  /// Of all lines.
  std::int64_t discount() const;
  /// What the candidate would take off if it were its turn.
  std::expected<Cut, Reason> turn(std::size_t candidate) const;
  /// True if the limits known allow it.
  bool fits(std::size_t candidate, const Cut& cut) const;
  void apply(std::size_t candidate, Cut cut, bool is_shipping = false);
  void reject(std::size_t candidate, Reason reason) { rejected_.insert_or_assign(candidate, reason); }
  std::expected<void, Reason> check_min_order(std::size_t candidate, std::span<const std::size_t> lines) const;
  std::vector<std::size_t> lines_of(const Promotion& promotion, bool open_only) const;
  /// Cuts back from the last applied on where a line lost more than the policy allows.
  void trim(std::int64_t discount_max_bp);

 private:
  const Cart* cart_;
  std::span<const Candidate> candidates_;
  Running running_;
  std::map<Uuid, std::int64_t> budgets_;  // By campaign.
  std::vector<Applied> applied_;
  std::map<std::size_t, Reason> rejected_;
};

/// Phase 1: catalogue promotions make the price that is shown.
void apply_catalog(Evaluation& evaluation, const std::vector<std::size_t>& ordered);
/// Phases 2 and 3: the better of all stackable promotions in turn, or a single one that cannot be combined.
Evaluation best_of_cart(const Evaluation& before, const std::vector<std::size_t>& ordered);
/// Phase 4: the best shipping promotion. Answers true if the shipping amount is awaited.
bool apply_shipping(Evaluation& evaluation, const std::vector<std::size_t>& ordered);

}  // namespace emporion::promotion
