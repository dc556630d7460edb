#include "modules/commerce/checkout/adapters/events/event_handlers.hpp"

namespace emporion::checkout {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement wake_by_order{"checkout.wake_saga", "SELECT saga_wake(saga_id) FROM confirm_key WHERE order_id = $1", Effect::writes};
constexpr Statement wake_one{"checkout.wake_saga_by_id", "SELECT saga_wake($1)", Effect::writes};
constexpr Statement keep_decision{"checkout.keep_decision", "INSERT INTO review_decision (saga_id, decision) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                                  Effect::writes};
constexpr Statement reprice_lines{
    "checkout.reprice_lines",
    "UPDATE cart_line l SET unit_price = $2, priced_at = now() FROM cart c WHERE c.id = l.cart_id AND c.status = 'active' AND c.currency = $3 AND l.sku = $1 "
    "AND l.unit_price <> $2",
    Effect::writes};
constexpr Statement retire_lines{
    "checkout.retire_lines",
    "UPDATE cart_line l SET availability = 'discontinued' FROM cart c WHERE c.id = l.cart_id AND c.status = 'active' AND l.product_id = $1", Effect::writes};

}  // namespace

void EventHandlers::subscribe(messaging::Subscriptions& subscriptions) {
  subscriptions.on<payment::v1::PaymentAuthorized>(this, &EventHandlers::on_payment<payment::v1::PaymentAuthorized>);
  subscriptions.on<payment::v1::PaymentCaptured>(this, &EventHandlers::on_payment<payment::v1::PaymentCaptured>);
  subscriptions.on<payment::v1::PaymentFailed>(this, &EventHandlers::on_payment<payment::v1::PaymentFailed>);
  subscriptions.on<payment::v1::PaymentExpired>(this, &EventHandlers::on_payment<payment::v1::PaymentExpired>);
  subscriptions.on<payment::v1::PaymentActionRequired>(this, &EventHandlers::on_payment<payment::v1::PaymentActionRequired>);
  subscriptions.on<order::v1::OrderReviewDecided>(this, &EventHandlers::on_review_decided);
  subscriptions.on<warehouse::v1::ReservationExpired>(this, &EventHandlers::on_reservation_expired);
  subscriptions.on<pricing::v1::PriceUpdated>(this, &EventHandlers::on_price_updated);
  subscriptions.on<catalog::v1::ProductDeactivated>(this, &EventHandlers::on_product_deactivated);
}

Task<Result<>> EventHandlers::wake_order(postgres::UnitOfWork& work, Uuid order) {
  EMP_CO_TRY(co_await work.query(wake_by_order, order));
  engine_.poke();
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_review_decided(postgres::UnitOfWork& work, messaging::Envelope, order::v1::OrderReviewDecided event) {
  EMP_CO_TRY(co_await work.query(keep_decision, event.saga_id, event.decision));
  EMP_CO_TRY(co_await work.query(wake_one, event.saga_id));
  engine_.poke();
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_reservation_expired(postgres::UnitOfWork& work, messaging::Envelope, warehouse::v1::ReservationExpired event) {
  // The saga looks again: what is paid gets new units (commit_stock), what is not runs into its deadline.
  EMP_CO_TRY(co_await work.query(wake_one, event.reference_id));
  engine_.poke();
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_price_updated(postgres::UnitOfWork& work, messaging::Envelope, pricing::v1::PriceUpdated event) {
  // Only the plain price of a SKU is shown in carts; the other levels depend on warehouse or group and are read at the next refresh or quote.
  const auto& price = event.price;
  if (!price.sku || price.warehouse_id || price.group || price.sale) co_return Result<>();
  EMP_CO_TRY(co_await work.query(reprice_lines, *price.sku, price.base.amount(), price.currency));
  co_return Result<>();
}

Task<Result<>> EventHandlers::on_product_deactivated(postgres::UnitOfWork& work, messaging::Envelope, catalog::v1::ProductDeactivated event) {
  EMP_CO_TRY(co_await work.query(retire_lines, event.product_id));
  co_return Result<>();
}

}  // namespace emporion::checkout
