#pragma once

#include <functional>
#include <utility>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::pricing {

/// Tax zones, rates and settings as staff keep them: plain rows, each change with its version and, for rates, its event.
class TaxTables {
 public:
  /// `changed` is called after each commit that changed what prices are made of.
  TaxTables(
      postgres::Database& database, const Clock& clock, Random& random, std::function<void()> changed = [] {})
      : database_(database), clock_(clock), random_(random), changed_(std::move(changed)) {}

  Task<Result<v1::TaxRule>> create_rule(CallContext context, v1::CreateTaxRuleRequest request);
  Task<Result<v1::TaxRule>> update_rule(CallContext context, v1::UpdateTaxRuleRequest request);
  Task<Result<v1::DeleteTaxRuleResponse>> delete_rule(CallContext context, v1::DeleteTaxRuleRequest request);
  Task<Result<v1::TaxRule>> get_rule(CallContext context, v1::GetTaxRuleRequest request);
  Task<Result<v1::ListTaxRulesResponse>> list_rules(CallContext context, v1::ListTaxRulesRequest request);

  Task<Result<v1::TaxZone>> create_zone(CallContext context, v1::CreateTaxZoneRequest request);
  Task<Result<v1::TaxZone>> update_zone(CallContext context, v1::UpdateTaxZoneRequest request);
  Task<Result<v1::DeleteTaxZoneResponse>> delete_zone(CallContext context, v1::DeleteTaxZoneRequest request);
  Task<Result<v1::TaxZone>> get_zone(CallContext context, v1::GetTaxZoneRequest request);
  Task<Result<v1::ListTaxZonesResponse>> list_zones(CallContext context, v1::ListTaxZonesRequest request);

  Task<Result<v1::TaxSettings>> get_settings(CallContext context, v1::GetTaxSettingsRequest request);
  Task<Result<v1::TaxSettings>> put_settings(CallContext context, v1::TaxSettings request);

  Task<Result<v1::ListFxRatesResponse>> list_fx(CallContext context, v1::ListFxRatesRequest request);
  Task<Result<v1::FxRate>> put_fx(CallContext context, v1::PutFxRateRequest request);

 private:
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  std::function<void()> changed_;
};

}  // namespace emporion::pricing
