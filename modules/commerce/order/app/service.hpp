#pragma once

#include "contracts/commerce/order/v1/order_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/lanes/lane.hpp"
#include "kernel/postgres/idempotency.hpp"
#include "modules/commerce/order/app/cancelling.hpp"
#include "modules/commerce/order/app/claiming.hpp"
#include "modules/commerce/order/app/confirming.hpp"

namespace emporion::order {

/// The module's face: each operation is one use case.
class OrderService final : public v1::OrderApi {
 public:
  OrderService(Runtime& runtime, OrderStore& store, Neighbours& neighbours, Cancelling& cancelling, Claiming& claiming, const Clock& clock, Random& random);

  Task<Result<v1::CreateOrderResponse>> create_order(CallContext context, v1::CreateOrderRequest request) override;
  Task<Result<v1::OrderConfirmation>> confirm_order(CallContext context, v1::ConfirmOrderRequest request) override;
  Task<Result<v1::Order>> mark_review(CallContext context, v1::MarkReviewRequest request) override;
  Task<Result<v1::Order>> get_order(CallContext context, v1::GetOrderRequest request) override;
  Task<Result<v1::Order>> get_order_by_number(CallContext context, v1::GetOrderByNumberRequest request) override;
  Task<Result<v1::ListOrdersResponse>> list_my_orders(CallContext context, v1::ListMyOrdersRequest request) override;
  Task<Result<v1::ListOrdersResponse>> list_orders(CallContext context, v1::ListOrdersRequest request) override;
  Task<Result<v1::TrackedOrder>> track_guest_order(CallContext context, v1::TrackGuestOrderRequest request) override;
  Task<Result<v1::ListStatusHistoryResponse>> list_status_history(CallContext context, v1::ListStatusHistoryRequest request) override;
  Task<Result<v1::ListEditHistoryResponse>> list_edit_history(CallContext context, v1::ListEditHistoryRequest request) override;
  Task<Result<v1::ListNotesResponse>> list_notes(CallContext context, v1::ListNotesRequest request) override;
  Task<Result<v1::ClaimGuestOrdersResponse>> claim_guest_orders(CallContext context, v1::ClaimGuestOrdersRequest request) override;
  Task<Result<v1::CancelOrderResponse>> cancel_order(CallContext context, v1::CancelOrderRequest request) override;
  Task<Result<v1::Order>> cancel_items(CallContext context, v1::CancelItemsRequest request) override;
  Task<Result<v1::Order>> change_shipping_address(CallContext context, v1::ChangeShippingAddressRequest request) override;
  Task<Result<v1::Order>> decide_review(CallContext context, v1::DecideReviewRequest request) override;
  Task<Result<v1::Order>> override_status(CallContext context, v1::OverrideStatusRequest request) override;
  Task<Result<v1::Order>> confirm_receipt(CallContext context, v1::ConfirmReceiptRequest request) override;
  Task<Result<v1::Note>> add_note(CallContext context, v1::AddNoteRequest request) override;

  Task<void> close();

 private:
  Task<Result<v1::Order>> visible(CallContext context, Uuid id);
  Task<Result<v1::ListOrdersResponse>> list_page(OrderFilter filter, std::optional<std::string> page_token);
  Task<Result<v1::Order>> move_judged(CallContext context, Uuid id, Status to, Actor actor, Move move, std::optional<postgres::IdempotencyScope> once);
  Task<Result<v1::Order>> cancel_by_override(CallContext context, v1::Order order, v1::OverrideStatusRequest request, postgres::IdempotencyScope once);

  OrderStore& store_;
  Neighbours& neighbours_;
  Cancelling& cancelling_;
  Claiming& claiming_;
  const Clock& clock_;
  Random& random_;
  Confirming confirming_;
  Lane<NewOrder, CreationAnswer> create_lane_;
  Lane<Confirmation, ConfirmationAnswer> confirm_lane_;
};

}  // namespace emporion::order
