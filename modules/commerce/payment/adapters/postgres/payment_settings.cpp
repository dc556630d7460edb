#include "modules/commerce/payment/adapters/postgres/payment_settings.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/assert.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/json/fields.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement newest_version{"payment.settings_version", "SELECT max(version)::int8 FROM payment_settings", Effect::reads};
constexpr Statement find_settings{
    "payment.find_settings",
    "SELECT payment_settings_document(s)::text FROM payment_settings s WHERE s.version = COALESCE($1, (SELECT max(version) FROM payment_settings))",
    Effect::reads};
constexpr Statement put_settings{"payment.put_settings", "SELECT payment_settings_put($1, $2, $3, $4, $5)::text", Effect::writes};

constexpr std::array all_methods{v1::SettableMethod::card, v1::SettableMethod::paypal, v1::SettableMethod::vnpay,
                                 v1::SettableMethod::momo, v1::SettableMethod::cod,    v1::SettableMethod::bank_transfer};

Result<> take(const std::vector<Money>& amounts, std::map<std::string, std::int64_t, std::less<>>& out) {
  out.clear();
  for (const Money& amount : amounts) {
    if (!out.emplace(amount.currency().to_string(), amount.amount()).second)
      return fail(ErrorKind::rule_violated, "SETTINGS_INVALID", "two limits of one currency");
  }
  return {};
}

/// Errors: SETTINGS_INVALID.
Result<> set_rules(const std::vector<v1::MethodSettings>& written, MethodRules& rules) {
  for (const auto& method : written) {
    MethodRule& rule = rules[to_string(method.method)];
    rule.is_enabled = method.enabled;
    EMP_TRY(take(method.min_amounts, rule.min));
    EMP_TRY(take(method.max_amounts, rule.max));
    EMP_TRY(rule.check());
  }
  return {};
}

std::vector<v1::MethodSettings> to_contract(const MethodRules& rules) {
  std::vector<v1::MethodSettings> out;
  for (const auto method : all_methods) {
    const MethodRule& rule = rules.of(to_string(method));
    v1::MethodSettings row;
    row.method = method;
    row.enabled = rule.is_enabled;
    for (const auto& [currency, amount] : rule.min) row.min_amounts.emplace_back(amount, Currency::of(currency));
    for (const auto& [currency, amount] : rule.max) row.max_amounts.emplace_back(amount, Currency::of(currency));
    out.push_back(std::move(row));
  }
  return out;
}

std::string to_json_list(const std::vector<v1::MethodSettings>& methods) {
  std::string out;
  json::append_json(out, methods);
  return out;
}

}  // namespace

PaymentSettingsStore::PaymentSettingsStore(postgres::Database& database, const Clock& clock)
    : database_(database), clock_(clock), revision_(database, newest_version, clock) {}

v1::PaymentSettings PaymentSettingsStore::in_full(v1::PaymentSettings stored) const {
  MethodRules rules;
  const auto applied = set_rules(stored.methods, rules);
  EMP_ASSERT(applied.has_value());  // It was checked when it was put.
  stored.methods = to_contract(rules);
  for (auto& row : stored.methods) row.configured = configured_.contains(to_string(row.method));
  return stored;
}

Task<Result<v1::PaymentSettings>> PaymentSettingsStore::stored(std::optional<std::int32_t> version) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_settings, version));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "SETTINGS_NOT_FOUND", "no such version of the settings");
  co_return parse_json<v1::PaymentSettings>(rows[0].get<std::string>(0));
}

Task<Result<v1::PaymentSettings>> PaymentSettingsStore::get_payment_settings(CallContext, v1::GetPaymentSettingsRequest) {
  EMP_CO_ASSIGN(auto settings, co_await stored(std::nullopt));
  co_return in_full(std::move(settings));
}

Task<Result<v1::PaymentSettings>> PaymentSettingsStore::put_payment_settings(CallContext context, v1::PutPaymentSettingsRequest request) {
  EMP_CO_ASSIGN(const auto base, co_await stored(request.version));
  MethodRules rules;
  EMP_CO_TRY(set_rules(base.methods, rules));
  EMP_CO_TRY(set_rules(request.methods, rules));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(put_settings, request.version, json::Raw{to_json_list(to_contract(rules))}, request.reason,
                                                          context.principal.id, clock_.now()));
  revision_.look_again();
  EMP_CO_ASSIGN(auto settings, parse_json<v1::PaymentSettings>(rows[0].get<std::string>(0)));
  co_return in_full(std::move(settings));
}

Task<Result<std::shared_ptr<const MethodRules>>> PaymentSettingsStore::current() {
  EMP_CO_ASSIGN(const auto version, co_await revision_.current());
  if (rules_ && rules_->version == version) co_return rules_;
  EMP_CO_ASSIGN(const auto settings, co_await stored(static_cast<std::int32_t>(version)));
  auto rules = std::make_shared<MethodRules>();
  EMP_CO_TRY(set_rules(settings.methods, *rules));
  rules->version = settings.version;
  rules_ = rules;
  co_return rules;
}

}  // namespace emporion::payment
