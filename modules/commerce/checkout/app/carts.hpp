#pragma once

#include "kernel/base/random.hpp"
#include "modules/commerce/checkout/app/checkout_settings.hpp"
#include "modules/commerce/checkout/app/neighbours.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// Whose idempotency keys an owner's are: "customer:<id>", "guest:<hash>".
std::string caller_of(const Owner& owner);

/// Reason of an add under a guest's token whose cart went into a customer's: the caller takes a new token.
constexpr const char* token_is_dead = "CART_TOKEN_DEAD";

/// What buyers do to their carts. Facts of the SKUs (name, price, stock) are read before the cart's transaction, never inside it.
class Carts {
 public:
  Carts(const Neighbours& neighbours, CartStore& store, const CheckoutSettings& settings, const Clock& clock, Random& random)
      : neighbours_(neighbours), store_(store), settings_(settings), clock_(clock), random_(random) {}

  struct AddItems {
    std::vector<v1::CartItemInput> items;
    std::optional<std::string> currency;
    std::optional<std::int64_t> if_match;
  };
  /// Errors: CART_TOKEN_DEAD, SKU_UNKNOWN, SKU_NOT_SELLABLE, OUT_OF_STOCK, PRICING_UNAVAILABLE, and those of CartStore::add.
  Task<Result<CartChanged>> add(CallContext context, Owner owner, AddItems command);
  /// Puts a coupon code into the cart. Errors: COUPON_INVALID {code, reason}, COUPON_LOGIN_REQUIRED, COUPON_LIMIT, DEPENDENCY_UNAVAILABLE, TOO_MANY_CODES.
  Task<Result<v1::Cart>> apply_coupon(CallContext context, Owner owner, std::string code, std::optional<std::int64_t> if_match);
  /// Writes what catalogue, pricing and stock say now into the cart.
  Task<Result<CartStore::Refreshed>> refresh(CallContext context, Owner owner);
  /// A read-only copy for 7 days, without its owner. Errors: CART_EMPTY.
  Task<Result<v1::ShareCartResponse>> share(Owner owner);
  /// Errors: SHARE_NOT_FOUND, SHARE_EXPIRED.
  Task<Result<v1::SharedCart>> shared(std::string token);
  /// Takes the guest's cart into the customer's. A repeat answers the same cart.
  Task<Result<CartStore::Merged>> merge(CallContext context, Uuid customer, std::optional<std::string> guest_sha256);

  /// What an owner without a cart sees.
  v1::Cart empty_cart() const;

 private:
  /// An add that was not to be had at once: `lines` were refused, or the cart is in another currency.
  Task<Result<CartChanged>> add_to_known(CallContext context, Owner owner, KeyedRequest keyed, AddItems command, Currency currency,
                                         Result<std::vector<NewLine>> lines);
  Task<Result<std::vector<NewLine>>> lines_of(CallContext context, std::vector<v1::CartItemInput> items, Currency currency);

  const Neighbours& neighbours_;
  CartStore& store_;
  const CheckoutSettings& settings_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::checkout
