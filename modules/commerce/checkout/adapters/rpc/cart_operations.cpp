#include <array>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/adapters/rpc/checkout_service.hpp"

namespace emporion::checkout {
namespace {

/// 256 random bits: what a guest's cookie holds.
std::string new_token(Random& random) {
  std::array<std::uint8_t, 32> secret{};
  random.fill(secret);
  return security::base64url(std::string_view(reinterpret_cast<const char*>(secret.data()), secret.size()));
}

}  // namespace

v1::CartResponse CheckoutService::cart_response(std::optional<v1::Cart> cart) const {
  v1::CartResponse out;
  out.cart = cart ? std::move(*cart) : carts_.empty_cart();
  out.etag = etag_of(out.cart.version);
  return out;
}

Task<Result<v1::CartResponse>> CheckoutService::get_cart(CallContext context, v1::GetCartRequest request) {
  EMP_CO_ASSIGN(auto cart, co_await cart_store_.find(owner_of(context, request.cart_token)));
  co_return cart_response(std::move(cart));
}

Task<Result<v1::CartSummary>> CheckoutService::get_cart_summary(CallContext context, v1::GetCartSummaryRequest request) {
  EMP_CO_ASSIGN(const auto found, co_await cart_store_.find(owner_of(context, request.cart_token)));
  const v1::Cart cart = found ? *found : carts_.empty_cart();
  co_return v1::CartSummary{.line_count = cart.line_count, .unit_count = cart.unit_count, .subtotal = cart.subtotal, .status = cart.status};
}

Task<Result<v1::CartResponse>> CheckoutService::add(CallContext context, std::optional<std::string> token, Carts::AddItems command) {
  std::optional<std::string> fresh_token;
  if (context.principal.realm != Realm::customer && (!token || token->empty())) {
    fresh_token = new_token(random_);
    token = fresh_token;
  }
  auto first = co_await carts_.add(context, owner_of(context, token), command);
  if (!first && first.error().reason() == token_is_dead) {  // The browser still has the cookie of before the sign-in.
    fresh_token = new_token(random_);
    first = co_await carts_.add(context, owner_of(context, fresh_token), std::move(command));
  }
  EMP_CO_ASSIGN(auto changed, std::move(first));
  auto out = cart_response(std::move(changed.cart));
  out.set_cart_token = fresh_token;
  if (changed.replayed) out.idempotent_replayed = "true";
  co_return out;
}

Task<Result<v1::CartResponse>> CheckoutService::add_cart_item(CallContext context, v1::AddCartItemRequest request) {
  EMP_CO_ASSIGN(const auto if_match, version_of(request.if_match));
  Carts::AddItems command{.items = {}, .currency = request.currency, .if_match = if_match};
  command.items.push_back({.sku = request.sku, .qty = request.qty});
  co_return co_await add(context, request.cart_token, std::move(command));
}

Task<Result<v1::CartResponse>> CheckoutService::add_cart_items(CallContext context, v1::AddCartItemsRequest request) {
  EMP_CO_ASSIGN(const auto if_match, version_of(request.if_match));
  Carts::AddItems command{.items = std::move(request.items), .currency = request.currency, .if_match = if_match};
  co_return co_await add(context, request.cart_token, std::move(command));
}

Task<Result<v1::CartResponse>> CheckoutService::change_line(CallContext context, std::optional<std::string> token, std::optional<std::string> if_match,
                                                            CartStore::LineChange change) {
  EMP_CO_ASSIGN(const auto version, version_of(if_match));
  EMP_CO_ASSIGN(auto cart, co_await cart_store_.change_line(owner_of(context, token), change, version, context.trace, settings_.limits));
  co_return cart_response(std::move(cart));
}

Task<Result<v1::CartResponse>> CheckoutService::update_cart_item(CallContext context, v1::UpdateCartItemRequest request) {
  co_return co_await change_line(context, request.cart_token, request.if_match, {.line = request.line_id, .qty = request.qty});
}

Task<Result<v1::CartResponse>> CheckoutService::remove_cart_item(CallContext context, v1::RemoveCartItemRequest request) {
  co_return co_await change_line(context, request.cart_token, request.if_match, {.line = request.line_id, .qty = 0, .absent_is_fine = true});
}

Task<Result<v1::CartResponse>> CheckoutService::clear_cart(CallContext context, v1::ClearCartRequest request) {
  EMP_CO_ASSIGN(const auto version, version_of(request.if_match));
  EMP_CO_ASSIGN(auto cart, co_await cart_store_.clear(owner_of(context, request.cart_token), version, context.trace));
  co_return cart_response(std::move(cart));
}

Task<Result<v1::CartResponse>> CheckoutService::save_for_later(CallContext context, v1::SaveForLaterRequest request) {
  co_return co_await change_line(context, request.cart_token, request.if_match, {.line = request.line_id, .saved_for_later = true});
}

Task<Result<v1::CartResponse>> CheckoutService::move_to_cart(CallContext context, v1::MoveToCartRequest request) {
  co_return co_await change_line(context, request.cart_token, request.if_match, {.line = request.line_id, .saved_for_later = false});
}

Task<Result<v1::RefreshCartResponse>> CheckoutService::refresh_cart(CallContext context, v1::RefreshCartRequest request) {
  EMP_CO_ASSIGN(auto refreshed, co_await carts_.refresh(context, owner_of(context, request.cart_token)));
  v1::RefreshCartResponse out;
  out.cart = refreshed.cart ? std::move(*refreshed.cart) : carts_.empty_cart();
  out.changes = std::move(refreshed.changes);
  out.etag = etag_of(out.cart.version);
  co_return out;
}

Task<Result<v1::CartResponse>> CheckoutService::apply_coupon(CallContext context, v1::ApplyCouponRequest request) {
  EMP_CO_ASSIGN(const auto if_match, version_of(request.if_match));
  EMP_CO_ASSIGN(auto cart, co_await carts_.apply_coupon(context, owner_of(context, request.cart_token), std::move(request.code), if_match));
  co_return cart_response(std::move(cart));
}

Task<Result<v1::CartResponse>> CheckoutService::remove_coupon(CallContext context, v1::RemoveCouponRequest request) {
  EMP_CO_ASSIGN(const auto if_match, version_of(request.if_match));
  const CartStore::CouponChange change{.code = ascii_upper(trimmed(request.code)), .is_applied = false};
  EMP_CO_ASSIGN(auto cart, co_await cart_store_.change_coupon(owner_of(context, request.cart_token), change, if_match));
  co_return cart_response(std::move(cart));
}

Task<Result<v1::MergeCartResponse>> CheckoutService::merge_cart(CallContext context, v1::MergeCartRequest request) {
  std::optional<std::string> guest;
  if (request.cart_token && !request.cart_token->empty()) guest = security::sha256(*request.cart_token);
  EMP_CO_ASSIGN(auto merged, co_await carts_.merge(context, context.principal.id, guest));
  v1::MergeCartResponse out;
  out.cart = merged.cart ? std::move(*merged.cart) : carts_.empty_cart();
  out.merged_lines = merged.lines;
  if (merged.replayed) out.idempotent_replayed = "true";
  out.etag = etag_of(out.cart.version);
  co_return out;
}

Task<Result<v1::ShareCartResponse>> CheckoutService::share_cart(CallContext context, v1::ShareCartRequest request) {
  co_return co_await carts_.share(owner_of(context, request.cart_token));
}

Task<Result<v1::SharedCart>> CheckoutService::get_shared_cart(CallContext context, v1::GetSharedCartRequest request) {
  (void)context;
  co_return co_await carts_.shared(std::move(request.token));
}

}  // namespace emporion::checkout
