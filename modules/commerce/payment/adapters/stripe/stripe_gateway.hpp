#pragma once

#include <string>

#include "kernel/security/secret.hpp"
#include "modules/commerce/payment/adapters/guarded_client.hpp"
#include "modules/commerce/payment/adapters/stripe/wire.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

namespace emporion::payment::stripe {

struct StripeOptions {
  bool enabled = false;
  std::string base_url = "https://api.stripe.com";
  std::string secret_key;
  std::string webhook_secret;
  std::string publishable_key;
  milliseconds timeout{5'000};  ///< Per call: a payment's first two calls end within the 8 s that their caller waits. What takes longer is asked for.
};

/// Refuses keys that cannot be meant: empty, placeholders, and test keys in live mode. Errors: STRIPE_KEYS_INVALID, naming the setting.
Result<> check_keys(const StripeOptions& options, bool live_mode);

/// Cards over Stripe's API.
class StripeGateway final : public ProviderGateway, public DisputeGateway, public ReportGateway {
 public:
  StripeGateway(Runtime& runtime, const Clock& clock, StripeOptions options) : client_(runtime, clock, "stripe"), clock_(clock), options_(std::move(options)) {}

  bool is_enabled() const noexcept override { return options_.enabled; }
  std::string_view name() const noexcept override { return "stripe"; }
  Offer offer() const override;
  std::optional<seconds> rests_for() const override { return client_.rests_for(); }
  Task<Result<ProviderReport>> create(Payment payment, Buyer buyer) override;
  Task<Result<ProviderReport>> confirm(Payment payment, Buyer buyer) override;
  Task<Result<ProviderReport>> capture(Payment payment) override;
  Task<Result<ProviderReport>> cancel(Payment payment) override;
  Task<Result<ProviderReport>> query(Payment payment) override;
  Task<Result<RefundReport>> refund(Payment payment, Refund refund) override;
  Task<Result<RefundReport>> query_refund(Payment payment, Refund refund) override;
  DisputeGateway* disputes() noexcept override { return this; }
  ReportGateway* reports() noexcept override { return this; }
  Task<Result<ReportPage>> report_page(UtcTime from, UtcTime to, std::optional<std::string> cursor) override;
  Task<Result<DisputeReport>> submit_evidence(Dispute dispute) override;
  Task<Result<DisputeReport>> accept_dispute(Dispute dispute) override;
  Task<Result<DisputeReport>> query_dispute(Dispute dispute) override;
  Task<Result<>> verify(ProviderMessage message, UtcTime now) override;
  Result<ProviderEvent> read_event(std::string_view text) const override { return stripe::read_event(text); }

 private:
  Task<Result<http::Response>> post(std::string path, Form form, std::string idempotency_key);
  Task<Result<http::Response>> get(std::string path);
  Task<Result<http::Response>> send(http::ClientRequest request);
  Task<Result<std::optional<RefundReport>>> find_refund(Payment payment, Refund refund);
  Task<Result<ProviderReport>> post_intent(std::string path, Form form, std::string idempotency_key);

  GuardedClient client_;
  const Clock& clock_;
  StripeOptions options_;
};

}  // namespace emporion::payment::stripe
