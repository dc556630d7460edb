#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/json/value.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

/// Stripe's wire contract, without the wire. Source: commerce.md §3.7; https://docs.stripe.com/api/payment_intents
namespace emporion::payment::stripe {

using Form = std::vector<std::pair<std::string, std::string>>;

/// application/x-www-form-urlencoded.
std::string encode(const Form& form);

Form intent_form(const Payment& payment);
Form confirm_form(const Payment& payment, const Buyer& buyer);
Form refund_form(const Payment& payment, const Refund& refund);

/// `{payment_id}:{operation}:{n}`: the same for all tries of one operation. Source: commerce.md §3.7.
std::string idempotency_key(Uuid payment_id, std::string_view operation);

/// Reads a payment intent. Errors: PROVIDER_OUTCOME_UNKNOWN (it cannot be read).
Result<ProviderReport> read_intent(json::Value value);
Result<RefundReport> read_refund(json::Value value);
Result<ProviderEvent> read_event(std::string_view body);

/// Reads an answer to a call on a payment intent. A declined card (402) is a report. Errors: as ProviderGateway says.
Result<ProviderReport> read_intent_answer(int status, std::string_view body);
Result<RefundReport> read_refund_answer(int status, std::string_view body);

/// Takes one row of a list, with its id.
using RowReader = std::function<Result<>(std::string_view id, json::Value row)>;
/// Reads a page of a list and returns what the next page starts after, if there is one. Errors: those of `read_row`, PROVIDER_OUTCOME_UNKNOWN and such.
/// Source: https://docs.stripe.com/api/pagination
Result<std::optional<std::string>> read_list(int status, std::string_view body, const RowReader& read_row);

struct RefundPage {
  std::vector<RefundReport> refunds;
  std::optional<std::string> next;  ///< What the next page starts after.
};
/// Source: https://docs.stripe.com/api/refunds/list
Result<RefundPage> read_refund_page(int status, std::string_view body);

/// Our word for a decline_code or error code.
std::string_view decline_category(std::string_view code) noexcept;

}  // namespace emporion::payment::stripe
