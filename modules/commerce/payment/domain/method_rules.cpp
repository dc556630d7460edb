#include "modules/commerce/payment/domain/method_rules.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

std::optional<Money> limit_in(const std::map<std::string, std::int64_t, std::less<>>& limits, Currency currency) {
  const auto found = limits.find(currency.code());
  return found == limits.end() ? std::nullopt : std::optional(Money(found->second, currency));
}

std::unexpected<Error> invalid(std::string detail) { return fail(ErrorKind::rule_violated, "SETTINGS_INVALID", std::move(detail)); }

template <typename Choose>
std::optional<Money> chosen(std::optional<Money> a, std::optional<Money> b, Choose choose) {
  // Limits of two currencies do not compare: the first one's stands.
  if (!b || (a && a->currency() != b->currency())) return a;
  return a ? std::optional(choose(*a, *b)) : b;
}

}  // namespace

std::optional<Money> MethodRule::least(Currency currency) const { return limit_in(min, currency); }
std::optional<Money> MethodRule::most(Currency currency) const { return limit_in(max, currency); }

Result<> MethodRule::check() const {
  for (const auto& [currency, least] : min) {
    if (least < 0) return invalid("amounts are not negative");
    const auto most = max.find(currency);
    if (most != max.end() && most->second < least) return invalid(text("in ", currency, " the least is more than the most"));
  }
  for (const auto& [currency, most] : max) {
    if (most < 1) return invalid(text("in ", currency, " nothing could be paid; switch the method off instead"));
  }
  return {};
}

MethodRule& MethodRules::operator[](std::string_view method) { return rules_[std::string(method)]; }

const MethodRule& MethodRules::of(std::string_view method) const {
  static const MethodRule allowed;
  const auto found = rules_.find(method);
  return found == rules_.end() ? allowed : found->second;
}

Result<> MethodRules::admit(std::string_view method, const Money& amount) const {
  const MethodRule& rule = of(method);
  if (!rule.is_enabled) return fail(Error(ErrorKind::rule_violated, "METHOD_NOT_AVAILABLE", "this shop does not offer the method").with("method", method));
  const auto least = rule.least(amount.currency());
  const auto most = rule.most(amount.currency());
  if ((least && amount < *least) || (most && amount > *most)) {
    return fail(Error(ErrorKind::rule_violated, "AMOUNT_OUT_OF_RANGE", "outside the shop's limits for the method").with("amount", amount.amount()));
  }
  return {};
}

std::optional<Money> tighter_max(std::optional<Money> a, std::optional<Money> b) {
  return chosen(a, b, [](const Money& x, const Money& y) { return std::min(x, y); });
}
std::optional<Money> tighter_min(std::optional<Money> a, std::optional<Money> b) {
  return chosen(a, b, [](const Money& x, const Money& y) { return std::max(x, y); });
}

}  // namespace emporion::payment
