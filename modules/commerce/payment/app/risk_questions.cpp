#include "modules/commerce/payment/app/risk_questions.hpp"

#include <algorithm>

#include "kernel/base/ip_address.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "modules/commerce/payment/domain/fraud_key.hpp"

namespace emporion::payment {
namespace {

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1"; }

std::optional<Uuid> key_of(const std::optional<v1::RiskAddress>& place) {
  if (!place) return std::nullopt;
  return address_key({place->country, place->city, place->line1, place->line2.value_or(""), place->postal_code.value_or("")});
}

std::string country_of(const std::optional<std::string>& told) { return told ? ascii_upper(*told) : std::string(); }

}  // namespace

void RiskQuestions::add_address(const v1::RiskFacts& told, RiskQuestion& out) const {
  if (!told.ip_address) return;
  const auto address = canonical_ip(*told.ip_address);
  // A buyer on this very machine comes through something that did not say where from.
  if (!address || is_loopback(*address)) return;
  out.address = *address;
  out.is_shared_address = std::ranges::find(options_.shared_addresses, *address) != options_.shared_addresses.end();
  if (options_.origins != nullptr) out.facts.origin = options_.origins->find(*address);
}

Task<void> RiskQuestions::add_card(std::string token, RiskQuestion& out) {
  // Not by the token: a fingerprint tells a number again that was entered again.
  const auto card = co_await options_.cards->describe(std::move(token), options_.card_within);
  if (!card) {
    observe::log(observe::Level::debug, "a card is scored without its keeper's word", {{"error", card.error().to_string()}});
    co_return;
  }
  out.card_digest = card_key(card->fingerprint);
  out.facts.card_country = ascii_upper(card->country);
}

Task<void> RiskQuestions::add_saved_card(Uuid id, RiskQuestion& out) {
  if (options_.saved_cards == nullptr || !out.customer_id) co_return;
  const auto card = co_await options_.saved_cards->find(id, *out.customer_id);
  if (!card || !*card) co_return;
  out.card_digest = card_key((*card)->fingerprint);
  out.facts.card_country = ascii_upper((*card)->country);
}

Task<RiskQuestion> RiskQuestions::of(CallContext context, v1::AssessRiskRequest request) {
  const v1::RiskFacts& told = request.facts;
  RiskQuestion out{.id = Uuid::v7(clock_.now(), random_),
                   .key = context.idempotency_key,
                   .saga_id = request.saga_id,
                   .order_id = request.order_id,
                   .customer_id = request.customer_id};
  out.counts_velocity = !request.acting_staff_id.has_value();
  out.is_decisive = options_.is_decisive;
  out.method = std::string(to_string(request.method));
  if (told.email) out.email_digest = email_key(*told.email);
  if (told.phone) out.phone_digest = phone_key(*told.phone);
  if (told.device_id) out.device_digest = device_key(*told.device_id);
  for (const auto& key : {key_of(told.shipping_address), key_of(told.billing_address)}) {
    if (key) out.places.push_back(*key);
  }
  out.account_created_at = told.account_created_at;
  out.facts.amount = request.amount;
  out.facts.is_guest = !request.customer_id.has_value();
  out.facts.distinct_skus = request.distinct_skus;
  out.facts.billing_country = country_of(told.billing_country);
  out.facts.shipping_country = country_of(told.shipping_country);
  out.facts.billing_differs_from_shipping = told.addresses_differ.value_or(false);
  out.facts.has_disposable_email = told.email && options_.disposable.contains(email_domain(*told.email));
  add_address(told, out);
  if (request.provider_token && request.method == v1::PaymentMethod::card) {
    if (const auto saved = Uuid::parse(*request.provider_token)) {
      co_await add_saved_card(*saved, out);
    } else if (options_.cards != nullptr && options_.cards->is_enabled()) {
      co_await add_card(*request.provider_token, out);
    }
  }
  co_return out;
}

}  // namespace emporion::payment
