#include "modules/product/pricing/api/module.hpp"

#include "contracts/product/pricing/v1/pricing_api_binding.hpp"
#include "modules/product/pricing/adapters/postgres/bulk_upsert.hpp"
#include "modules/product/pricing/adapters/postgres/price_book.hpp"
#include "modules/product/pricing/adapters/postgres/price_lists.hpp"
#include "modules/product/pricing/adapters/postgres/quote_store.hpp"
#include "modules/product/pricing/adapters/postgres/tax_tables.hpp"
#include "modules/product/pricing/adapters/sku_facts.hpp"
#include "modules/product/pricing/app/quoting.hpp"

namespace emporion::pricing {
namespace {

constexpr hours quote_kept{24};

// A currency by its code, or the default and a fault of the configuration.
Currency currency_setting(const config::Settings& settings, std::string_view name, std::string_view fallback) {
  const auto known = Currency::parse(settings.string(name, fallback));
  return known ? *known : Currency::of(fallback);
}

PricingPolicy policy_of(const config::Settings& settings) {
  PricingPolicy policy;
  policy.store_currency = currency_setting(settings, "pricing.store_currency", "USD");
  policy.quantity_max = settings.integer("pricing.quantity_max", 100'000, 1, 100'000);
  policy.min_margin_bp = settings.integer("pricing.min_margin_bp", 0, 0, 100'000);
  policy.fx.pivot = currency_setting(settings, "pricing.fx_pivot", "USD");
  policy.fx.price_increment = settings.integer("pricing.price_increment", 1, 1, 1'000'000);
  return policy;
}

// The contract's operations, each handed to the part that owns it.
class PricingFace final : public v1::PricingApi {
 public:
  PricingFace(Quoting& quoting, PriceLists& prices, BulkUpsert& bulk, TaxTables& tables) : quoting_(quoting), prices_(prices), bulk_(bulk), tables_(tables) {}

  Task<Result<v1::ResolvedPrice>> get_price(CallContext context, v1::GetPriceRequest request) override {
    return quoting_.get_price(std::move(context), std::move(request));
  }
  Task<Result<v1::GetBulkPricesResponse>> get_bulk_prices(CallContext context, v1::GetBulkPricesRequest request) override {
    return quoting_.get_bulk_prices(std::move(context), std::move(request));
  }
  Task<Result<v1::Calculation>> calculate(CallContext context, v1::CalculateRequest request) override {
    return quoting_.calculate(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxCalculation>> calculate_tax(CallContext context, v1::CalculateTaxRequest request) override {
    return quoting_.calculate_tax(std::move(context), std::move(request));
  }
  Task<Result<v1::Quote>> create_quote(CallContext context, v1::CreateQuoteRequest request) override {
    return quoting_.create_quote(std::move(context), std::move(request));
  }
  Task<Result<v1::Quote>> get_quote(CallContext context, v1::GetQuoteRequest request) override {
    return quoting_.get_quote(std::move(context), std::move(request));
  }
  Task<Result<v1::Price>> set_price(CallContext context, v1::SetPriceRequest request) override { return prices_.set(std::move(context), std::move(request)); }
  Task<Result<v1::Price>> update_price(CallContext context, v1::UpdatePriceRequest request) override {
    return prices_.update(std::move(context), std::move(request));
  }
  Task<Result<v1::DeletePriceResponse>> delete_price(CallContext context, v1::DeletePriceRequest request) override {
    return prices_.remove(std::move(context), std::move(request));
  }
  Task<Result<v1::Price>> get_price_row(CallContext context, v1::GetPriceRowRequest request) override {
    return prices_.get(std::move(context), std::move(request));
  }
  Task<Result<v1::ListPricesResponse>> list_prices(CallContext context, v1::ListPricesRequest request) override {
    return prices_.list(std::move(context), std::move(request));
  }
  Task<Result<v1::ListPriceHistoryResponse>> list_price_history(CallContext context, v1::ListPriceHistoryRequest request) override {
    return prices_.history(std::move(context), std::move(request));
  }
  Task<Result<v1::BulkJob>> bulk_upsert_prices(CallContext context, v1::BulkUpsertPricesRequest request) override {
    return bulk_.upsert(std::move(context), std::move(request));
  }
  Task<Result<v1::BulkJob>> get_bulk_job(CallContext context, v1::GetBulkJobRequest request) override {
    return bulk_.get(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxRule>> create_tax_rule(CallContext context, v1::CreateTaxRuleRequest request) override {
    return tables_.create_rule(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxRule>> update_tax_rule(CallContext context, v1::UpdateTaxRuleRequest request) override {
    return tables_.update_rule(std::move(context), std::move(request));
  }
  Task<Result<v1::DeleteTaxRuleResponse>> delete_tax_rule(CallContext context, v1::DeleteTaxRuleRequest request) override {
    return tables_.delete_rule(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxRule>> get_tax_rule(CallContext context, v1::GetTaxRuleRequest request) override {
    return tables_.get_rule(std::move(context), std::move(request));
  }
  Task<Result<v1::ListTaxRulesResponse>> list_tax_rules(CallContext context, v1::ListTaxRulesRequest request) override {
    return tables_.list_rules(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxZone>> create_tax_zone(CallContext context, v1::CreateTaxZoneRequest request) override {
    return tables_.create_zone(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxZone>> update_tax_zone(CallContext context, v1::UpdateTaxZoneRequest request) override {
    return tables_.update_zone(std::move(context), std::move(request));
  }
  Task<Result<v1::DeleteTaxZoneResponse>> delete_tax_zone(CallContext context, v1::DeleteTaxZoneRequest request) override {
    return tables_.delete_zone(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxZone>> get_tax_zone(CallContext context, v1::GetTaxZoneRequest request) override {
    return tables_.get_zone(std::move(context), std::move(request));
  }
  Task<Result<v1::ListTaxZonesResponse>> list_tax_zones(CallContext context, v1::ListTaxZonesRequest request) override {
    return tables_.list_zones(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxSettings>> get_tax_settings(CallContext context, v1::GetTaxSettingsRequest request) override {
    return tables_.get_settings(std::move(context), std::move(request));
  }
  Task<Result<v1::TaxSettings>> put_tax_settings(CallContext context, v1::TaxSettings request) override {
    return tables_.put_settings(std::move(context), std::move(request));
  }
  Task<Result<v1::ListFxRatesResponse>> list_fx_rates(CallContext context, v1::ListFxRatesRequest request) override {
    return tables_.list_fx(std::move(context), std::move(request));
  }
  Task<Result<v1::FxRate>> put_fx_rate(CallContext context, v1::PutFxRateRequest request) override {
    return tables_.put_fx(std::move(context), std::move(request));
  }

 private:
  Quoting& quoting_;
  PriceLists& prices_;
  BulkUpsert& bulk_;
  TaxTables& tables_;
};

class PricingModule final : public Module {
 public:
  explicit PricingModule(const ModuleContext& context)
      : clock_(context.clock),
        jobs_(context.jobs),
        policy_(policy_of(context.settings)),
        book_(context.database, policy_.store_currency, context.clock),
        quotes_(context.runtime, context.database),
        quoting_(book_, quotes_, context.clock, context.random, policy_),
        prices_(context.database, context.clock, context.random, changed()),
        bulk_(context.database, context.clock, context.random, changed()),
        tables_(context.database, context.clock, context.random, changed()),
        facts_(changed()),
        face_(quoting_, prices_, bulk_, tables_),
        binding_(std::make_shared<v1::LocalPricingApi>(face_, context.clock)) {}

  void bind(Calls& calls) override { calls.bind<v1::PricingApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }
  void subscribe(messaging::Subscriptions& subscriptions) override { facts_.subscribe(subscriptions); }

  Task<Result<>> start() override {
    jobs_.every("pricing.sale_windows", seconds(1), &prices_, &PriceLists::announce_sales);
    jobs_.every("pricing.bulk_upsert", seconds(2), &bulk_, &BulkUpsert::resume);
    jobs_.every("pricing.quote_expiry", minutes(1), this, &PricingModule::purge_quotes);
    co_return Result<>();
  }
  Task<void> stop() override { return quotes_.close(); }

 private:
  // This process sees its own changes at once; those of other replicas within 100 ms.
  std::function<void()> changed() {
    return [this] { book_.look_again(); };
  }
  Task<Result<>> purge_quotes(CallContext context) {
    static_cast<void>(context);
    for (std::size_t purged = 1; purged > 0;) {
      EMP_CO_ASSIGN(purged, co_await quotes_.purge(clock_.now() - quote_kept));
    }
    co_return Result<>();
  }

  const Clock& clock_;
  Jobs& jobs_;
  PricingPolicy policy_;
  PostgresPriceBook book_;
  PostgresQuoteStore quotes_;
  Quoting quoting_;
  PriceLists prices_;
  BulkUpsert bulk_;
  TaxTables tables_;
  SkuFactsFeed facts_;
  PricingFace face_;
  std::shared_ptr<v1::PricingApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  ModuleDefinition out;
  out.name = "pricing";
  out.migrations = migrations();
  out.create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<PricingModule>(context); };
  out.audit_checks = {
      {"PRC-1 an active price is above 0 unless it is free",
       "SELECT id::text, base_amount::text FROM price WHERE is_active AND base_amount <= 0 AND NOT is_free"},
      {"PRC-2 no two active prices of one scope overlap",
       "SELECT a.id::text, b.id::text FROM price a JOIN price b ON a.scope = b.scope AND a.id < b.id AND a.is_active AND b.is_active "
       "AND tstzrange(a.effective_from, a.effective_to) && tstzrange(b.effective_from, b.effective_to)"},
      {"PRC-5 every price has the history of its creation",
       "SELECT p.id::text, p.version::text FROM price p WHERE NOT EXISTS (SELECT FROM price_history h WHERE h.price_id = p.id AND h.version = 1)"},
      {"PRC-7 a quote's totals add up",
       "SELECT id::text, body::jsonb #>> '{totals}' FROM quote CROSS JOIN LATERAL (SELECT body::jsonb -> 'totals' AS t) x WHERE "
       "(t #>> '{grand_total,amount}')::numeric IS DISTINCT FROM (t #>> '{subtotal,amount}')::numeric - (t #>> '{discount,amount}')::numeric + (t #>> "
       "'{shipping,amount}')::numeric "
       "- (t #>> '{shipping_discount,amount}')::numeric + (t #>> '{tax_total,amount}')::numeric"},
  };
  return out;
}

}  // namespace emporion::pricing
