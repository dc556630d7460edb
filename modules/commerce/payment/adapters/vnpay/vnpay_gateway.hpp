#pragma once

#include <string>

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/adapters/guarded_client.hpp"
#include "modules/commerce/payment/adapters/vnpay/wire.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

namespace emporion::payment::vnpay {

struct VnpayOptions {
  bool enabled = false;
  bool test_mode = false;
  VnpayAccount account;
  std::string pay_url;
  std::string api_url;
  milliseconds timeout{15'000};
};

/// VNPay's addresses in that mode.
VnpayOptions default_addresses(bool test_mode);

/// Refuses accounts that cannot be meant: absent, placeholders, and addresses of the other mode. Errors: VNPAY_KEYS_INVALID, naming the setting.
Result<> check_keys(const VnpayOptions& options);

/// VNPay: one-phase, in đồng. The pay page is a signed URL, so nothing is sent before the buyer goes there; no call ends it, but it carries the end of our
/// window.
class VnpayGateway final : public ProviderGateway {
 public:
  VnpayGateway(Runtime& runtime, const Clock& clock, Random& random, VnpayOptions options)
      : client_(runtime, clock, "vnpay"), clock_(clock), random_(random), options_(std::move(options)) {}

  bool is_enabled() const noexcept override { return options_.enabled; }
  std::string_view name() const noexcept override { return "vnpay"; }
  Offer offer() const override;
  std::optional<seconds> rests_for() const override { return client_.rests_for(); }
  Task<Result<ProviderReport>> create(Payment payment, Buyer buyer) override;
  Task<Result<ProviderReport>> confirm(Payment payment, Buyer buyer) override { return create(std::move(payment), std::move(buyer)); }
  Task<Result<ProviderReport>> capture(Payment payment) override;
  Task<Result<ProviderReport>> cancel(Payment payment) override;
  Task<Result<ProviderReport>> query(Payment payment) override;
  Task<Result<RefundReport>> refund(Payment payment, Refund refund) override;
  Task<Result<RefundReport>> query_refund(Payment payment, Refund refund) override;
  Task<Result<>> verify(ProviderMessage message, UtcTime now) override;
  Result<ProviderEvent> read_event(std::string_view text) const override { return read_ipn(text); }

 private:
  Task<Result<http::Response>> post(std::string body);
  std::string request_id();

  GuardedClient client_;
  const Clock& clock_;
  Random& random_;
  VnpayOptions options_;
};

}  // namespace emporion::payment::vnpay
