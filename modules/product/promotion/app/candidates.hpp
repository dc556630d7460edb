#pragma once

#include "modules/product/promotion/app/evaluation_input.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// The promotions that may take part, and the codes that bring none.
struct Candidates {
  std::vector<std::shared_ptr<const Promotion>> kept;  ///< What `list` points into.
  std::vector<Candidate> list;
  std::vector<const StoredCoupon*> coupons;  ///< By candidate; null without one.
  std::vector<std::pair<std::string, Reason>> rejected_codes;
  std::size_t unknown_codes = 0;
};

/// Why a coupon cannot be used by this buyer at this instant, whatever the cart. With `asks_limits` false its counters are not looked at.
std::optional<Reason> refusal_of(const StoredCoupon& coupon, const Facts& facts, const std::optional<std::string>& customer_key, UtcTime at, bool asks_limits);

/// `facts` must outlive the answer.
Candidates candidates_of(const ActiveSet& set, const EvaluationInput& input, const Facts& facts, bool asks_limits);

}  // namespace emporion::promotion
