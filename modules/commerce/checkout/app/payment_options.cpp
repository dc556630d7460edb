#include "modules/commerce/checkout/app/payment_options.hpp"

#include <algorithm>

#include "kernel/json/writer.hpp"
#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {

Task<Result<std::vector<v1::PaymentOption>>> payment_options(const Neighbours& neighbours, const CheckoutSettings& settings, CallContext context, Money total) {
  const auto offered =
      co_await neighbours.payment().get_public_settings(context.as_service("checkout"), {.currency = total.currency().to_string(), .country = {}});
  if (!offered) co_return fail(as_dependency_error(offered.error()));
  const Currency currency = total.currency();
  const auto limits = settings.amounts(currency);
  std::vector<v1::PaymentOption> out;
  for (const auto& method : offered->methods) {
    v1::PaymentOption option;
    if (!from_string(payment::v1::to_string(method.method), option.method)) continue;
    option.provider = method.provider;
    option.publishable_key = method.publishable_key;
    const bool in_currency = method.currencies.empty() || std::ranges::find(method.currencies, currency.code()) != method.currencies.end();
    const bool cod = option.method == v1::PaymentMethod::cod;
    if (!method.enabled) {
      option.reason = "DISABLED";
    } else if (!in_currency) {
      option.reason = "CURRENCY";
    } else if ((cod && !check_cod_amount(limits, total)) || (method.max_amount && method.max_amount->currency() == currency && total > *method.max_amount)) {
      option.reason = "AMOUNT_TOO_HIGH";
    } else if (method.min_amount && method.min_amount->currency() == currency && total < *method.min_amount) {
      option.reason = "AMOUNT_TOO_LOW";
    }
    option.eligible = !option.reason.has_value();
    if (cod && !limits.cod_fee.is_zero()) option.fee = limits.cod_fee;
    out.push_back(std::move(option));
  }
  co_return out;
}

void keep_to_retries(std::vector<v1::PaymentOption>& options) {
  for (auto& option : options) {
    if (!option.eligible || (option.method != v1::PaymentMethod::cod && option.method != v1::PaymentMethod::bank_transfer)) continue;
    option.eligible = false;
    option.reason = "NOT_ON_RETRY";
  }
}

Result<> check_selection(const std::vector<v1::PaymentOption>& options, const v1::PaymentSelection& selection) {
  const auto refuse = [](std::string_view why) {
    return fail(Error(ErrorKind::rule_violated, "PAYMENT_METHOD_NOT_ELIGIBLE", "this order cannot be paid in that way").with("why", why));
  };
  const auto option = std::ranges::find(options, selection.method, &v1::PaymentOption::method);
  if (option == options.end()) return refuse("DISABLED");
  if (!option->eligible) return refuse(option->reason.value_or("DISABLED"));
  if (selection.method == v1::PaymentMethod::card && !selection.payment_method_id) return refuse("PAYMENT_METHOD_ID_REQUIRED");
  return {};
}

std::string eligible_methods(const std::vector<v1::PaymentOption>& options) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const auto& option : options) {
    if (option.eligible) writer.string(v1::to_string(option.method));
  }
  writer.end_array();
  return out;
}

}  // namespace emporion::checkout
