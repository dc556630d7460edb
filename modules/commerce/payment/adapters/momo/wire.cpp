#include "modules/commerce/payment/adapters/momo/wire.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::momo {
namespace {

using State = ProviderReport::State;

struct Row {
  std::int64_t code;
  Outcome outcome;
};
// Source: commerce.md §3.7; https://developers.momo.vn/v3/docs/payment/api/result-handling/resultcode
constexpr std::array outcomes{Row{0, {State::captured, {}}},
                              Row{9000, {State::authorized, {}}},
                              Row{1000, {State::requires_action, {}}},
                              Row{7000, {State::processing, {}}},
                              Row{7002, {State::processing, {}}},
                              Row{8000, {State::processing, {}}},
                              Row{1001, {State::failed, "insufficient_funds"}},
                              Row{1002, {State::failed, "card_declined"}},
                              Row{1004, {State::failed, "card_declined"}},
                              Row{1007, {State::failed, "generic"}},
                              Row{1003, {State::failed, "customer_cancelled"}},
                              Row{1006, {State::failed, "customer_cancelled"}},
                              Row{1005, {State::cancelled, {}}}};
constexpr std::array refused_refunds{1080, 1081, 1088};
constexpr minutes expiry_min{1};

/// A number or a string of the answer, as the text that is signed.
std::string text_at(json::Value value, std::string_view name) {
  const auto member = value.member(name);
  if (!member) return {};
  if (const auto integer = member->integer()) return text(*integer);
  return std::string(member->string().value_or(""));
}

/// The members of a body, numbers as numbers, with the signature behind them.
std::string body_of(const Pairs& plain, const Pairs& numbers, const std::string& signature) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [name, value] : plain) writer.key(name).string(value);
  for (const auto& [name, value] : numbers) writer.key(name).raw(value);
  writer.key("lang").string("vi").key("signature").string(signature).end_object();
  return out;
}

std::string order_info(const Payment& payment) { return text("Order ", payment.order_number.value_or(payment.id.to_string())); }

std::optional<Money> dong_at(json::Value value, std::string_view name) {
  const auto amount = whole_number(text_at(value, name));
  if (!amount) return std::nullopt;
  const auto money = Money::parse(*amount, "VND");
  return money ? std::optional(*money) : std::nullopt;
}

/// Our error for a code that says nothing of the payment.
Error error_of_code(std::int64_t code) {
  std::string detail = text("resultCode ", code);
  if (code == 10) return Error(ErrorKind::resource_exhausted, "PROVIDER_BUSY", std::move(detail));
  if (is_our_mistake(code)) return Error(ErrorKind::rule_violated, "PROVIDER_REFUSED", std::move(detail));
  return unreadable_answer(std::move(detail));
}

void fill(ProviderReport& report, const Outcome& outcome, std::int64_t code) {
  report.state = outcome.state;
  if (outcome.state == State::captured) report.captured = report.amount.amount();
  if (outcome.state != State::failed) return;
  report.decline_code = text(code);
  report.decline_category = std::string(outcome.decline_category);
}

/// The answer about a payment: its order and amount, and what the code says.
Result<ProviderReport> read_payment(const Answer& answer, const Payment& payment) {
  const auto outcome = outcome_of(answer.result_code);
  if (!outcome) return fail(error_of_code(answer.result_code));
  const auto document = json::Document::parse(answer.body);
  const auto order = string_at(document->root(), "orderId");
  if (!order) return fail(unreadable_answer("an answer without orderId"));
  ProviderReport report;
  report.ref = *order;
  report.payment_id = payment.id;
  // An answer that says no amount says nothing against ours; one that says another is compared.
  report.amount = dong_at(document->root(), "amount").value_or(payment.amount);
  if (report.amount.is_zero() && outcome->state != State::captured && outcome->state != State::authorized) report.amount = payment.amount;
  if (const std::string transaction = text_at(document->root(), "transId"); !transaction.empty() && transaction != "0") report.txn_id = transaction;
  fill(report, *outcome, answer.result_code);
  return report;
}

}  // namespace

std::string sign(const Pairs& pairs, const MomoAccount& account) {
  std::string signed_text;
  for (const auto& [name, value] : pairs) signed_text += text(signed_text.empty() ? "" : "&", name, "=", value);
  return security::hex(security::hmac_sha256(account.secret_key, signed_text));
}

