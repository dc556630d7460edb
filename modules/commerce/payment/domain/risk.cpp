#include "modules/commerce/payment/domain/risk.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace emporion::payment {
namespace {

constexpr std::array<std::string_view, 3> decision_names{"allow", "review", "deny"};

// 10,000 USD in major units of currencies far from it, rounded; these limits need no exact rate. Others count as one to one.
constexpr std::array high_amounts_major{
    std::pair{std::string_view("VND"), std::int64_t{20'000'000}}, std::pair{std::string_view("JPY"), std::int64_t{1'500'000}}, std::pair{std::string_view("KRW"), std::int64_t{13'000'000}},
    std::pair{std::string_view("KWD"), std::int64_t{3'000}},      std::pair{std::string_view("BHD"), std::int64_t{3'800}},
};

bool is_round(const Money& amount) {
  // A tenth of the limit for high amounts: 2,000,000 VND, 1,000 USD.
  return amount.amount() % (high_amount(amount.currency()).amount() / 10) == 0;
}

}  // namespace

std::string_view to_string(RiskDecision decision) noexcept { return decision_names[static_cast<std::size_t>(decision)]; }

Money high_amount(Currency currency) {
  std::int64_t amount = 10'000;
  for (const auto& [code, major] : high_amounts_major) {
    if (code == currency.code()) amount = major;
  }
  for (int i = 0; i < currency.exponent(); ++i) amount *= 10;
  return Money(amount, currency);
}

RiskScore score_risk(const RiskFacts& facts, std::string_view method) {
  RiskScore result;
  const auto signal = [&](bool fired, const char* name, int points) {
    if (!fired) return;
    result.signals.push_back({name, points});
    result.score += points;
  };
  const Money high = high_amount(facts.amount.currency());
  signal(facts.amount > high, "amount_high", 20);
  signal(facts.is_guest && facts.amount.amount() > high.amount() / 10, "guest_amount", 15);
  signal(facts.distinct_skus > 20, "many_skus", 15);
  signal(facts.payments_last_day > 10, "payments_per_day", 25);
  signal(facts.declines_last_hour >= 3, "declines_per_hour", 30);
  signal(facts.orders_last_hour_by_address > 5, "orders_per_hour_by_address", 20);
  signal(facts.amount >= high && is_round(facts.amount), "round_amount", 5);
  signal(facts.billing_differs_from_shipping, "billing_differs", 5);
  signal(!facts.address_country_differs.has_value(), "address_signal_unavailable", 10);
  signal(facts.address_country_differs.value_or(false), "address_country_differs", 15);
  result.score = std::min(result.score, 100);
  if (facts.earlier_lost_chargeback) result.signals.push_back({"earlier_lost_chargeback", 100});

  const bool is_card = method == "card";
  if (result.score >= 75 || facts.earlier_lost_chargeback) {
    result.decision = RiskDecision::deny;
  } else if (result.score >= 60 || (result.score >= 40 && !is_card)) {
    result.decision = RiskDecision::review;
  }
  result.force_3ds = is_card && result.score >= 40 && result.decision != RiskDecision::deny;
  return result;
}

}  // namespace emporion::payment
