#include "modules/product/pricing/adapters/sku_facts.hpp"

namespace emporion::pricing {
namespace {

constexpr postgres::Statement apply_facts{"pricing.apply_sku_facts", "SELECT sku_fact_apply($1::uuid, $2::int8, $3::text, $4::text[], $5::bool[])::text",
                                          postgres::Effect::writes};

template <typename Event>
postgres::Bound facts_of(const Event& event, bool deleted) {
  std::vector<std::string> skus;
  for (const auto& variant : event.variants) skus.push_back(variant.sku);
  std::vector<bool> flags(skus.size(), deleted);
  return postgres::bind(apply_facts, event.product_id, event.version, event.tax_class, skus, flags);
}

}  // namespace

void SkuFactsFeed::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<catalog::v1::ProductCreated>(this, &SkuFactsFeed::on_created);
  subscriptions.on<catalog::v1::ProductUpdated>(this, &SkuFactsFeed::on_updated);
  subscriptions.on<catalog::v1::ProductDeleted>(this, &SkuFactsFeed::on_deleted);
}

Task<Result<>> SkuFactsFeed::on_created(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::ProductCreated event) {
  EMP_CO_TRY(co_await work.run(facts_of(event, false)));
  changed_();
  co_return Result<>();
}

Task<Result<>> SkuFactsFeed::on_updated(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::ProductUpdated event) {
  EMP_CO_TRY(co_await work.run(facts_of(event, false)));
  changed_();
  co_return Result<>();
}

Task<Result<>> SkuFactsFeed::on_deleted(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::ProductDeleted event) {
  EMP_CO_TRY(co_await work.run(facts_of(event, true)));
  changed_();
  co_return Result<>();
}

}  // namespace emporion::pricing
