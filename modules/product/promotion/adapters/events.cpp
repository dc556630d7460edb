#include "modules/product/promotion/adapters/events.hpp"

namespace emporion::promotion {
namespace {

constexpr postgres::Statement apply_product{
    "promotion.apply_product", "SELECT product_fact_apply($1::uuid, $2::int8, $3::bool, $4::uuid, $5::uuid, $6::text[], $7::uuid[], $8::int4[])::text",
    postgres::Effect::writes};
constexpr postgres::Statement move_category{"promotion.move_category", "SELECT category_moved($1::uuid, $2::int8, $3::uuid[])::text", postgres::Effect::writes};

template <typename Event>
postgres::Bound facts_of(const Event& event, bool is_deleted) {
  std::vector<std::string> skus;
  for (const auto& variant : event.variants) skus.push_back(variant.sku);
  std::vector<Uuid> paths;
  std::vector<std::int32_t> lengths;
  for (const auto& category : event.category_paths) {
    paths.insert(paths.end(), category.path.begin(), category.path.end());
    lengths.push_back(static_cast<std::int32_t>(category.path.size()));
  }
  const auto brand = event.brand ? std::optional(event.brand->id) : std::nullopt;
  return postgres::bind(apply_product, event.product_id, event.version, is_deleted, brand, event.seller_id, skus, paths, lengths);
}

}  // namespace

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on_many<order::v1::OrderConfirmed>(this, &EventHandlers::orders_confirmed);
  subscriptions.on<order::v1::OrderCancelled>(this, &EventHandlers::order_cancelled);
  subscriptions.on<catalog::v1::ProductCreated>(this, &EventHandlers::product_created);
  subscriptions.on<catalog::v1::ProductUpdated>(this, &EventHandlers::product_updated);
  subscriptions.on<catalog::v1::ProductDeleted>(this, &EventHandlers::product_deleted);
  subscriptions.on<catalog::v1::CategoryMoved>(this, &EventHandlers::category_moved);
}

Task<Result<>> EventHandlers::orders_confirmed(postgres::UnitOfWork& work, std::vector<messaging::Heard<order::v1::OrderConfirmed>> orders) {
  std::vector<ConfirmedOrder> out;
  out.reserve(orders.size());
  for (const auto& [envelope, event] : orders) {
    out.push_back({event.order_id, event.customer_id ? event.customer_id->to_string() : keys_.of_guest(event.contact.email), envelope.trace});
  }
  return redemptions_.orders_confirmed(work, std::move(out), clock_.now());
}

Task<Result<>> EventHandlers::order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event) {
  return redemptions_.order_cancelled(work, event.order_id, event.saga_id, clock_.now(), envelope.trace);
}

Task<Result<>> EventHandlers::product_created(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::ProductCreated event) {
  EMP_CO_TRY(co_await work.run(facts_of(event, false)));
  co_return Result<>();
}

Task<Result<>> EventHandlers::product_updated(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::ProductUpdated event) {
  EMP_CO_TRY(co_await work.run(facts_of(event, false)));
  co_return Result<>();
}

Task<Result<>> EventHandlers::product_deleted(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::ProductDeleted event) {
  EMP_CO_TRY(co_await work.run(facts_of(event, true)));
  co_return Result<>();
}

Task<Result<>> EventHandlers::category_moved(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::CategoryMoved event) {
  EMP_CO_TRY(co_await work.query(move_category, event.category_id, event.version, event.path));
  co_return Result<>();
}

}  // namespace emporion::promotion
