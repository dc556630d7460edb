#pragma once

#include "kernel/http/client.hpp"
#include "kernel/json/value.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"
#include "modules/commerce/payment/adapters/stripe/wire.hpp"
#include "modules/commerce/payment/app/card_vault.hpp"

namespace emporion::payment::stripe {

/// Reads a payment method. Errors: TOKEN_INVALID (no card), PROVIDER_OUTCOME_UNKNOWN (it cannot be read).
Result<CardOnFile> read_card(json::Value value);
/// Reads an answer to a call on a payment method. Errors: TOKEN_INVALID, and those of ProviderGateway's calls.
Result<CardOnFile> read_card_answer(int status, std::string_view body);

/// Cards that Stripe keeps. Source: https://docs.stripe.com/api/payment_methods, /setup_intents, /customers
class StripeCards final : public CardVault {
 public:
  StripeCards(Runtime& runtime, StripeOptions options) : client_(runtime), options_(std::move(options)) {}

  bool is_enabled() const noexcept override { return options_.enabled; }
  std::string_view provider() const noexcept override { return "stripe"; }
  Task<Result<CardOnFile>> describe(std::string token, milliseconds within) override;
  Task<Result<std::string>> open_customer(Uuid customer, std::string key) override;
  Task<Result<CardSetup>> set_up(std::string owner, std::string key) override;
  Task<Result<CardOnFile>> attach(std::string token, std::string owner, std::string key) override;
  Task<Result<>> detach(std::string token, std::int32_t tried) override;

 private:
  Task<Result<http::Response>> post(std::string path, Form form, std::string idempotency_key);
  Task<Result<http::Response>> send(http::ClientRequest request);

  http::Client client_;
  StripeOptions options_;
};

}  // namespace emporion::payment::stripe
