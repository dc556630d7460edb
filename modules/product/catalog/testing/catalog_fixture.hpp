#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "kernel/testing/seeded_random.hpp"
#include "modules/product/catalog/api/module.hpp"

namespace emporion::catalog {

/// The whole module over a fresh database, reached through its contract; time moves by hand. Jobs do not run by themselves.
class CatalogFixture : public testing::PostgresTest {
 public:
  CatalogFixture() : PostgresTest("catalog", migrations()) {
    module_ = definition().create({"catalog", runtime(), database(), calls_, clock_, random_, settings_, jobs_});
    module_->bind(calls_);
  }
  ~CatalogFixture() override { run(module_->stop()); }

 protected:
  v1::CatalogApi& api() { return calls_.get<v1::CatalogApi>(); }
  testing::FakeClock& clock() { return clock_; }
  Random& random() { return random_; }
  std::string new_key() { return Uuid::v7(clock_.now(), random_).to_string(); }

  CallContext guest() {
    CallContext out = context();
    out.principal = Principal::guest();
    return out;
  }
  CallContext staff(std::string key = {}) {
    CallContext out = context();
    out.principal = Principal{.realm = Realm::staff, .id = Uuid::from_name("staff"), .permissions = {"catalog.*"}};
    out.idempotency_key = std::move(key);
    return out;
  }

  v1::Category a_category(const std::string& name, std::optional<Uuid> parent = {}, v1::AttributeTemplate wanted = {}) {
    auto made = run(api().create_category(staff(new_key()), {.parent_id = parent, .category = {.name = name, .template_attributes = std::move(wanted)}}));
    if (!made) ADD_FAILURE() << made.error().to_string();
    return made ? *made : v1::Category{};
  }
  void an_attribute(const std::string& code, v1::AttributeInput input) {
    input.name = code;
    const auto made = run(api().create_attribute(staff(new_key()), {.code = code, .attribute = std::move(input)}));
    if (!made) ADD_FAILURE() << made.error().to_string();
  }
  /// A complete product: category, picture, one variant.
  v1::ProductInput a_product(const std::string& sku) {
    if (!category_) category_ = a_category("Things").id;
    return {.name = "Thing " + sku, .category_id = category_, .media = {{.url = "/api/v1/catalog/media/x"}}, .variants = {{.sku = sku}}};
  }
  Result<v1::Product> create(v1::ProductInput input) { return run(api().create_product(staff(new_key()), {.product = std::move(input)})); }
  Result<v1::Product> publish(const v1::Product& product) {
    return run(api().publish_product(staff(new_key()), {.id = product.id, .version = product.version}));
  }
  v1::ProductInput input_of(const v1::Product& product) {
    auto out = a_product(product.variants.at(0).sku);
    out.name = product.name;
    return out;
  }
  std::int64_t count(const std::string& from) { return std::stoll(value("SELECT count(*) FROM " + from)); }

 private:
  testing::FakeClock clock_;
  testing::SeededRandom random_ = testing::SeededRandom::of_this_run();
  config::Settings settings_;
  Calls calls_;
  Jobs jobs_{runtime(), database(), clock_, random_};
  std::unique_ptr<Module> module_;
  std::optional<Uuid> category_;
};

}  // namespace emporion::catalog
