#pragma once

#include "kernel/base/random.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// What staff does to campaigns. Each change is one SQL function: row, promotions taken along, and events in one commit.
class Campaigns {
 public:
  Campaigns(postgres::Database& database, const Clock& clock, Random& random, PromotionBook& book)
      : database_(database), clock_(clock), random_(random), book_(book) {}

  Task<Result<v1::Campaign>> create(CallContext context, v1::CreateCampaignRequest request);
  Task<Result<v1::Campaign>> update(CallContext context, v1::UpdateCampaignRequest request);
  Task<Result<v1::DeleteCampaignResponse>> remove(v1::DeleteCampaignRequest request);
  Task<Result<v1::Campaign>> get(v1::GetCampaignRequest request);
  Task<Result<v1::ListCampaignsResponse>> list(v1::ListCampaignsRequest request);
  Task<Result<v1::Campaign>> move(CallContext context, v1::ChangeCampaignRequest request, bool activate);

 private:
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  PromotionBook& book_;
};

}  // namespace emporion::promotion
