#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "modules/commerce/checkout/domain/limits.hpp"
#include "modules/commerce/checkout/domain/owner.hpp"

namespace emporion::checkout {

/// A line to put into a cart, with what the other modules say of it now.
struct NewLine {
  Uuid line;
  std::string sku;
  Uuid product;
  std::int32_t qty = 0;
  Money unit_price;
  Money list_price;
  std::string name;
  std::optional<std::string> image;
  std::optional<Uuid> seller;
  v1::Availability availability = v1::Availability::in_stock;
};

/// Who asks, under which key, with which request: the first answer to it is kept.
struct KeyedRequest {
  std::string caller;
  std::string key;
  std::string request;
  Uuid trace;
};

struct CartChanged {
  v1::Cart cart;
  bool replayed = false;
};

/// What a line is now, for RefreshCart. Empty members were not to be had and stay as they are.
struct LineFacts {
  std::string sku;
  std::optional<Money> unit_price;
  std::optional<Money> list_price;
  std::optional<std::string> name;
  std::optional<std::string> image;
  v1::Availability availability = v1::Availability::in_stock;
};

/// Carts. Each change is one transaction under the cart's row lock. Errors everywhere: CART_LOCKED, VERSION_CONFLICT, QTY_LIMIT, LINE_LIMIT.
class CartStore {
 public:
  virtual ~CartStore() = default;
  /// The owner's live cart, or nothing.
  virtual Task<Result<std::optional<v1::Cart>>> find(Owner owner) = 0;
  struct BeforeAdd {
    std::optional<Currency> currency;  ///< Of the owner's live cart.
    std::optional<v1::Cart> answer;    ///< The first answer to this very request.
    bool token_is_dead = false;        ///< The guest's cart went into a customer's.
  };
  /// What is known of an add that the other modules refuse, or that is in another currency. Errors: IDEMPOTENCY_KEY_REUSED.
  virtual Task<Result<BeforeAdd>> before_add(Owner owner, KeyedRequest keyed) = 0;
  /// Errors: CURRENCY_MISMATCH, IDEMPOTENCY_KEY_REUSED, CART_TOKEN_DEAD.
  virtual Task<Result<CartChanged>> add(Owner owner, KeyedRequest keyed, std::vector<NewLine> lines, std::optional<Currency> currency,
                                        std::optional<std::int64_t> if_match, CartLimits limits) = 0;
  struct LineChange {
    Uuid line;
    std::optional<std::int32_t> qty;  ///< 0 removes the line.
    std::optional<bool> saved_for_later;
    bool absent_is_fine = false;
  };
  /// Nothing: there is no cart. Errors: LINE_NOT_FOUND.
  virtual Task<Result<std::optional<v1::Cart>>> change_line(Owner owner, LineChange change, std::optional<std::int64_t> if_match, Uuid trace,
                                                            CartLimits limits) = 0;
  struct CouponChange {
    std::string code;  ///< In upper case.
    bool is_applied = true;
    std::int32_t coupons_max = 5;
  };
  /// Puts a code into the cart or takes it out; a repeat changes nothing. Nothing: there is no cart. Errors: COUPON_LIMIT.
  virtual Task<Result<std::optional<v1::Cart>>> change_coupon(Owner owner, CouponChange change, std::optional<std::int64_t> if_match) = 0;
  virtual Task<Result<std::optional<v1::Cart>>> clear(Owner owner, std::optional<std::int64_t> if_match, Uuid trace) = 0;
  struct Refreshed {
    std::optional<v1::Cart> cart;
    std::vector<v1::CartChange> changes;
  };
  virtual Task<Result<Refreshed>> refresh(Owner owner, std::vector<LineFacts> facts) = 0;
  struct Merged {
    std::optional<v1::Cart> cart;
    std::int32_t lines = 0;
    bool replayed = false;
  };
  /// Errors: IDEMPOTENCY_KEY_REUSED.
  virtual Task<Result<Merged>> merge(Uuid customer, std::string guest_sha256, KeyedRequest keyed, CartLimits limits) = 0;
  virtual Task<Result<>> share(std::string token_sha256, Uuid cart, std::string snapshot, UtcTime expires_at) = 0;
  struct Shared {
    std::string snapshot;
    UtcTime expires_at;
  };
  /// Errors: SHARE_NOT_FOUND.
  virtual Task<Result<Shared>> find_shared(std::string token_sha256) = 0;
};

/// A session as it stands, with what belongs to it.
struct SessionView {
  Owner owner;
  v1::CheckoutSession session;
  v1::Cart cart;
  std::optional<v1::Quote> quote;
  std::optional<v1::ListShippingMethodsResponse> plan;  ///< The groups and methods of `quote`.
  std::optional<Uuid> saga;
};

struct SessionChange {
  std::optional<v1::Contact> contact;
  std::optional<v1::Address> shipping_address;
  std::optional<v1::Address> billing_address;
  std::optional<std::vector<v1::ShippingSelection>> selections;
  std::optional<v1::PaymentSelection> payment;
  bool drop_selections = false;
  bool drop_quote = false;
};

struct QuoteToKeep {
  Uuid session;
  std::optional<Uuid> saga;
  v1::Quote quote;
  v1::ListShippingMethodsResponse plan;
};

struct Acceptance {
  Uuid session;
  Owner owner;
  std::string key;
  std::string request;
  Uuid quote;
  Uuid saga;
  std::string context;  ///< The saga's first state.
  UtcTime deadline;
  std::string method;  ///< How it is to be paid.
  std::string email;
  std::string address;           ///< The buyer's IP address, empty if it is not known.
  std::int32_t pending_max = 0;  ///< Bank transfers that may be awaited of one customer, e-mail or IP address.
};

enum class AcceptOutcome : std::uint8_t { started, replayed, completed };

/// Sessions and quotes. Errors everywhere: CHECKOUT_NOT_FOUND, CHECKOUT_EXPIRED, CHECKOUT_IN_PROGRESS.
class SessionStore {
 public:
  virtual ~SessionStore() = default;
  /// The session as it was when its key was first answered, with the cart and the quote of that moment.
  struct Started {
    v1::CheckoutSession session;
    v1::Cart cart;
    std::optional<v1::Quote> quote;
    std::int32_t status = 201;  ///< HTTP: 200 for a session that was open already.
    bool replayed = false;
  };
  /// Errors: CART_EMPTY, CART_LOCKED, IDEMPOTENCY_KEY_REUSED.
  virtual Task<Result<Started>> start(Owner owner, KeyedRequest keyed) = 0;
  virtual Task<Result<SessionView>> view(Uuid session, Owner owner) = 0;
  /// The same, but `cart.lines` is empty: for what needs the sums only, since a long cart's lines are most of the work.
  virtual Task<Result<SessionView>> view_without_lines(Uuid session, Owner owner) = 0;
  virtual Task<Result<v1::CheckoutSession>> change(Uuid session, Owner owner, std::optional<std::int64_t> if_match, SessionChange change) = 0;
  /// What pays for it besides the payment method; drops the quote.
  virtual Task<Result<v1::CheckoutSession>> set_credits(Uuid session, Owner owner, std::optional<std::int64_t> if_match,
                                                        std::vector<v1::SessionCredit> credits) = 0;
  /// Errors: CART_CHANGED.
  virtual Task<Result<v1::CheckoutSession>> keep_quote(QuoteToKeep quote) = 0;
  /// Errors: QUOTE_NOT_FOUND.
  virtual Task<Result<v1::QuoteTotals>> totals(Uuid quote) = 0;
  virtual Task<Result<v1::Quote>> quote(Uuid quote) = 0;
  struct Accepted {
    AcceptOutcome outcome = AcceptOutcome::started;
    Uuid saga;
  };
  /// S1 of the saga. Errors: QUOTE_NOT_FOUND, QUOTE_EXPIRED, CART_CHANGED, IDEMPOTENCY_KEY_REUSED, TOO_MANY_PENDING_ORDERS.
  virtual Task<Result<Accepted>> accept(Acceptance acceptance) = 0;
  /// What became of a session's confirm, readable when the session itself is over, too.
  struct Placed {
    std::optional<Uuid> saga;      ///< The last one.
    std::optional<Uuid> key_saga;  ///< The one that the key began.
    std::optional<v1::Quote> quote;
  };
  virtual Task<Result<Placed>> placed(Uuid session, Owner owner, std::string key) = 0;
  struct Abandoned {
    v1::CheckoutStatus status = v1::CheckoutStatus::unspecified;
    std::optional<Uuid> saga;
  };
  virtual Task<Result<Abandoned>> abandon(Uuid session) = 0;
  /// "approve", "reject", or nothing yet.
  virtual Task<Result<std::optional<std::string>>> review_decision(Uuid saga) = 0;
  virtual Task<Result<std::optional<Uuid>>> saga_of_order(Uuid order) = 0;
};

}  // namespace emporion::checkout
