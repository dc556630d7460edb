#pragma once

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "modules/commerce/checkout/app/carts.hpp"
#include "modules/commerce/checkout/app/placement.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {

/// The contract over the use cases: who the owner is, header and cookie forms, and nothing else.
class CheckoutService final : public v1::CheckoutApi {
 public:
  CheckoutService(const Neighbours& neighbours, Carts& carts, CartStore& cart_store, SessionStore& sessions, Quoting& quoting, Placement& placement,
                  saga::Engine& engine, const CheckoutSettings& settings, Random& random)
      : neighbours_(neighbours),
        carts_(carts),
        cart_store_(cart_store),
        sessions_(sessions),
        quoting_(quoting),
        placement_(placement),
        engine_(engine),
        settings_(settings),
        random_(random) {}

  Task<Result<v1::CartResponse>> get_cart(CallContext context, v1::GetCartRequest request) override;
  Task<Result<v1::CartSummary>> get_cart_summary(CallContext context, v1::GetCartSummaryRequest request) override;
  Task<Result<v1::CartResponse>> add_cart_item(CallContext context, v1::AddCartItemRequest request) override;
  Task<Result<v1::CartResponse>> add_cart_items(CallContext context, v1::AddCartItemsRequest request) override;
  Task<Result<v1::CartResponse>> update_cart_item(CallContext context, v1::UpdateCartItemRequest request) override;
  Task<Result<v1::CartResponse>> remove_cart_item(CallContext context, v1::RemoveCartItemRequest request) override;
  Task<Result<v1::CartResponse>> clear_cart(CallContext context, v1::ClearCartRequest request) override;
  Task<Result<v1::CartResponse>> save_for_later(CallContext context, v1::SaveForLaterRequest request) override;
  Task<Result<v1::CartResponse>> move_to_cart(CallContext context, v1::MoveToCartRequest request) override;
  Task<Result<v1::RefreshCartResponse>> refresh_cart(CallContext context, v1::RefreshCartRequest request) override;
  Task<Result<v1::CartResponse>> apply_coupon(CallContext context, v1::ApplyCouponRequest request) override;
  Task<Result<v1::CartResponse>> remove_coupon(CallContext context, v1::RemoveCouponRequest request) override;
  Task<Result<v1::MergeCartResponse>> merge_cart(CallContext context, v1::MergeCartRequest request) override;
  Task<Result<v1::ShareCartResponse>> share_cart(CallContext context, v1::ShareCartRequest request) override;
  Task<Result<v1::SharedCart>> get_shared_cart(CallContext context, v1::GetSharedCartRequest request) override;

  Task<Result<v1::CheckoutResponse>> start_checkout(CallContext context, v1::StartCheckoutRequest request) override;
  Task<Result<v1::CheckoutResponse>> get_checkout(CallContext context, v1::GetCheckoutRequest request) override;
  Task<Result<v1::CheckoutResponse>> set_shipping_address(CallContext context, v1::SetAddressRequest request) override;
  Task<Result<v1::CheckoutResponse>> set_billing_address(CallContext context, v1::SetAddressRequest request) override;
  Task<Result<v1::CheckoutResponse>> set_contact(CallContext context, v1::SetContactRequest request) override;
  Task<Result<v1::ListShippingMethodsResponse>> list_shipping_methods(CallContext context, v1::ListShippingMethodsRequest request) override;
  Task<Result<v1::CheckoutResponse>> select_shipping_method(CallContext context, v1::SelectShippingMethodRequest request) override;
  Task<Result<v1::ListPaymentMethodsResponse>> list_payment_methods(CallContext context, v1::ListPaymentMethodsRequest request) override;
  Task<Result<v1::CheckoutResponse>> select_payment_method(CallContext context, v1::SelectPaymentMethodRequest request) override;
  Task<Result<v1::CheckoutResponse>> set_points(CallContext context, v1::SetPointsRequest request) override;
  Task<Result<v1::CheckoutResponse>> set_credits(CallContext context, v1::SetCreditsRequest request) override;
  Task<Result<v1::PreviewResponse>> preview_checkout(CallContext context, v1::PreviewCheckoutRequest request) override;

  Task<Result<v1::PlacementResponse>> confirm_checkout(CallContext context, v1::ConfirmCheckoutRequest request) override;
  Task<Result<v1::PlacementResponse>> get_confirmation(CallContext context, v1::GetConfirmationRequest request) override;
  Task<Result<v1::PlacementResponse>> retry_payment(CallContext context, v1::RetryPaymentRequest request) override;
  Task<Result<v1::AbandonCheckoutResponse>> abandon_checkout(CallContext context, v1::AbandonCheckoutRequest request) override;

  Task<Result<v1::ListSagasResponse>> list_sagas(CallContext context, v1::ListSagasRequest request) override;
  Task<Result<v1::Saga>> get_saga(CallContext context, v1::GetSagaRequest request) override;
  Task<Result<v1::Saga>> retry_saga(CallContext context, v1::SagaCommandRequest request) override;
  Task<Result<v1::Saga>> compensate_saga(CallContext context, v1::SagaCommandRequest request) override;

 private:
  Task<Result<v1::CartResponse>> add(CallContext context, std::optional<std::string> token, Carts::AddItems command);
  Task<Result<v1::CartResponse>> change_line(CallContext context, std::optional<std::string> token, std::optional<std::string> if_match,
                                             CartStore::LineChange change);
  Task<Result<v1::CheckoutResponse>> change_session(Uuid session, Owner owner, std::optional<std::string> if_match, SessionChange change);
  Task<Result<v1::Address>> validated(CallContext context, v1::Address address);
  v1::CartResponse cart_response(std::optional<v1::Cart> cart) const;

  const Neighbours& neighbours_;
  Carts& carts_;
  CartStore& cart_store_;
  SessionStore& sessions_;
  Quoting& quoting_;
  Placement& placement_;
  saga::Engine& engine_;
  const CheckoutSettings& settings_;
  Random& random_;
};

/// Whose cart a request is about. A guest without a token owns nothing: a hash that no token has.
Owner owner_of(const CallContext& context, const std::optional<std::string>& cart_token);
/// "\"12\"", "12" and W/"12" mean version 12. Errors: OUT_OF_RANGE for anything else.
Result<std::optional<std::int64_t>> version_of(const std::optional<std::string>& if_match);
std::string etag_of(std::int64_t version);

}  // namespace emporion::checkout
