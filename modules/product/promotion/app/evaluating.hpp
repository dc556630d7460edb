#pragma once

#include "modules/product/promotion/app/code_gate.hpp"
#include "modules/product/promotion/app/evaluation_input.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// An evaluation with what a reservation needs of it.
struct Evaluated {
  v1::Evaluation answer;
  std::vector<Use> uses;
  std::int64_t set_revision = 0;
  std::size_t unknown_codes = 0;
};

/// What promotions take off: evaluations, previews, offers and the check of a code. Everything comes from the pure `evaluate`; nothing is counted here.
class Evaluating {
 public:
  Evaluating(PromotionBook& book, FactStore& facts, const CustomerKeys& keys, const Clock& clock, Policy policy)
      : book_(book), facts_(facts), keys_(keys), clock_(clock), gate_(clock), policy_(policy) {}

  Task<Result<v1::Evaluation>> evaluate(CallContext context, v1::EvaluateRequest request);
  Task<Result<v1::Evaluation>> preview(CallContext context, v1::PreviewPromotionRequest request);
  Task<Result<v1::CouponOffer>> validate_coupon(CallContext context, v1::ValidateCouponRequest request);
  Task<Result<v1::LookupOffersResponse>> lookup_offers(CallContext context, v1::LookupOffersRequest request);

  Result<EvaluationInput> read(const v1::EvaluateRequest& request, const CallContext& context) const {
    return read_input(request, context, keys_, clock_.now(), policy_);
  }
  /// With `asks_limits` false, as if nothing were used up: the reservation finds out.
  Task<Result<Evaluated>> evaluate_input(EvaluationInput input, bool asks_limits);

 private:
  PromotionBook& book_;
  FactStore& facts_;
  const CustomerKeys& keys_;
  const Clock& clock_;
  CodeGate gate_;
  Policy policy_;
};

}  // namespace emporion::promotion
