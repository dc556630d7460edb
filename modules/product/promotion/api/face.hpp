#pragma once

#include <utility>

#include "contracts/product/promotion/v1/promotion_api_binding.hpp"
#include "kernel/module/module.hpp"
#include "modules/product/promotion/adapters/events.hpp"
#include "modules/product/promotion/adapters/postgres/campaigns.hpp"
#include "modules/product/promotion/adapters/postgres/coupons.hpp"
#include "modules/product/promotion/adapters/postgres/fact_store.hpp"
#include "modules/product/promotion/adapters/postgres/insight.hpp"
#include "modules/product/promotion/adapters/postgres/promotion_book.hpp"
#include "modules/product/promotion/adapters/postgres/promotions.hpp"
#include "modules/product/promotion/adapters/postgres/redemption_store.hpp"
#include "modules/product/promotion/app/reserving.hpp"
#include "modules/product/promotion/app/upkeep.hpp"

namespace emporion::promotion {

/// The module's parts, made in the order in which they need each other.
struct Parts {
  Parts(const ModuleContext& context, Policy policy)
      : random(context.random),
        book(context.runtime, context.database, context.clock),
        facts(context.database),
        redemptions(context.database),
        evaluating(book, facts, keys, context.clock, policy),
        reserving(context.runtime, evaluating, book, redemptions, context.clock, context.random),
        campaigns(context.database, context.clock, context.random, book),
        promotions(context.database, context.clock, context.random, book),
        coupons(context.database, context.clock, context.random),
        insight(context.database, context.clock),
        upkeep(redemptions, context.calls, context.clock),
        events(redemptions, keys, context.clock) {}

  Random& random;
  CustomerKeys keys;
  PostgresPromotionBook book;
  PostgresFactStore facts;
  PostgresRedemptionStore redemptions;
  Evaluating evaluating;
  Reserving reserving;
  Campaigns campaigns;
  Promotions promotions;
  Coupons coupons;
  Insight insight;
  Upkeep upkeep;
  EventHandlers events;
};

/// The contract's operations, each handed to the part that owns it.
class PromotionFace final : public v1::PromotionApi {
 public:
  explicit PromotionFace(Parts& parts) : parts_(parts) {}

