#pragma once

#include <string>
#include <vector>

#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "kernel/lanes/lane.hpp"
#include "modules/commerce/payment/app/driver.hpp"
#include "modules/commerce/payment/app/method_policy.hpp"
#include "modules/commerce/payment/app/order_refunds.hpp"
#include "modules/commerce/payment/app/risk_questions.hpp"
#include "modules/commerce/payment/app/webhooks.hpp"

namespace emporion::payment {

struct ServiceOptions {
  bool is_cod_enabled = true;
  std::string storefront_url;  ///< Where the browser goes when a payment names no page of its own.
  RiskOptions risk;
  SavedCards* saved_cards = nullptr;  ///< Null: nobody saves any.
  MethodPolicy* policy = nullptr;     ///< Null: everything that is configured is allowed.
};

/// The module's face: each operation is one use case. Money moves only through Book and Driver.
class PaymentService final : public v1::PaymentApi {
 public:
  PaymentService(Runtime& runtime, PaymentStore& store, Book& book, Driver& driver, Webhooks& webhooks, BankCredits& credits, OrderRefunds& order_refunds,
                 Providers& providers, const Clock& clock, Random& random, ServiceOptions options);

  Task<Result<v1::PublicSettings>> get_public_settings(CallContext context, v1::GetPublicSettingsRequest request) override;
  Task<Result<v1::RiskAssessment>> assess_risk(CallContext context, v1::AssessRiskRequest request) override;
  Task<Result<v1::CreatePaymentResponse>> create_payment(CallContext context, v1::CreatePaymentRequest request) override;
  Task<Result<v1::Payment>> capture_payment(CallContext context, v1::CapturePaymentRequest request) override;
  Task<Result<v1::VoidPaymentResponse>> void_payment(CallContext context, v1::VoidPaymentRequest request) override;
  Task<Result<v1::Payment>> sync_payment(CallContext context, v1::SyncPaymentRequest request) override;
  Task<Result<v1::Refund>> refund_payment(CallContext context, v1::RefundPaymentRequest request) override;
  Task<Result<v1::Payment>> get_payment(CallContext context, v1::GetPaymentRequest request) override;
  Task<Result<v1::ListPaymentsResponse>> list_payments(CallContext context, v1::ListPaymentsRequest request) override;
  Task<Result<v1::ListTransactionsResponse>> list_transactions(CallContext context, v1::ListTransactionsRequest request) override;
  Task<Result<v1::Refund>> get_refund(CallContext context, v1::GetRefundRequest request) override;
  Task<Result<v1::ListLedgerResponse>> list_ledger(CallContext context, v1::ListLedgerRequest request) override;
  Task<Result<v1::CollectCodResponse>> collect_cod(CallContext context, v1::CollectCodRequest request) override;
  Task<Result<v1::StripeWebhookResponse>> stripe_webhook(CallContext context, v1::StripeWebhookRequest request) override;
  Task<Result<v1::VnpayIpnResponse>> vnpay_ipn(CallContext context, v1::VnpayIpnRequest request) override;
  Task<Result<v1::MomoIpnResponse>> momo_ipn(CallContext context, v1::MomoIpnRequest request) override;
  Task<Result<v1::PaypalWebhookResponse>> paypal_webhook(CallContext context, v1::PaypalWebhookRequest request) override;
  Task<Result<v1::BankTransferWebhookResponse>> bank_transfer_webhook(CallContext context, v1::BankTransferWebhookRequest request) override;
  Task<Result<v1::MatchTransferResponse>> match_transfer(CallContext context, v1::MatchTransferRequest request) override;
  Task<Result<v1::ReturnFromProviderResponse>> return_from_provider(CallContext context, v1::ReturnFromProviderRequest request) override;

  /// Called when the worker has something to do.
  std::function<void()> on_work;
  std::function<void()> on_webhook;
  /// Ends the lanes.
  Task<void> close();

 private:
  Task<Result<v1::CreatePaymentResponse>> answer_created(CallContext context, Payment payment, int status_code);
  Task<Result<Payment>> visible(CallContext context, Uuid id);
  Error resting(const ProviderGateway& gateway, seconds rest, const v1::CreatePaymentRequest& request) const;
  /// What the provider is to be paid with: the token of the request, or that of the saved card which it names. Errors: TOKEN_INVALID.
  Task<Result<std::optional<std::string>>> paying_token(v1::CreatePaymentRequest request);
  Task<Result<std::shared_ptr<const MethodRules>>> rules();
  v1::Payment shown(const Payment& payment, const CallContext& context) const;

  Runtime& runtime_;
  PaymentStore& store_;
  Book& book_;
  Driver& driver_;
  Webhooks& webhooks_;
  BankCredits& credits_;
  OrderRefunds& order_refunds_;
  Providers& providers_;
  const Clock& clock_;
  Random& random_;
  ServiceOptions options_;
  RiskQuestions questions_;
  Lane<NewPayment, NewPaymentAnswer> create_lane_;
  Lane<Uuid, Payment> created_lane_;  ///< Reads what was created.
  Lane<RiskQuestion, StoredAssessment> risk_lane_;
};

}  // namespace emporion::payment
