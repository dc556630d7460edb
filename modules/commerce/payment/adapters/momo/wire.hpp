#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/commerce/payment/app/provider_gateway.hpp"

/// MoMo v2, without the wire. Source: commerce.md §3.7; https://developers.momo.vn/v3/docs/payment/api/
namespace emporion::payment::momo {

struct MomoAccount {
  std::string partner_code;
  std::string access_key;
  std::string secret_key;
};

/// Names and raw values, in the order in which they are signed.
using Pairs = std::vector<std::pair<std::string_view, std::string>>;
/// HMAC-SHA256, in hex, of `name=value` joined by `&`.
std::string sign(const Pairs& pairs, const MomoAccount& account);

struct CreateOptions {
  std::string ipn_url;
  bool takes_at_once = false;  ///< One-phase: for accounts that cannot hold money.
};
/// The bodies of the calls. `request_id` names one operation: all its tries carry the same, queries carry a new one each.
std::string create_body(const Payment& payment, const Buyer& buyer, const MomoAccount& account, const CreateOptions& options, UtcTime now);
std::string confirm_body(const Payment& payment, std::string_view request_type, const MomoAccount& account);
std::string query_body(const Payment& payment, const MomoAccount& account, std::string_view request_id);
std::string refund_body(const Payment& payment, const Refund& refund, const MomoAccount& account);

/// What a resultCode says of a payment, or nothing if it says something of the call only.
struct Outcome {
  ProviderReport::State state;
  std::string_view decline_category;
};
std::optional<Outcome> outcome_of(std::int64_t result_code) noexcept;
/// 40 to 42: the id is known already, so the payment is asked for instead.
bool is_known_already(std::int64_t result_code) noexcept;
/// 11 to 13 and 20 to 22: our configuration or our program is wrong; staff is told.
bool is_our_mistake(std::int64_t result_code) noexcept;

/// A readable answer. Errors: as ProviderGateway says.
struct Answer {
  std::int64_t result_code = 0;
  std::string body;
};
Result<Answer> read_answer(int status, std::string body);

/// Errors of each: as ProviderGateway says. A code that asks for a query has to be dealt with before.
Result<ProviderReport> read_create_answer(const Answer& answer, const Payment& payment);
Result<ProviderReport> read_confirm_answer(const Answer& answer, const Payment& payment, std::string_view request_type);
Result<ProviderReport> read_query_answer(const Answer& answer, const Payment& payment);
Result<RefundReport> read_refund_answer(const Answer& answer, const Refund& refund);
/// Finds the refund in a query's answer. A refund that is not there is pending if MoMo spoke of it before, else its outcome is open.
Result<RefundReport> read_refund_query(const Answer& answer, const Refund& refund);

/// Checks the signature that an IPN's body carries over its own fields. Errors: INVALID_SIGNATURE.
Result<> verify_ipn(std::string_view body, const MomoAccount& account);
Result<ProviderEvent> read_ipn(std::string_view body);

}  // namespace emporion::payment::momo
