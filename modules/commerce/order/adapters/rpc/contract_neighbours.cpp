#include "modules/commerce/order/adapters/rpc/contract_neighbours.hpp"

#include <utility>

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "contracts/identity/auth/v1/auth_api.hpp"
#include "contracts/logistics/fulfillment/v1/fulfillment_api.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/product/promotion/v1/promotion_api.hpp"
#include "kernel/base/text.hpp"

namespace emporion::order {

Task<Result<>> ContractNeighbours::ask_fulfillment(CallContext context, Uuid order_id, std::vector<v1::CancelItem> items, std::string reason,
                                                   std::string cause_id) {
  fulfillment::v1::CancelForOrderRequest request;
  request.order_id = order_id;
  for (const v1::CancelItem& item : items) {
    fulfillment::v1::CancelOrderItem row;
    row.order_line = item.line_no;
    row.qty = item.qty;
    request.items.push_back(row);
  }
  request.reason = std::move(reason);
  request.cause_id = cause_id;
  const auto answer = co_await calls_.get<fulfillment::v1::FulfillmentApi>().cancel_for_order(context.as_service("order", cause_id), std::move(request));
  if (answer) co_return Result<>();
  if (answer.error().is_transient()) co_return fail(answer.error());
  co_return fail(Error(ErrorKind::conflict, "ORDER_NOT_CANCELLABLE", "the warehouse has picked or shipped it").with("why", answer.error().reason()));
}

Task<Result<>> ContractNeighbours::abandon_checkout(CallContext context, Uuid session_id, std::string reason, std::string key) {
  checkout::v1::AbandonCheckoutRequest request;
  request.id = session_id;
  request.reason = reason.substr(0, 200);
  EMP_CO_TRY(co_await calls_.get<checkout::v1::CheckoutApi>().abandon_checkout(context.as_service("order", key), std::move(request)));
  co_return Result<>();
}

Task<Result<bool>> ContractNeighbours::has_saga_ended(CallContext context, Uuid saga_id) {
  checkout::v1::GetSagaRequest request;
  request.id = saga_id;
  const auto saga = co_await calls_.get<checkout::v1::CheckoutApi>().get_saga(context.as_service("order"), request);
  if (!saga && saga.error().kind() == ErrorKind::not_found) co_return true;
  if (!saga) co_return fail(saga.error());
  co_return saga->state == checkout::v1::SagaState::completed || saga->state == checkout::v1::SagaState::failed;
}

Task<Result<bool>> ContractNeighbours::is_guests_session(CallContext context, Uuid session_id, std::string cart_token) {
  checkout::v1::GetConfirmationRequest request;
  request.id = session_id;
  request.cart_token = std::move(cart_token);
  context.principal = Principal::guest();  // As the guest, so that Checkout judges as it does at its own door.
  const auto answer = co_await calls_.get<checkout::v1::CheckoutApi>().get_confirmation(std::move(context), std::move(request));
  if (answer) co_return true;
  if (answer.error().is_transient()) co_return fail(answer.error());
  co_return false;
}

Task<Result<bool>> ContractNeighbours::is_payment_over(CallContext context, Uuid order_id) {
  payment::v1::ListPaymentsRequest request;
  request.order_id = order_id;
  EMP_CO_ASSIGN(const auto answer, co_await calls_.get<payment::v1::PaymentApi>().list_payments(context.as_service("order"), request));
  for (const auto& payment : answer.payments) {
    using S = payment::v1::PaymentStatus;
    if (payment.status != S::failed && payment.status != S::expired && payment.status != S::voided && payment.status != S::refunded) co_return false;
  }
  co_return true;
}

Task<Result<std::vector<std::string>>> ContractNeighbours::not_given_back(CallContext context, CancelledOrder order) {
  std::vector<std::string> out;
  const CallContext call = context.as_service("order");
  EMP_CO_ASSIGN(const bool payment_over, co_await is_payment_over(call, order.id));
  if (!payment_over) out.emplace_back("payment");

  const auto reservation = co_await calls_.get<warehouse::v1::WarehouseApi>().get_reservation(call, warehouse::v1::GetReservationRequest{order.reservation_id});
  if (!reservation && reservation.error().kind() != ErrorKind::not_found) co_return fail(reservation.error());
  if (reservation) {
    using S = warehouse::v1::ReservationStatus;
    const bool is_open = reservation->status == S::active || reservation->status == S::confirmed;
    // What had left comes back as a receipt of its own; what never left must not be gone.
    if (is_open || (reservation->status == S::fulfilled && !order.has_shipped)) out.emplace_back("stock");
  }

  // The saga's id is the redemption's.
  const auto redemption = co_await calls_.get<promotion::v1::PromotionApi>().get_redemption(call, promotion::v1::GetRedemptionRequest{order.saga_id});
  if (!redemption && redemption.error().kind() != ErrorKind::not_found) co_return fail(redemption.error());
  if (redemption) {
    using S = promotion::v1::RedemptionStatus;
    if (redemption->status != S::released && redemption->status != S::expired && redemption->status != S::reversed) out.emplace_back("coupons");
  }

  if (order.owes_credit) out.emplace_back("credit");
  if (order.has_points) out.emplace_back("points");  // There is no Loyalty yet: nobody gave them back.
  co_return out;
}

Task<Result<std::optional<std::string>>> ContractNeighbours::verified_email(CallContext context) {
  EMP_CO_ASSIGN(auto own, co_await calls_.get<auth::v1::AuthApi>().me(std::move(context), {}));
  if (!own.email || !own.email_verified) co_return std::optional<std::string>();
  co_return std::move(own.email);
}

}  // namespace emporion::order
