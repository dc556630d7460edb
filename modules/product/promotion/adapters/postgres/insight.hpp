#pragma once

#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// What was given away: reads over the redemptions themselves.
class Insight {
 public:
  Insight(postgres::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  Task<Result<v1::CampaignAnalytics>> campaign(v1::GetCampaignRequest request);
  Task<Result<v1::PromotionUsage>> usage(v1::GetPromotionRequest request);
  Task<Result<v1::Summary>> summary(v1::GetSummaryRequest request);
  Task<Result<v1::ListCustomerHistoryResponse>> history(CallContext context, v1::ListCustomerHistoryRequest request);
  /// Compares every counter with the redemptions it counts, tells of each difference and sets it right. Errors: those of the database.
  Task<Result<>> audit_counters(CallContext context);

 private:
  Task<Result<>> repair(Uuid promotion);

  postgres::Database& database_;
  const Clock& clock_;
};

}  // namespace emporion::promotion
