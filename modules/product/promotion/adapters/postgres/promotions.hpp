#pragma once

#include "kernel/base/random.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// What staff does to promotions. Each change is one SQL function: row, revision and events in one commit.
class Promotions {
 public:
  Promotions(postgres::Database& database, const Clock& clock, Random& random, PromotionBook& book)
      : database_(database), clock_(clock), random_(random), book_(book) {}

  Task<Result<v1::Promotion>> create(CallContext context, v1::CreatePromotionRequest request);
  Task<Result<v1::Promotion>> update(CallContext context, v1::UpdatePromotionRequest request);
  Task<Result<v1::DeletePromotionResponse>> remove(CallContext context, v1::DeletePromotionRequest request);
  Task<Result<v1::Promotion>> get(v1::GetPromotionRequest request);
  Task<Result<v1::ListPromotionsResponse>> list(v1::ListPromotionsRequest request);
  /// `action`: activate, pause or end.
  Task<Result<v1::Promotion>> move(CallContext context, v1::ChangePromotionRequest request, std::string action);
  Task<Result<v1::ListConflictsResponse>> conflicts(v1::GetPromotionRequest request);
  /// Opens and closes what is due.
  Task<Result<>> pass_boundaries(CallContext context);

 private:
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  PromotionBook& book_;
};

}  // namespace emporion::promotion
