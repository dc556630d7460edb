#pragma once

#include <string>

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/adapters/guarded_client.hpp"
#include "modules/commerce/payment/adapters/momo/wire.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

namespace emporion::payment::momo {

struct MomoOptions {
  bool enabled = false;
  bool test_mode = false;
  MomoAccount account;
  std::string base_url;
  std::string ipn_url;  ///< Where MoMo reaches us: it is told with every payment.
  bool takes_at_once = false;
  milliseconds timeout{30'000};  ///< MoMo wants to be given at least this long.
};

/// MoMo's address in that mode.
std::string default_address(bool test_mode);

/// Refuses accounts that cannot be meant: absent, placeholders, and an address of the other mode. Errors: MOMO_KEYS_INVALID, naming the setting.
Result<> check_keys(const MomoOptions& options);

/// MoMo's wallet: two-phase in đồng, or one-phase for accounts that cannot hold money. No call ends an unpaid page, but it carries the end of our window.
class MomoGateway final : public ProviderGateway {
 public:
  MomoGateway(Runtime& runtime, const Clock& clock, Random& random, MomoOptions options)
      : client_(runtime, clock, "momo"), clock_(clock), random_(random), options_(std::move(options)) {}

  bool is_enabled() const noexcept override { return options_.enabled; }
  std::string_view name() const noexcept override { return "momo"; }
  Offer offer() const override;
  std::optional<seconds> rests_for() const override { return client_.rests_for(); }
  Task<Result<ProviderReport>> create(Payment payment, Buyer buyer) override;
  Task<Result<ProviderReport>> confirm(Payment payment, Buyer buyer) override { return create(std::move(payment), std::move(buyer)); }
  Task<Result<ProviderReport>> capture(Payment payment) override;
  Task<Result<ProviderReport>> cancel(Payment payment) override;
  Task<Result<ProviderReport>> query(Payment payment) override;
  Task<Result<RefundReport>> refund(Payment payment, Refund refund) override;
  Task<Result<RefundReport>> query_refund(Payment payment, Refund refund) override;
  Task<Result<>> verify(ProviderMessage message, UtcTime) override { co_return verify_ipn(message.text, options_.account); }
  Result<ProviderEvent> read_event(std::string_view text) const override { return read_ipn(text); }

 private:
  Task<Result<Answer>> post(std::string path, std::string body);
  Task<Result<Answer>> ask(Payment payment);
  Task<Result<ProviderReport>> confirm_as(Payment payment, std::string request_type);

  GuardedClient client_;
  const Clock& clock_;
  Random& random_;
  MomoOptions options_;
};

}  // namespace emporion::payment::momo
