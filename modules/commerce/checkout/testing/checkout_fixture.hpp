#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/commerce/checkout/api/module.hpp"
#include "modules/commerce/checkout/testing/fake_credit.hpp"
#include "modules/commerce/checkout/testing/fake_neighbours.hpp"

namespace emporion::checkout {

std::span<const postgres::Migration> migrations();

/// The whole module over a fresh database, reached through its contract, with neighbours that answer what the test says. Jobs do not run.
class CheckoutFixture : public testing::PostgresTest {
 public:
  CheckoutFixture() : PostgresTest("checkout", migrations()) {
    calls_.bind<catalog::v1::CatalogApi>(std::make_shared<FakeCatalog>());
    calls_.bind<pricing::v1::PricingApi>(std::make_shared<FakePricing>());
    calls_.bind<warehouse::v1::WarehouseApi>(stock_);
    calls_.bind<payment::v1::CreditApi>(credit_);
    module_ = definition().create({"checkout", runtime(), database(), calls_, clock_, random_, settings_, jobs_});
    module_->bind(calls_);
  }
  ~CheckoutFixture() override { run(module_->stop()); }

 protected:
  v1::CheckoutApi& api() { return calls_.get<v1::CheckoutApi>(); }
  FakeWarehouse& stock() { return *stock_; }
  FakeCredit& credit() { return *credit_; }

  /// A customer's request under an idempotency key.
  CallContext customer(std::string key = "key") {
    CallContext out = context();
    out.principal = Principal{};
    out.principal.realm = Realm::customer;
    out.principal.id = Uuid::from_name("linh");
    out.idempotency_key = std::move(key);
    return out;
  }
  Task<Result<v1::CartResponse>> add(std::string key, std::string sku, std::int32_t qty) {
    v1::AddCartItemsRequest request;
    request.items.push_back({.sku = std::move(sku), .qty = qty});
    return api().add_cart_items(customer(std::move(key)), std::move(request));
  }
  std::string count(const std::string& of) { return value("SELECT count(*) FROM " + of); }

 private:
  SystemClock clock_;
  SystemRandom random_;
  config::Settings settings_;
  Calls calls_;
  Jobs jobs_{runtime(), database(), clock_, random_};
  std::shared_ptr<FakeWarehouse> stock_ = std::make_shared<FakeWarehouse>();
  std::shared_ptr<FakeCredit> credit_ = std::make_shared<FakeCredit>();
  std::unique_ptr<Module> module_;
};

}  // namespace emporion::checkout