  Task<Result<v1::Evaluation>> evaluate(CallContext context, v1::EvaluateRequest request) override {
    return parts_.evaluating.evaluate(std::move(context), std::move(request));
  }
  Task<Result<v1::CouponOffer>> validate_coupon(CallContext context, v1::ValidateCouponRequest request) override {
    return parts_.evaluating.validate_coupon(std::move(context), std::move(request));
  }
  Task<Result<v1::LookupOffersResponse>> lookup_offers(CallContext context, v1::LookupOffersRequest request) override {
    return parts_.evaluating.lookup_offers(std::move(context), std::move(request));
  }
  Task<Result<v1::Redemption>> reserve(CallContext context, v1::ReserveRequest request) override {
    return parts_.reserving.reserve(std::move(context), std::move(request));
  }
  Task<Result<v1::Redemption>> get_redemption(CallContext context, v1::GetRedemptionRequest request) override {
    return parts_.reserving.get(std::move(context), std::move(request));
  }
  Task<Result<v1::Redemption>> commit(CallContext context, v1::CommitRequest request) override {
    return parts_.reserving.commit(std::move(context), std::move(request));
  }
  Task<Result<v1::ReleaseResponse>> release(CallContext context, v1::ReleaseRequest request) override {
    return parts_.reserving.release(std::move(context), std::move(request));
  }
  Task<Result<v1::Campaign>> create_campaign(CallContext context, v1::CreateCampaignRequest request) override {
    return parts_.campaigns.create(std::move(context), std::move(request));
  }
  Task<Result<v1::Campaign>> update_campaign(CallContext context, v1::UpdateCampaignRequest request) override {
    return parts_.campaigns.update(std::move(context), std::move(request));
  }
  Task<Result<v1::DeleteCampaignResponse>> delete_campaign(CallContext, v1::DeleteCampaignRequest request) override {
    return parts_.campaigns.remove(std::move(request));
  }
  Task<Result<v1::Campaign>> get_campaign(CallContext, v1::GetCampaignRequest request) override { return parts_.campaigns.get(std::move(request)); }
  Task<Result<v1::ListCampaignsResponse>> list_campaigns(CallContext, v1::ListCampaignsRequest request) override {
    return parts_.campaigns.list(std::move(request));
  }
  Task<Result<v1::Campaign>> activate_campaign(CallContext context, v1::ChangeCampaignRequest request) override {
    return parts_.campaigns.move(std::move(context), std::move(request), true);
  }
  Task<Result<v1::Campaign>> deactivate_campaign(CallContext context, v1::ChangeCampaignRequest request) override {
    return parts_.campaigns.move(std::move(context), std::move(request), false);
  }
  Task<Result<v1::CampaignAnalytics>> get_campaign_analytics(CallContext, v1::GetCampaignRequest request) override {
    return parts_.insight.campaign(std::move(request));
  }
  Task<Result<v1::Promotion>> create_promotion(CallContext context, v1::CreatePromotionRequest request) override {
    return parts_.promotions.create(std::move(context), std::move(request));
  }
  Task<Result<v1::Promotion>> update_promotion(CallContext context, v1::UpdatePromotionRequest request) override {
    return parts_.promotions.update(std::move(context), std::move(request));
  }
  Task<Result<v1::DeletePromotionResponse>> delete_promotion(CallContext context, v1::DeletePromotionRequest request) override {
    return parts_.promotions.remove(std::move(context), std::move(request));
  }
  Task<Result<v1::Promotion>> get_promotion(CallContext, v1::GetPromotionRequest request) override { return parts_.promotions.get(std::move(request)); }
  Task<Result<v1::ListPromotionsResponse>> list_promotions(CallContext, v1::ListPromotionsRequest request) override {
    return parts_.promotions.list(std::move(request));
  }
  Task<Result<v1::Promotion>> activate_promotion(CallContext context, v1::ChangePromotionRequest request) override {
    return parts_.promotions.move(std::move(context), std::move(request), "activate");
  }
  Task<Result<v1::Promotion>> pause_promotion(CallContext context, v1::ChangePromotionRequest request) override {
    return parts_.promotions.move(std::move(context), std::move(request), "pause");
  }
  Task<Result<v1::Promotion>> end_promotion(CallContext context, v1::ChangePromotionRequest request) override {
    return parts_.promotions.move(std::move(context), std::move(request), "end");
  }
  Task<Result<v1::Evaluation>> preview_promotion(CallContext context, v1::PreviewPromotionRequest request) override {
    return parts_.evaluating.preview(std::move(context), std::move(request));
  }
  Task<Result<v1::ListConflictsResponse>> list_conflicts(CallContext, v1::GetPromotionRequest request) override {
    return parts_.promotions.conflicts(std::move(request));
  }
  Task<Result<v1::PromotionUsage>> get_usage(CallContext, v1::GetPromotionRequest request) override { return parts_.insight.usage(std::move(request)); }
  Task<Result<v1::Coupon>> create_coupon(CallContext context, v1::CreateCouponRequest request) override {
    return parts_.coupons.create(std::move(context), std::move(request));
  }
  Task<Result<v1::Coupon>> update_coupon(CallContext, v1::UpdateCouponRequest request) override { return parts_.coupons.update(std::move(request)); }
  Task<Result<v1::Coupon>> delete_coupon(CallContext context, v1::DeleteCouponRequest request) override {
    return parts_.coupons.disable(std::move(context), std::move(request));
  }
  Task<Result<v1::Coupon>> get_coupon(CallContext, v1::GetCouponRequest request) override { return parts_.coupons.get(std::move(request)); }
  Task<Result<v1::ListCouponsResponse>> list_coupons(CallContext, v1::ListCouponsRequest request) override { return parts_.coupons.list(std::move(request)); }
  Task<Result<v1::CouponBatch>> generate_coupons(CallContext context, v1::GenerateCouponsRequest request) override {
    return parts_.coupons.generate(std::move(context), std::move(request));
  }
  Task<Result<v1::CouponBatch>> get_coupon_batch(CallContext, v1::GetCouponBatchRequest request) override { return parts_.coupons.batch(std::move(request)); }
  Task<Result<v1::Summary>> get_summary(CallContext, v1::GetSummaryRequest request) override { return parts_.insight.summary(std::move(request)); }
  Task<Result<v1::ListCustomerHistoryResponse>> list_customer_history(CallContext context, v1::ListCustomerHistoryRequest request) override {
    return parts_.insight.history(std::move(context), std::move(request));
  }

 private:
  Parts& parts_;
};

}  // namespace emporion::promotion
