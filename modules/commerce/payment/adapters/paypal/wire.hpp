#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/json/value.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"

/// PayPal's Orders v2 and Payments v2, without the wire. Source: commerce.md §3.7; https://developer.paypal.com/docs/api/orders/v2/ and …/payments/v2/
namespace emporion::payment::paypal {

/// The currencies that PayPal takes. Never VND. Source: https://developer.paypal.com/reference/currency-codes/
std::vector<std::string> currencies();

/// A decimal string: "12.50", and without decimals where PayPal takes none (HUF, JPY, TWD). Nothing if the amount has a fraction that PayPal would not take.
std::optional<std::string> value_of(const Money& money);
/// Reads {"currency_code","value"}.
std::optional<Money> money_of(json::Value amount);

/// The bodies of the calls.
std::string order_body(const Payment& payment, const Buyer& buyer);
std::string capture_body(const Payment& payment);
std::string refund_body(const Refund& refund);
/// `{payment_id}:{operation}:1`: the PayPal-Request-Id of all tries of one operation.
std::string request_id(const Payment& payment, std::string_view operation);

/// Our words for PayPal's. Nothing for a word that we do not know.
std::optional<ProviderReport::State> state_of_order(std::string_view status) noexcept;
std::optional<ProviderReport::State> state_of_authorization(std::string_view status) noexcept;
std::optional<ProviderReport::State> state_of_capture(std::string_view status) noexcept;
std::optional<RefundReport::State> state_of_refund(std::string_view status) noexcept;

/// Reads an order: what was captured says more than what was authorized, and that more than the order's own status.
Result<ProviderReport> read_order(json::Value order);
/// Read answers to calls. A declined instrument is a report. Errors: as ProviderGateway says.
Result<ProviderReport> read_order_answer(int status, std::string_view body, const Payment& payment);
Result<ProviderReport> read_capture_answer(int status, std::string_view body, const Payment& payment);
Result<ProviderReport> read_void_answer(int status, std::string_view body, const Payment& payment);
Result<RefundReport> read_refund_answer(int status, std::string_view body, const Refund& refund);

Result<ProviderEvent> read_event(std::string_view body);

/// What the signature of a webhook is over: transmission id, time, our webhook's id, CRC32 of the raw body.
std::string signed_text(std::string_view transmission_id, std::string_view time, std::string_view webhook_id, std::string_view body);
/// True for an https address of a host below paypal.com, without user, port or tricks.
bool is_paypal_certificate(std::string_view url);
/// The body that asks PayPal itself whether a message is from there.
std::string verification_body(const ProviderMessage& message, std::string_view webhook_id);

}  // namespace emporion::payment::paypal
