#pragma once

#include <functional>
#include <set>

#include "contracts/commerce/payment/v1/settings_api.hpp"
#include "kernel/postgres/revision_watch.hpp"
#include "modules/commerce/payment/app/method_policy.hpp"

namespace emporion::payment {

/// What administrators set, and what follows from it for each payment. A change takes effect in every process within 100 ms.
class PaymentSettingsStore final : public v1::PaymentSettingsApi, public MethodPolicy {
 public:
  PaymentSettingsStore(postgres::Database& database, const Clock& clock);

  Task<Result<v1::PaymentSettings>> get_payment_settings(CallContext context, v1::GetPaymentSettingsRequest request) override;
  Task<Result<v1::PaymentSettings>> put_payment_settings(CallContext context, v1::PutPaymentSettingsRequest request) override;
  Task<Result<std::shared_ptr<const MethodRules>>> current() override;

  /// Which methods have what they need in the configuration. Said once, at the start.
  void know_configured(std::set<std::string, std::less<>> methods) { configured_ = std::move(methods); }

 private:
  Task<Result<v1::PaymentSettings>> stored(std::optional<std::int32_t> version);
  v1::PaymentSettings in_full(v1::PaymentSettings stored) const;

  postgres::Database& database_;
  const Clock& clock_;
  postgres::RevisionWatch revision_;
  std::shared_ptr<const MethodRules> rules_;
  std::set<std::string, std::less<>> configured_;
};

}  // namespace emporion::payment
