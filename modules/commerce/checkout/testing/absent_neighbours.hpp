#pragma once

#include "contracts/commerce/order/v1/order_api.hpp"
#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "contracts/logistics/location/v1/location_api.hpp"
#include "contracts/logistics/shipping/v1/shipping_api.hpp"
#include "contracts/product/promotion/v1/promotion_api.hpp"

namespace emporion::checkout {

// Neighbours that have no answer to anything: a fake overrides what checkout asks.

#define EMP_UNUSED(module, name, Request, Response) \
  Task<Result<module::v1::Response>> name(CallContext, module::v1::Request) override { co_return fail(ErrorKind::unimplemented, "NOT_FAKED"); }

class AbsentPromotion : public promotion::v1::PromotionApi {
 public:
  EMP_UNUSED(promotion, evaluate, EvaluateRequest, Evaluation)
  EMP_UNUSED(promotion, validate_coupon, ValidateCouponRequest, CouponOffer)
  EMP_UNUSED(promotion, lookup_offers, LookupOffersRequest, LookupOffersResponse)
  EMP_UNUSED(promotion, reserve, ReserveRequest, Redemption)
  EMP_UNUSED(promotion, get_redemption, GetRedemptionRequest, Redemption)
  EMP_UNUSED(promotion, commit, CommitRequest, Redemption)
  EMP_UNUSED(promotion, release, ReleaseRequest, ReleaseResponse)
  EMP_UNUSED(promotion, create_campaign, CreateCampaignRequest, Campaign)
  EMP_UNUSED(promotion, update_campaign, UpdateCampaignRequest, Campaign)
  EMP_UNUSED(promotion, delete_campaign, DeleteCampaignRequest, DeleteCampaignResponse)
  EMP_UNUSED(promotion, get_campaign, GetCampaignRequest, Campaign)
  EMP_UNUSED(promotion, list_campaigns, ListCampaignsRequest, ListCampaignsResponse)
  EMP_UNUSED(promotion, activate_campaign, ChangeCampaignRequest, Campaign)
  EMP_UNUSED(promotion, deactivate_campaign, ChangeCampaignRequest, Campaign)
  EMP_UNUSED(promotion, get_campaign_analytics, GetCampaignRequest, CampaignAnalytics)
  EMP_UNUSED(promotion, create_promotion, CreatePromotionRequest, Promotion)
  EMP_UNUSED(promotion, update_promotion, UpdatePromotionRequest, Promotion)
  EMP_UNUSED(promotion, delete_promotion, DeletePromotionRequest, DeletePromotionResponse)
  EMP_UNUSED(promotion, get_promotion, GetPromotionRequest, Promotion)
  EMP_UNUSED(promotion, list_promotions, ListPromotionsRequest, ListPromotionsResponse)
  EMP_UNUSED(promotion, activate_promotion, ChangePromotionRequest, Promotion)
  EMP_UNUSED(promotion, pause_promotion, ChangePromotionRequest, Promotion)
  EMP_UNUSED(promotion, end_promotion, ChangePromotionRequest, Promotion)
  EMP_UNUSED(promotion, preview_promotion, PreviewPromotionRequest, Evaluation)
  EMP_UNUSED(promotion, list_conflicts, GetPromotionRequest, ListConflictsResponse)
  EMP_UNUSED(promotion, get_usage, GetPromotionRequest, PromotionUsage)
  EMP_UNUSED(promotion, create_coupon, CreateCouponRequest, Coupon)
  EMP_UNUSED(promotion, update_coupon, UpdateCouponRequest, Coupon)
  EMP_UNUSED(promotion, delete_coupon, DeleteCouponRequest, Coupon)
  EMP_UNUSED(promotion, get_coupon, GetCouponRequest, Coupon)
  EMP_UNUSED(promotion, list_coupons, ListCouponsRequest, ListCouponsResponse)
  EMP_UNUSED(promotion, generate_coupons, GenerateCouponsRequest, CouponBatch)
  EMP_UNUSED(promotion, get_coupon_batch, GetCouponBatchRequest, CouponBatch)
  EMP_UNUSED(promotion, get_summary, GetSummaryRequest, Summary)
  EMP_UNUSED(promotion, list_customer_history, ListCustomerHistoryRequest, ListCustomerHistoryResponse)
};

class AbsentShipping : public shipping::v1::ShippingApi {
 public:
  EMP_UNUSED(shipping, get_rates, GetRatesRequest, RateQuote)
  EMP_UNUSED(shipping, get_rate_quote, GetRateQuoteRequest, RateQuote)
  EMP_UNUSED(shipping, list_methods, ListMethodsRequest, ListMethodsResponse)
  EMP_UNUSED(shipping, get_method, GetMethodRequest, ShippingMethod)
  EMP_UNUSED(shipping, create_method, CreateMethodRequest, ShippingMethod)
  EMP_UNUSED(shipping, update_method, UpdateMethodRequest, ShippingMethod)
  EMP_UNUSED(shipping, delete_method, DeleteMethodRequest, DeleteMethodResponse)
  EMP_UNUSED(shipping, put_rate_table, PutRateTableRequest, RateTable)
  EMP_UNUSED(shipping, get_rate_table, GetRateTableRequest, RateTable)
  EMP_UNUSED(shipping, create_shipment, CreateShipmentRequest, Shipment)
  EMP_UNUSED(shipping, get_shipment, GetShipmentRequest, Shipment)
  EMP_UNUSED(shipping, list_shipments, ListShipmentsRequest, ListShipmentsResponse)
  EMP_UNUSED(shipping, get_tracking, GetTrackingRequest, Tracking)
  EMP_UNUSED(shipping, get_label, GetLabelRequest, Label)
  EMP_UNUSED(shipping, cancel_shipment, CancelShipmentRequest, Shipment)
  EMP_UNUSED(shipping, correct_status, CorrectStatusRequest, Shipment)
  EMP_UNUSED(shipping, demo_carrier_webhook, DemoCarrierWebhookRequest, DemoCarrierWebhookResponse)
};

class AbsentLocation : public location::v1::LocationApi {
 public:
  EMP_UNUSED(location, list_locations, ListLocationsRequest, ListLocationsResponse)
  EMP_UNUSED(location, get_location, GetLocationRequest, Location)
  EMP_UNUSED(location, search_locations, SearchLocationsRequest, ListLocationsResponse)
  EMP_UNUSED(location, get_tree, GetTreeRequest, ListLocationsResponse)
  EMP_UNUSED(location, get_path, GetLocationRequest, ListLocationsResponse)
  EMP_UNUSED(location, get_children, GetChildrenRequest, ListLocationsResponse)
  EMP_UNUSED(location, validate_address, ValidateAddressRequest, ValidateAddressResponse)
  EMP_UNUSED(location, create_location, CreateLocationRequest, Location)
  EMP_UNUSED(location, update_location, UpdateLocationRequest, Location)
  EMP_UNUSED(location, deactivate_location, GetLocationRequest, Location)
};

class AbsentOrder : public order::v1::OrderApi {
 public:
  EMP_UNUSED(order, create_order, CreateOrderRequest, CreateOrderResponse)
  EMP_UNUSED(order, confirm_order, ConfirmOrderRequest, OrderConfirmation)
  EMP_UNUSED(order, mark_review, MarkReviewRequest, Order)
  EMP_UNUSED(order, get_order, GetOrderRequest, Order)
  EMP_UNUSED(order, get_order_by_number, GetOrderByNumberRequest, Order)
  EMP_UNUSED(order, list_my_orders, ListMyOrdersRequest, ListOrdersResponse)
  EMP_UNUSED(order, list_orders, ListOrdersRequest, ListOrdersResponse)
  EMP_UNUSED(order, track_guest_order, TrackGuestOrderRequest, TrackedOrder)
  EMP_UNUSED(order, list_status_history, ListStatusHistoryRequest, ListStatusHistoryResponse)
  EMP_UNUSED(order, list_edit_history, ListEditHistoryRequest, ListEditHistoryResponse)
  EMP_UNUSED(order, list_notes, ListNotesRequest, ListNotesResponse)
  EMP_UNUSED(order, claim_guest_orders, ClaimGuestOrdersRequest, ClaimGuestOrdersResponse)
  EMP_UNUSED(order, cancel_order, CancelOrderRequest, CancelOrderResponse)
  EMP_UNUSED(order, cancel_items, CancelItemsRequest, Order)
  EMP_UNUSED(order, change_shipping_address, ChangeShippingAddressRequest, Order)
  EMP_UNUSED(order, decide_review, DecideReviewRequest, Order)
  EMP_UNUSED(order, override_status, OverrideStatusRequest, Order)
  EMP_UNUSED(order, confirm_receipt, ConfirmReceiptRequest, Order)
  EMP_UNUSED(order, add_note, AddNoteRequest, Note)
};

class AbsentPayment : public payment::v1::PaymentApi {
 public:
  EMP_UNUSED(payment, get_public_settings, GetPublicSettingsRequest, PublicSettings)
  EMP_UNUSED(payment, assess_risk, AssessRiskRequest, RiskAssessment)
  EMP_UNUSED(payment, create_payment, CreatePaymentRequest, CreatePaymentResponse)
  EMP_UNUSED(payment, capture_payment, CapturePaymentRequest, Payment)
  EMP_UNUSED(payment, void_payment, VoidPaymentRequest, VoidPaymentResponse)
  EMP_UNUSED(payment, sync_payment, SyncPaymentRequest, Payment)
  EMP_UNUSED(payment, refund_payment, RefundPaymentRequest, Refund)
  EMP_UNUSED(payment, get_payment, GetPaymentRequest, Payment)
  EMP_UNUSED(payment, list_payments, ListPaymentsRequest, ListPaymentsResponse)
  EMP_UNUSED(payment, list_transactions, ListTransactionsRequest, ListTransactionsResponse)
  EMP_UNUSED(payment, get_refund, GetRefundRequest, Refund)
  EMP_UNUSED(payment, list_ledger, ListLedgerRequest, ListLedgerResponse)
  EMP_UNUSED(payment, collect_cod, CollectCodRequest, CollectCodResponse)
  EMP_UNUSED(payment, stripe_webhook, StripeWebhookRequest, StripeWebhookResponse)
  EMP_UNUSED(payment, vnpay_ipn, VnpayIpnRequest, VnpayIpnResponse)
  EMP_UNUSED(payment, momo_ipn, MomoIpnRequest, MomoIpnResponse)
  EMP_UNUSED(payment, paypal_webhook, PaypalWebhookRequest, PaypalWebhookResponse)
  EMP_UNUSED(payment, bank_transfer_webhook, BankTransferWebhookRequest, BankTransferWebhookResponse)
  EMP_UNUSED(payment, match_transfer, MatchTransferRequest, MatchTransferResponse)
  EMP_UNUSED(payment, return_from_provider, ReturnFromProviderRequest, ReturnFromProviderResponse)
};

#undef EMP_UNUSED

}  // namespace emporion::checkout