std::string create_body(const Payment& payment, const Buyer& buyer, const MomoAccount& account, const CreateOptions& options, UtcTime now) {
  const Pairs pairs{{"accessKey", account.access_key},     {"amount", text(payment.amount.amount())}, {"extraData", ""},
                    {"ipnUrl", options.ipn_url},           {"orderId", payment.id.to_string()},       {"orderInfo", order_info(payment)},
                    {"partnerCode", account.partner_code}, {"redirectUrl", buyer.return_url},         {"requestId", text(payment.id, "-create")},
                    {"requestType", "captureWallet"}};
  const std::string signature = sign(pairs, account);
  Pairs plain(pairs.begin() + 2, pairs.end());  // The access key is signed but not sent, the amount is a number.
  Pairs numbers{{"amount", text(payment.amount.amount())}, {"autoCapture", options.takes_at_once ? "true" : "false"}};
  if (payment.window_ends_at) {
    const auto left = std::max<std::int64_t>(std::chrono::ceil<minutes>(*payment.window_ends_at - now).count(), expiry_min.count());
    numbers.emplace_back("orderExpireTime", text(left));
  }
  return body_of(plain, numbers, signature);
}

std::string confirm_body(const Payment& payment, std::string_view request_type, const MomoAccount& account) {
  const bool captures = request_type == "capture";
  const std::string amount = text(captures ? payment.capture_amount.value_or(payment.amount.amount()) : payment.amount.amount());
  const Pairs pairs{{"accessKey", account.access_key},
                    {"amount", amount},
                    {"description", captures ? "" : payment.void_reason.value_or("")},
                    {"orderId", payment.id.to_string()},
                    {"partnerCode", account.partner_code},
                    {"requestId", text(payment.id, "-", request_type)},
                    {"requestType", std::string(request_type)}};
  return body_of(Pairs(pairs.begin() + 2, pairs.end()), {{"amount", amount}}, sign(pairs, account));
}

std::string query_body(const Payment& payment, const MomoAccount& account, std::string_view request_id) {
  const Pairs pairs{
      {"accessKey", account.access_key}, {"orderId", payment.id.to_string()}, {"partnerCode", account.partner_code}, {"requestId", std::string(request_id)}};
  return body_of(Pairs(pairs.begin() + 1, pairs.end()), {}, sign(pairs, account));
}

std::string refund_body(const Payment& payment, const Refund& refund, const MomoAccount& account) {
  const std::string amount = text(refund.amount.amount());
  const std::string transaction = payment.provider_txn_id.value_or("0");
  const Pairs pairs{{"accessKey", account.access_key},
                    {"amount", amount},
                    {"description", ""},
                    {"orderId", refund.id.to_string()},
                    {"partnerCode", account.partner_code},
                    {"requestId", text(refund.id, "-refund")},
                    {"transId", transaction}};
  return body_of(Pairs(pairs.begin() + 2, pairs.end() - 1), {{"amount", amount}, {"transId", transaction}}, sign(pairs, account));
}

std::optional<Outcome> outcome_of(std::int64_t result_code) noexcept {
  const auto* row = std::ranges::find(outcomes, result_code, &Row::code);
  return row == outcomes.end() ? std::nullopt : std::optional(row->outcome);
}

bool is_known_already(std::int64_t result_code) noexcept { return result_code >= 40 && result_code <= 42; }
bool is_our_mistake(std::int64_t result_code) noexcept { return (result_code >= 11 && result_code <= 13) || (result_code >= 20 && result_code <= 22); }

Result<Answer> read_answer(int status, std::string body) {
  const auto document = json::Document::parse(body);
  const auto code = document ? integer_at(document->root(), "resultCode") : std::nullopt;
  if (code) return Answer{*code, std::move(body)};  // MoMo answers refusals with 4xx and a code of its own.
  if (status != 200) return fail(error_of_status(status, text("HTTP ", status)));
  return fail(unreadable_answer("an answer without resultCode"));
}

Result<ProviderReport> read_create_answer(const Answer& answer, const Payment& payment) {
  if (answer.result_code != 0) return read_payment(answer, payment);
  const auto document = json::Document::parse(answer.body);
  const auto order = string_at(document->root(), "orderId");
  const auto page = string_at(document->root(), "payUrl");
  const auto amount = dong_at(document->root(), "amount");
  if (!order || !page || !amount) return fail(unreadable_answer("a page without order, address or amount"));
  ProviderReport report;
  report.ref = *order;
  report.payment_id = payment.id;
  report.amount = *amount;
  report.state = State::requires_action;
  report.next_action = redirect_action(*page);
  return report;
}

