#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::payment {

/// A card as its keeper describes it. The number itself never comes here.
struct CardOnFile {
  std::string token;
  std::string brand;
  std::string last4;
  std::int32_t exp_month = 0;
  std::int32_t exp_year = 0;
  std::string fingerprint;  ///< The same for the same number; empty if the keeper gives none.
  std::string country;      ///< Of the issuer; empty if unknown.
  std::string owner;        ///< The keeper's reference of the customer that the card is attached to; empty if to none.
};

struct CardSetup {
  std::string reference;
  std::string client_secret;  ///< For the keeper's script in the browser.
};

/// Who keeps cards for us: the provider. Every call may be repeated.
/// Errors: TOKEN_INVALID (rule_violated: no such card, or one that cannot be used), and those of ProviderGateway's calls.
class CardVault {
 public:
  virtual ~CardVault() = default;
  virtual bool is_enabled() const noexcept = 0;
  virtual std::string_view provider() const noexcept = 0;

  virtual Task<Result<CardOnFile>> describe(std::string token, milliseconds within) = 0;
  /// The keeper's reference of a customer; another for another `key`.
  virtual Task<Result<std::string>> open_customer(Uuid customer, std::string key) = 0;
  /// Lets the browser enter a card for `owner`.
  virtual Task<Result<CardSetup>> set_up(std::string owner, std::string key) = 0;
  /// Makes `token` a card of `owner`, so that it can pay again. The card may get another token.
  virtual Task<Result<CardOnFile>> attach(std::string token, std::string owner, std::string key) = 0;
  /// The card cannot pay any more. One that is gone already is a success. `tried` numbers the tries: a keeper repeats its failures under one key.
  virtual Task<Result<>> detach(std::string token, std::int32_t tried) = 0;
};

/// What CreatePayment is given for a card of a customer: provider and customer in one text, which the provider's adapter takes apart again.
inline std::string attached_token(std::string_view owner, std::string_view token) { return std::string(owner) + "/" + std::string(token); }

}  // namespace emporion::payment
