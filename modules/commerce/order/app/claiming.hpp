#pragma once

#include "contracts/commerce/order/v1/order_api.hpp"
#include "modules/commerce/order/app/neighbours.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// Signs and reads the proof that whoever holds it has the mailbox of a guest's order: it is sent nowhere else. A port: keys live in the adapters.
class ClaimTokens {
 public:
  virtual ~ClaimTokens() = default;
  /// Valid until `expires_at`, for this order and this contact.
  virtual std::string issue(Uuid order_id, std::string_view email, UtcTime expires_at) const = 0;
  struct Claim {
    Uuid order_id;
    UtcTime expires_at;
    std::string signature;
  };
  /// What the token says, not proven yet. Errors: CLAIM_TOKEN_INVALID.
  virtual Result<Claim> read(std::string_view token) const = 0;
  virtual bool is_genuine(const Claim& claim, std::string_view email) const = 0;
};

inline constexpr hours claim_token_life{24 * 7};                           ///< Source: commerce.md §2.4.
inline constexpr std::string_view masked_email = "erased@erased.invalid";  ///< What mask_orders leaves of a contact.

/// Links what a customer bought as a guest: everything of the verified e-mail, or the one order whose token was sent to its contact.
class Claiming {
 public:
  Claiming(OrderStore& store, Neighbours& neighbours, const ClaimTokens& tokens, const Clock& clock)
      : store_(store), neighbours_(neighbours), tokens_(tokens), clock_(clock) {}

  /// Once per idempotency key; with another key a repeat links nothing new. Errors: EMAIL_NOT_VERIFIED, CLAIM_TOKEN_INVALID (422), CLAIM_TOKEN_EXPIRED (410),
  /// ALREADY_CLAIMED (409).
  Task<Result<v1::ClaimGuestOrdersResponse>> claim(CallContext context, v1::ClaimGuestOrdersRequest request);

 private:
  Task<Result<Uuid>> proven(std::string_view token, Uuid customer);
  OrderStore& store_;
  Neighbours& neighbours_;
  const ClaimTokens& tokens_;
  const Clock& clock_;
};

}  // namespace emporion::order