Result<ProviderReport> read_confirm_answer(const Answer& answer, const Payment& payment, std::string_view request_type) {
  EMP_ASSIGN(auto report, read_payment(answer, payment));
  if (answer.result_code == 0 && request_type == "cancel") {
    report.state = State::cancelled;
    report.captured = 0;
  }
  return report;
}

Result<ProviderReport> read_query_answer(const Answer& answer, const Payment& payment) { return read_payment(answer, payment); }

Result<RefundReport> read_refund_answer(const Answer& answer, const Refund& refund) {
  const auto document = json::Document::parse(answer.body);
  RefundReport report;
  report.ref = refund.id.to_string();
  report.refund_id = refund.id;
  report.amount = refund.amount;
  if (std::ranges::find(refused_refunds, answer.result_code) != refused_refunds.end()) {
    report.state = RefundReport::State::failed;
    report.failure = text("resultCode ", answer.result_code);
    return report;
  }
  const auto outcome = outcome_of(answer.result_code);
  if (!outcome) return fail(error_of_code(answer.result_code));
  if (outcome->state == State::processing) return report;
  if (answer.result_code != 0) return fail(unreadable_answer(text("resultCode ", answer.result_code, " to a refund")));
  const auto amount = dong_at(document->root(), "amount");
  if (!amount || string_at(document->root(), "orderId") != refund.id.to_string()) return fail(unreadable_answer("a refund without order or amount"));
  report.amount = *amount;
  report.state = RefundReport::State::succeeded;
  return report;
}

Result<RefundReport> read_refund_query(const Answer& answer, const Refund& refund) {
  if (!outcome_of(answer.result_code)) return fail(error_of_code(answer.result_code));
  const auto document = json::Document::parse(answer.body);
  std::optional<Answer> found;
  if (const auto list = document->root().member("refundTrans")) {
    list->for_each_element([&](json::Value one) {
      const auto code = integer_at(one, "resultCode");
      if (!code || string_at(one, "orderId") != refund.id.to_string()) return true;
      found = Answer{*code, one.to_json()};
      return false;
    });
  }
  if (found) return read_refund_answer(*found, refund);
  if (!refund.provider_ref) return fail(unreadable_answer("MoMo does not show the refund yet"));
  RefundReport report;
  report.ref = *refund.provider_ref;
  report.refund_id = refund.id;
  report.amount = refund.amount;
  return report;
}

Result<> verify_ipn(std::string_view body, const MomoAccount& account) {
  const auto refused = [] { return fail(ErrorKind::invalid_argument, "INVALID_SIGNATURE", "the signature does not match the body"); };
  const auto document = json::Document::parse(body);
  if (!document || account.secret_key.empty() || string_at(document->root(), "partnerCode") != account.partner_code) return refused();
  Pairs pairs{{"accessKey", account.access_key}};
  for (const char* name : {"amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId", "responseTime",
                           "resultCode", "transId"}) {
    if (!document->root().member(name)) return refused();
    pairs.emplace_back(name, text_at(document->root(), name));
  }
  if (!EMP_GUARD("payment.momo_signature", security::constant_time_equal(string_at(document->root(), "signature").value_or(""), sign(pairs, account))))
    return refused();
  return {};
}

Result<ProviderEvent> read_ipn(std::string_view body) {
  EMP_ASSIGN(const auto document, json::Document::parse(body));
  const auto order = string_at(document.root(), "orderId");
  const auto code = integer_at(document.root(), "resultCode");
  const auto amount = dong_at(document.root(), "amount");
  if (!order || !code || !amount) return fail(ErrorKind::invalid_argument, "MALFORMED_MESSAGE", "an IPN without order, amount or code");
  const std::string transaction = text_at(document.root(), "transId");
  ProviderEvent event{text(*order, ":", transaction, ":", *code), "ipn"};
  ProviderReport report;
  report.ref = *order;
  report.amount = *amount;
  if (const auto id = Uuid::parse(*order)) report.payment_id = *id;
  if (!transaction.empty() && transaction != "0") report.txn_id = transaction;
  fill(report, outcome_of(*code).value_or(Outcome{State::processing, {}}), *code);
  event.payment = std::move(report);
  return event;
}

}  // namespace emporion::payment::momo
