#pragma once

#include <set>

#include "contracts/commerce/payment/v1/fraud_api_binding.hpp"
#include "contracts/commerce/payment/v1/methods_api_binding.hpp"
#include "contracts/commerce/payment/v1/settings_api_binding.hpp"
#include "kernel/module/module.hpp"
#include "modules/commerce/payment/adapters/geoip_origins.hpp"
#include "modules/commerce/payment/adapters/postgres/fraud_lists.hpp"
#include "modules/commerce/payment/adapters/postgres/payment_settings.hpp"
#include "modules/commerce/payment/adapters/postgres/saved_methods.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_cards.hpp"
#include "modules/commerce/payment/app/service.hpp"

namespace emporion::payment {

/// What staff and customers do beside paying, and what risk scoring knows: the parts of the module that move no money.
class Desk {
 public:
  Desk(const ModuleContext& context, stripe::StripeOptions cards);

  void bind(Calls& calls);
  Result<> routes(http::Router& router);
  /// Begins its job, and names in the log what is configured and cannot be read. `methods` have what they need in the configuration.
  void start(Jobs& jobs, std::set<std::string, std::less<>> methods);

  /// `payment.risk.*`, saved cards, and what administrators allow. What they point at lives as long as this.
  void equip(ServiceOptions& options, const config::Settings& settings);

 private:
  GeoIpOrigins origins_;
  stripe::StripeCards cards_;
  SavedMethods methods_;
  PaymentSettingsStore settings_;
  FraudLists fraud_lists_;
  std::shared_ptr<v1::MethodsApi> methods_binding_;
  std::shared_ptr<v1::PaymentSettingsApi> settings_binding_;
  std::shared_ptr<v1::FraudApi> fraud_binding_;
};

}  // namespace emporion::payment
