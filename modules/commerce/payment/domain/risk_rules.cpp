#include "modules/commerce/payment/domain/risk_rules.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

struct Known {
  std::string_view name;
  std::int32_t points;
};
// In the order of the enumeration. Source: commerce.md §3.8.
constexpr std::array<Known, signal_count> known{{
    {"amount_high", 20},
    {"guest_amount", 15},
    {"many_skus", 15},
    {"payments_per_day", 25},
    {"declines_per_hour", 30},
    {"orders_per_hour", 20},
    {"new_account", 15},
    {"round_amount", 5},
    {"address_country_billing", 15},
    {"address_country_shipping", 10},
    {"anonymous_address", 20},
    {"tor_exit", 35},
    {"address_signal_unavailable", 10},
    {"card_country", 15},
    {"card_of_many_accounts", 30},
    {"billing_differs", 5},
    {"disposable_email", 15},
}};

// About 10,000 USD in major units of currencies that are far from it. These limits need no exact rate, so they follow none; staff may set others. What is not
// listed counts as one to one.
constexpr std::array high_amounts_major{
    std::pair{std::string_view("VND"), std::int64_t{20'000'000}},  // The specification's own figure.
    std::pair{std::string_view("AED"), std::int64_t{37'000}},     std::pair{std::string_view("BDT"), std::int64_t{1'200'000}},
    std::pair{std::string_view("BHD"), std::int64_t{3'800}},      std::pair{std::string_view("BRL"), std::int64_t{55'000}},
    std::pair{std::string_view("CLP"), std::int64_t{9'500'000}},  std::pair{std::string_view("CNY"), std::int64_t{72'000}},
    std::pair{std::string_view("COP"), std::int64_t{41'000'000}}, std::pair{std::string_view("CZK"), std::int64_t{230'000}},
    std::pair{std::string_view("DKK"), std::int64_t{70'000}},     std::pair{std::string_view("HKD"), std::int64_t{78'000}},
    std::pair{std::string_view("HUF"), std::int64_t{3'600'000}},  std::pair{std::string_view("IDR"), std::int64_t{160'000'000}},
    std::pair{std::string_view("INR"), std::int64_t{840'000}},    std::pair{std::string_view("ISK"), std::int64_t{1'380'000}},
    std::pair{std::string_view("JOD"), std::int64_t{7'100}},      std::pair{std::string_view("JPY"), std::int64_t{1'500'000}},
    std::pair{std::string_view("KHR"), std::int64_t{40'000'000}}, std::pair{std::string_view("KRW"), std::int64_t{13'000'000}},
    std::pair{std::string_view("KWD"), std::int64_t{3'000}},      std::pair{std::string_view("LAK"), std::int64_t{215'000'000}},
    std::pair{std::string_view("LKR"), std::int64_t{3'000'000}},  std::pair{std::string_view("MXN"), std::int64_t{190'000}},
    std::pair{std::string_view("MYR"), std::int64_t{44'000}},     std::pair{std::string_view("NOK"), std::int64_t{108'000}},
    std::pair{std::string_view("NPR"), std::int64_t{1'340'000}},  std::pair{std::string_view("OMR"), std::int64_t{3'800}},
    std::pair{std::string_view("PHP"), std::int64_t{570'000}},    std::pair{std::string_view("PKR"), std::int64_t{2'780'000}},
    std::pair{std::string_view("PLN"), std::int64_t{40'000}},     std::pair{std::string_view("QAR"), std::int64_t{36'000}},
    std::pair{std::string_view("RUB"), std::int64_t{920'000}},    std::pair{std::string_view("SAR"), std::int64_t{37'500}},
    std::pair{std::string_view("SEK"), std::int64_t{105'000}},    std::pair{std::string_view("THB"), std::int64_t{350'000}},
    std::pair{std::string_view("TND"), std::int64_t{31'000}},     std::pair{std::string_view("TRY"), std::int64_t{340'000}},
    std::pair{std::string_view("TWD"), std::int64_t{320'000}},    std::pair{std::string_view("UAH"), std::int64_t{410'000}},
    std::pair{std::string_view("ZAR"), std::int64_t{185'000}},
};

std::unexpected<Error> invalid(std::string detail) { return fail(ErrorKind::rule_violated, "FRAUD_RULES_INVALID", std::move(detail)); }

}  // namespace

std::string_view to_string(Signal signal) noexcept { return known[static_cast<std::size_t>(signal)].name; }

std::optional<Signal> signal_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(known, name, &Known::name);
  return found == known.end() ? std::nullopt : std::optional(static_cast<Signal>(found - known.begin()));
}

std::array<std::int32_t, signal_count> RiskRules::default_points() {
  std::array<std::int32_t, signal_count> out{};
  std::ranges::transform(known, out.begin(), &Known::points);
  return out;
}

Money RiskRules::high(Currency currency) const {
  const auto found = high_amounts.find(currency.code());
  return found == high_amounts.end() ? high_amount(currency) : Money(found->second, currency);
}

Result<> RiskRules::check() const {
  for (std::size_t i = 0; i < signal_count; ++i) {
    if (points[i] < 0 || points[i] > 100) return invalid(text("points of ", known[i].name, " are 0 to 100"));
  }
  if (challenge_from > review_from || review_from > deny_from) return invalid("challenge_from, review_from and deny_from come in this order");
  if (std::min({skus_max, payments_per_day_max, declines_per_hour_min, orders_per_hour_max, accounts_per_card_max, account_age_hours_min, challenge_from}) < 1)
    return invalid("limits are positive");
  for (const auto& [currency, amount] : high_amounts) {
    // A tenth of it is a limit too.
    if (amount < 10) return invalid(text("the high amount of ", currency, " is too small"));
  }
  return {};
}

Money high_amount(Currency currency) {
  std::int64_t amount = 10'000;
  for (const auto& [code, major] : high_amounts_major) {
    if (code == currency.code()) amount = major;
  }
  for (int i = 0; i < currency.exponent(); ++i) amount *= 10;
  return Money(amount, currency);
}

}  // namespace emporion::payment
