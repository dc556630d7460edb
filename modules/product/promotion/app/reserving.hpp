#pragma once

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/lanes/lane.hpp"
#include "modules/product/promotion/app/evaluating.hpp"

namespace emporion::promotion {

/// Counts uses of promotions for checkouts. Each command goes through a lane and has the checkout's id as its natural key, so that a repeat finds the first
/// answer.
class Reserving {
 public:
  Reserving(Runtime& runtime, Evaluating& evaluating, PromotionBook& book, RedemptionStore& store, const Clock& clock, Random& random);
  /// Answers what was taken and refuses what comes later.
  Task<void> close();

  Task<Result<v1::Redemption>> reserve(CallContext context, v1::ReserveRequest request);
  Task<Result<v1::Redemption>> commit(CallContext context, v1::CommitRequest request);
  Task<Result<v1::ReleaseResponse>> release(CallContext context, v1::ReleaseRequest request);
  Task<Result<v1::Redemption>> get(CallContext context, v1::GetRedemptionRequest request);

 private:
  Task<Result<v1::Redemption>> stored_or(Uuid checkout, Uuid body, Error refusal);
  /// The evaluation with this hash, be it that limits are asked or not.
  Task<Result<Evaluated>> evaluate_again(EvaluationInput input, std::string hash);

  Evaluating& evaluating_;
  PromotionBook& book_;
  RedemptionStore& store_;
  const Clock& clock_;
  Random& random_;
  Lane<std::shared_ptr<const Reserve>, ReserveAnswer> reserve_lane_;
  Lane<Commit, v1::Redemption> commit_lane_;
  Lane<Release, v1::RedemptionStatus> release_lane_;
};

/// How long a reservation stands without its order.
constexpr minutes reservation_life{30};

}  // namespace emporion::promotion
