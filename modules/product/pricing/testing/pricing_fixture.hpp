#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/seeded_random.hpp"
#include "modules/product/pricing/api/module.hpp"

namespace emporion::pricing {

inline Money vnd(std::int64_t amount) { return Money(amount, Currency::of("VND")); }
inline Money usd(std::int64_t amount) { return Money(amount, Currency::of("USD")); }

/// The whole module over a fresh database, reached through its contract; time moves by hand. Jobs do not run by themselves.
class PricingFixture : public testing::PostgresTest {
 public:
  PricingFixture() : PostgresTest("pricing", migrations()) {
    settings_.set("pricing.store_currency", "VND");
    module_ = definition().create({"pricing", runtime(), database(), calls_, clock_, random_, settings_, jobs_});
    module_->bind(calls_);
  }
  ~PricingFixture() override { run(module_->stop()); }

 protected:
  v1::PricingApi& api() { return calls_.get<v1::PricingApi>(); }
  testing::FakeClock& clock() { return clock_; }
  Random& random() { return random_; }
  Uuid new_id() { return Uuid::v7(clock_.now(), random_); }

  CallContext service(std::string key = {}) { return context("checkout").as_service("checkout", key); }
  CallContext staff(std::string key = {}, std::vector<std::string> permissions = {"pricing.*"}) {
    CallContext out = context();
    out.principal = Principal{.realm = Realm::staff, .id = staff_, .permissions = std::move(permissions)};
    out.idempotency_key = std::move(key);
    return out;
  }

  /// As Catalog's event would.
  void know(const std::string& sku, const Uuid& product, const std::string& tax_class = "standard") {
    sql("SELECT sku_fact_apply('" + product.to_string() + "', 1, '" + tax_class + "', ARRAY['" + sku + "'], ARRAY[false])");
  }
  Result<v1::Price> set_price(const Uuid& product, std::optional<std::string> sku, v1::PriceTerms terms, std::optional<Uuid> warehouse = {}) {
    return run(
        api().set_price(staff(new_id().to_string()), {.product_id = product, .sku = std::move(sku), .warehouse_id = warehouse, .terms = std::move(terms)}));
  }
  void vat(const std::string& country, const std::string& rate, const std::string& tax_class = "standard") {
    const auto zone = run(api().create_tax_zone(staff(new_id().to_string()), {.terms = {.name = country, .country = country}}));
    EMP_ASSERT(zone.has_value());
    const auto rule = run(api().create_tax_rule(
        staff(new_id().to_string()), {.terms = {.zone_id = zone->id, .tax_class = tax_class, .name = "VAT", .type = v1::TaxType::vat, .rate = rate}}));
    EMP_ASSERT(rule.has_value());
    last_rule_ = *rule;
  }
  v1::CreateQuoteRequest quote_of(std::vector<v1::QuoteLineInput> lines, const std::string& currency = "VND") {
    return {.lines = std::move(lines), .currency = currency, .destination = {.country = "VN"}};
  }
  std::int64_t count(const std::string& from) { return std::stoll(value("SELECT count(*) FROM " + from)); }

  v1::TaxRule last_rule_;

 private:
  testing::FakeClock clock_;
  testing::SeededRandom random_ = testing::SeededRandom::of_this_run();
  config::Settings settings_;
  Calls calls_;
  Jobs jobs_{runtime(), database(), clock_, random_};
  Uuid staff_ = Uuid::from_name("staff");
  std::unique_ptr<Module> module_;
};

}  // namespace emporion::pricing
