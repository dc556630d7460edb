#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "modules/commerce/payment/app/provider_gateway.hpp"

/// VNPay 2.1.0, without the wire. Source: commerce.md §3.7; https://sandbox.vnpayment.vn/apis/docs/thanh-toan-pay/pay.html and
/// …/truy-van-hoan-tien/querydr&refund.html
namespace emporion::payment::vnpay {

struct VnpayAccount {
  std::string tmn_code;
  std::string hash_secret;
};

/// Parameters, decoded, in the order of their names.
using Fields = std::map<std::string, std::string>;

/// What is hashed of a pay URL or an IPN: without the hash itself and empty fields, form-encoded, joined by `&`.
std::string hashed_text(const Fields& fields);
std::string hash_of(std::string_view hashed, const VnpayAccount& account);
/// True if vnp_SecureHash is the hash of the other fields, in any case of its digits.
bool is_signed(const Fields& fields, const VnpayAccount& account);
/// Errors: INVALID_QUERY.
Result<Fields> read_query(std::string_view query);

/// yyyyMMddHHmmss in GMT+7, whatever zone the machine is in.
std::string local_time(UtcTime time);

/// The URL that the buyer pays at: the same for all tries, since every part of it is stored.
std::string pay_url(std::string_view base, const Payment& payment, const Buyer& buyer, const VnpayAccount& account);

/// The body of a query for the payment's state. `request_id` is new for every call.
std::string query_body(const Payment& payment, const VnpayAccount& account, std::string_view request_id, UtcTime now);
std::string refund_body(const Payment& payment, const Refund& refund, const VnpayAccount& account, std::string_view request_id, UtcTime now);

/// Reads an answer to a query. The hash is checked first; what does not fit it was not said.
/// Errors: as ProviderGateway says.
Result<ProviderReport> read_query_answer(int status, std::string_view body, const Payment& payment, const VnpayAccount& account);
/// Reads an answer to a refund (94: asked before) or to a query after one.
Result<RefundReport> read_refund_answer(int status, std::string_view body, const Refund& refund, const VnpayAccount& account);
Result<RefundReport> read_refund_query(int status, std::string_view body, const Refund& refund, const VnpayAccount& account);

/// Reads an IPN whose hash was checked.
Result<ProviderEvent> read_ipn(std::string_view query);

/// Our word for vnp_ResponseCode and vnp_TransactionStatus of an IPN. Paid only if both say so.
struct Outcome {
  ProviderReport::State state = ProviderReport::State::processing;
  std::string_view decline_category;
  bool is_suspicious = false;
};
Outcome outcome_of_payment(std::string_view response_code, std::string_view transaction_status) noexcept;
/// The same for vnp_TransactionStatus of a query's answer.
Outcome outcome_of_query(std::string_view transaction_status) noexcept;

}  // namespace emporion::payment::vnpay
