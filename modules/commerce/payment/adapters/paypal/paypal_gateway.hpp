#pragma once

#include <map>
#include <string>

#include "kernel/security/keys.hpp"
#include "modules/commerce/payment/adapters/guarded_client.hpp"
#include "modules/commerce/payment/adapters/paypal/wire.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

namespace emporion::payment::paypal {

struct PaypalOptions {
  bool enabled = false;
  bool test_mode = false;
  std::string client_id;
  std::string client_secret;
  std::string webhook_id;  ///< Of our webhook at PayPal: part of what its messages are signed over.
  std::string base_url;
  std::string trusted_roots;  ///< PEM; empty: the roots that this machine trusts.
  milliseconds timeout{30'000};
};

/// PayPal's address in that mode.
std::string default_address(bool test_mode);

/// Refuses accounts that cannot be meant: absent, placeholders, and an address of the other mode. Errors: PAYPAL_KEYS_INVALID, naming the setting.
Result<> check_keys(const PaypalOptions& options);

/// PayPal: two-phase. The buyer approves at PayPal's page, then `confirm` asks for the authorization. No call ends an order that was not approved; PayPal
/// forgets it in hours.
class PaypalGateway final : public ProviderGateway, public DisputeGateway {
 public:
  PaypalGateway(Runtime& runtime, const Clock& clock, PaypalOptions options)
      : client_(runtime, clock, "paypal"), certificate_client_(runtime), clock_(clock), options_(std::move(options)) {}

  bool is_enabled() const noexcept override { return options_.enabled; }
  std::string_view name() const noexcept override { return "paypal"; }
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
  Task<Result<DisputeReport>> submit_evidence(Dispute dispute) override;
  Task<Result<DisputeReport>> accept_dispute(Dispute dispute) override;
  Task<Result<DisputeReport>> query_dispute(Dispute dispute) override;
  Task<Result<>> verify(ProviderMessage message, UtcTime now) override;
  Result<ProviderEvent> read_event(std::string_view text) const override { return paypal::read_event(text); }

 private:
  Task<Result<DisputeReport>> after_answer(Result<http::Response> response, Dispute dispute);
  Task<Result<http::Response>> post(std::string path, std::string body, std::string request_id);
  Task<Result<http::Response>> get(std::string path);
  /// With our token; a token that PayPal does not know any more is replaced once.
  Task<Result<http::Response>> send(http::ClientRequest request);
  Task<Result<std::string>> token();
  Task<Result<http::Response>> send_once(http::ClientRequest request);
  /// The key of a certificate that PayPal vouches for, fetched once per address.
  Task<Result<security::VerificationKey>> certificate_key(std::string url, UtcTime now);
  Task<Result<>> ask_whether_genuine(ProviderMessage message);

  GuardedClient client_;
  http::Client certificate_client_;  ///< Without the breaker: which certificate is fetched is written in messages that anybody can send.
  const Clock& clock_;
  PaypalOptions options_;
  std::string token_;
  UtcTime token_until_;
  struct CachedKey {
    security::VerificationKey key;
    UtcTime until;
  };
  std::map<std::string, CachedKey> certificates_;
};

}  // namespace emporion::payment::paypal
