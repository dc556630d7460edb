#include "modules/commerce/payment/app/fraud_mapping.hpp"

#include "kernel/base/ip_address.hpp"
#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

void take(const std::optional<std::int32_t>& written, std::int32_t& out) {
  if (written) out = *written;
}

std::unexpected<Error> invalid(std::string_view kind, std::string_view wanted) {
  return fail(Error(ErrorKind::rule_violated, "FRAUD_VALUE_INVALID", text("a ", kind, " entry needs ", wanted)).with("kind", kind));
}

Result<ListedValue> by_digest(std::string_view kind, std::optional<Uuid> digest, std::string shown, std::string_view wanted) {
  if (!digest) return invalid(kind, wanted);
  return ListedValue{digest, std::nullopt, std::move(shown)};
}

}  // namespace

Result<RiskRules> apply(const v1::FraudRuleSet& written, RiskRules base) {
  for (const auto& [name, points] : written.points) {
    const auto signal = signal_named(name);
    if (!signal) return fail(Error(ErrorKind::rule_violated, "FRAUD_RULES_INVALID", text("there is no signal ", name)).with("signal", name));
    base.points[static_cast<std::size_t>(*signal)] = points;
  }
  take(written.challenge_from, base.challenge_from);
  take(written.review_from, base.review_from);
  take(written.deny_from, base.deny_from);
  take(written.skus_max, base.skus_max);
  take(written.payments_per_day_max, base.payments_per_day_max);
  take(written.declines_per_hour_min, base.declines_per_hour_min);
  take(written.orders_per_hour_max, base.orders_per_hour_max);
  take(written.accounts_per_card_max, base.accounts_per_card_max);
  take(written.account_age_hours_min, base.account_age_hours_min);
  for (const Money& amount : written.high_amounts) base.high_amounts[amount.currency().to_string()] = amount.amount();
  if (!written.hosting_asns.empty()) base.hosting_asns = written.hosting_asns;
  EMP_TRY(base.check());
  return base;
}

v1::FraudRuleSet to_contract(const RiskRules& rules) {
  v1::FraudRuleSet out;
  for (std::size_t i = 0; i < signal_count; ++i) out.points.emplace(to_string(static_cast<Signal>(i)), rules.points[i]);
  out.challenge_from = rules.challenge_from;
  out.review_from = rules.review_from;
  out.deny_from = rules.deny_from;
  out.skus_max = rules.skus_max;
  out.payments_per_day_max = rules.payments_per_day_max;
  out.declines_per_hour_min = rules.declines_per_hour_min;
  out.orders_per_hour_max = rules.orders_per_hour_max;
  out.accounts_per_card_max = rules.accounts_per_card_max;
  out.account_age_hours_min = rules.account_age_hours_min;
  for (const auto& [currency, amount] : rules.high_amounts) out.high_amounts.emplace_back(amount, Currency::of(currency));
  out.hosting_asns = rules.hosting_asns;
  return out;
}

Result<ListedValue> listed_value(const v1::AddFraudEntryRequest& request) {
  using Kind = v1::FraudKind;
  const std::string_view kind = to_string(request.kind);
  if (request.kind == Kind::address) {
    if (!request.address || request.value) return invalid(kind, "address and no value");
    const auto& place = *request.address;
    return ListedValue{address_key({place.country, place.city, place.line1, place.line2.value_or(""), place.postal_code.value_or("")}), std::nullopt,
                       text("…, ", place.city, ", ", ascii_upper(place.country))};
  }
  if (!request.value || request.address) return invalid(kind, "value and no address");
  const std::string& value = *request.value;
  switch (request.kind) {
    case Kind::email: return by_digest(kind, email_key(value), shown_email(value), "an e-mail address");
    case Kind::phone: return by_digest(kind, phone_key(value), shown_end(value), "a phone number with its country code");
    case Kind::device: return by_digest(kind, device_key(value), shown_end(value), "a device id");
    case Kind::card: return by_digest(kind, card_key(value), shown_end(value), "the provider's fingerprint of a card");
    default: break;
  }
  const auto network = canonical_network(value);
  if (!network) return invalid(kind, "an IP address or a range of them (203.0.113.0/24)");
  return ListedValue{std::nullopt, network, *network};
}

}  // namespace emporion::payment
