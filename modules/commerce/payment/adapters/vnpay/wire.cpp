#include "modules/commerce/payment/adapters/vnpay/wire.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>

#include "kernel/base/text.hpp"
#include "kernel/http/target.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::vnpay {
namespace {

using State = ProviderReport::State;

constexpr std::string_view version = "2.1.0";
constexpr std::int64_t hundredths = 100;  // VNPay counts đồng in hundredths, though there are none.
constexpr hours zone{7};
constexpr std::string_view own_address = "127.0.0.1";  // The field is required, and says nothing of a call between servers.

constexpr std::array query_answer_order{"vnp_ResponseId", "vnp_Command",       "vnp_ResponseCode",    "vnp_Message",
                                        "vnp_TmnCode",    "vnp_TxnRef",        "vnp_Amount",          "vnp_BankCode",
                                        "vnp_PayDate",    "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
                                        "vnp_OrderInfo",  "vnp_PromotionCode", "vnp_PromotionAmount"};
constexpr std::size_t refund_answer_fields = 13;  // The same order, without the promotion.

std::string_view field(const Fields& fields, std::string_view name) {
  const auto found = fields.find(std::string(name));
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

/// VNPay takes ASCII only; what it would not take is left out.
std::string order_info(const Payment& payment) {
  std::string out = "Order ";
  for (const char c : payment.order_number.value_or(payment.id.to_string())) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-') out.push_back(c);
  }
  return out;
}

/// A JSON object of the fields in their order, with the hash over their values joined by `|`.
std::string signed_body(std::initializer_list<std::pair<std::string_view, std::string>> fields, const VnpayAccount& account) {
  std::string out;
  std::string hashed;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [name, value] : fields) {
    if (!hashed.empty()) hashed.push_back('|');
    hashed.append(value);
    writer.key(name).string(value);
  }
  writer.key("vnp_SecureHash").string(hash_of(hashed, account)).end_object();
  return out;
}

/// The fields of an answer whose hash fits. Errors: PROVIDER_OUTCOME_UNKNOWN.
Result<Fields> read_answer(int status, std::string_view body, std::size_t hashed_fields, const VnpayAccount& account) {
  if (status != 200) return fail(error_of_status(status, text("HTTP ", status)));
  const auto document = json::Document::parse(body);
  if (!document || document->root().type() != json::Type::object) return fail(unreadable_answer("an answer that is not JSON"));
  Fields fields;
  document->root().for_each_member([&](std::string_view name, json::Value value) {
    if (const auto string = value.string()) fields.emplace(name, *string);
    if (const auto integer = value.integer()) fields.emplace(name, text(*integer));
    return true;
  });
  std::string hashed;
  for (std::size_t i = 0; i < hashed_fields; ++i) hashed.append(i == 0 ? "" : "|").append(field(fields, query_answer_order[i]));
  if (!security::constant_time_equal(ascii_lower(field(fields, "vnp_SecureHash")), hash_of(hashed, account)))
    return fail(unreadable_answer("an answer whose hash does not fit"));
  return fields;
}

/// What a vnp_ResponseCode of the merchant API says about a call, apart from 00.
Error error_of_code(const Fields& fields) {
  const std::string_view code = field(fields, "vnp_ResponseCode");
  std::string detail = text("vnp_ResponseCode ", code, " ", field(fields, "vnp_Message"));
  if (code == "02" || code == "03" || code == "91" || code == "95" || code == "97")
    return Error(ErrorKind::rule_violated, "PROVIDER_REFUSED", std::move(detail));
  if (code == "94") return Error(ErrorKind::resource_exhausted, "PROVIDER_BUSY", std::move(detail));
  return unreadable_answer(std::move(detail));
}

std::optional<Money> amount_of(const Fields& fields) {
  const auto hundredfold = whole_number(field(fields, "vnp_Amount"));
  if (!hundredfold || *hundredfold % hundredths != 0) return std::nullopt;
  const auto money = Money::parse(*hundredfold / hundredths, "VND");
  return money ? std::optional(*money) : std::nullopt;
}

void fill(ProviderReport& report, const Outcome& outcome, std::string_view code) {
  report.state = outcome.state;
  if (outcome.state == State::captured) report.captured = report.amount.amount();
  if (outcome.is_suspicious) report.suspicion = text("VNPay says ", code);
  if (outcome.state != State::failed) return;
  report.decline_code = std::string(code);
  report.decline_category = std::string(outcome.decline_category);
}

}  // namespace

std::string hashed_text(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.empty() || name == "vnp_SecureHash" || name == "vnp_SecureHashType") continue;
    if (!out.empty()) out.push_back('&');
    out.append(form_encoded(name)).append("=").append(form_encoded(value));
  }
  return out;
}

std::string hash_of(std::string_view hashed, const VnpayAccount& account) { return security::hex(security::hmac_sha512(account.hash_secret, hashed)); }

bool is_signed(const Fields& fields, const VnpayAccount& account) {
  return !account.hash_secret.empty() && security::constant_time_equal(ascii_lower(field(fields, "vnp_SecureHash")), hash_of(hashed_text(fields), account));
}

Result<Fields> read_query(std::string_view query) {
  EMP_ASSIGN(auto target, http::parse_target(text("/?", query)));
  Fields out;
  for (auto& [name, value] : target.query) {
    if (!out.emplace(std::move(name), std::move(value)).second) return fail(ErrorKind::invalid_argument, "INVALID_QUERY", "a parameter is given twice");
  }
  return out;
}

std::string local_time(UtcTime time) {
  const std::chrono::sys_time<microseconds> there(microseconds(time.micros_since_epoch()) + zone);
  const auto day = std::chrono::floor<std::chrono::days>(there);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<seconds>(there - day));
  const auto two = [](auto number) { return text(number < 10 ? "0" : "", number); };
  return text(static_cast<int>(date.year()), two(static_cast<unsigned>(date.month())), two(static_cast<unsigned>(date.day())), two(clock.hours().count()),
              two(clock.minutes().count()), two(clock.seconds().count()));
}

std::string pay_url(std::string_view base, const Payment& payment, const Buyer& buyer, const VnpayAccount& account) {
  Fields fields{{"vnp_Version", std::string(version)},
                {"vnp_Command", "pay"},
                {"vnp_TmnCode", account.tmn_code},
                {"vnp_Amount", text(payment.amount.amount() * hundredths)},
                {"vnp_CurrCode", "VND"},
                {"vnp_TxnRef", base32_of(payment.id)},
                {"vnp_OrderInfo", order_info(payment)},
                {"vnp_OrderType", "other"},
                {"vnp_Locale", "vn"},
                {"vnp_ReturnUrl", buyer.return_url},
                {"vnp_IpAddr", buyer.address.empty() ? std::string(own_address) : buyer.address},
                {"vnp_CreateDate", local_time(payment.created_at)}};
  if (payment.window_ends_at) fields.emplace("vnp_ExpireDate", local_time(*payment.window_ends_at));
  const std::string query = hashed_text(fields);
  return text(base, "?", query, "&vnp_SecureHash=", hash_of(query, account));
}

std::string query_body(const Payment& payment, const VnpayAccount& account, std::string_view request_id, UtcTime now) {
  return signed_body({{"vnp_RequestId", std::string(request_id)},
                      {"vnp_Version", std::string(version)},
                      {"vnp_Command", "querydr"},
                      {"vnp_TmnCode", account.tmn_code},
                      {"vnp_TxnRef", base32_of(payment.id)},
                      {"vnp_TransactionDate", local_time(payment.created_at)},
                      {"vnp_CreateDate", local_time(now)},
                      {"vnp_IpAddr", std::string(own_address)},
                      {"vnp_OrderInfo", order_info(payment)}},
                     account);
}

std::string refund_body(const Payment& payment, const Refund& refund, const VnpayAccount& account, std::string_view request_id, UtcTime now) {
  const bool is_full = refund.amount.amount() == payment.captured_amount;
  return signed_body({{"vnp_RequestId", std::string(request_id)},
                      {"vnp_Version", std::string(version)},
                      {"vnp_Command", "refund"},
                      {"vnp_TmnCode", account.tmn_code},
                      {"vnp_TransactionType", is_full ? "02" : "03"},
                      {"vnp_TxnRef", base32_of(payment.id)},
                      {"vnp_Amount", text(refund.amount.amount() * hundredths)},
                      {"vnp_TransactionNo", payment.provider_txn_id.value_or("")},
                      {"vnp_TransactionDate", local_time(payment.created_at)},
                      {"vnp_CreateBy", "emporion"},
                      {"vnp_CreateDate", local_time(now)},
                      {"vnp_IpAddr", std::string(own_address)},
                      {"vnp_OrderInfo", order_info(payment)}},
                     account);
}

Result<ProviderReport> read_query_answer(int status, std::string_view body, const Payment& payment, const VnpayAccount& account) {
  EMP_ASSIGN(const auto fields, read_answer(status, body, query_answer_order.size(), account));
  ProviderReport report;
  report.ref = base32_of(payment.id);
  report.payment_id = payment.id;
  report.amount = payment.amount;
  const std::string_view code = field(fields, "vnp_ResponseCode");
  if (code == "91") {  // VNPay has never heard of it: the buyer has not opened the page.
    report.state = State::requires_action;
    return report;
  }
  if (code != "00") return fail(error_of_code(fields));
  report.ref = std::string(field(fields, "vnp_TxnRef"));
  // After a refund the answer is about that: the payment itself was taken.
  const bool about_refund = field(fields, "vnp_TransactionType") == "02" || field(fields, "vnp_TransactionType") == "03";
  if (!about_refund) {
    const auto amount = amount_of(fields);
    if (!amount) return fail(unreadable_answer("an answer without an amount"));
    report.amount = *amount;
    if (const auto number = field(fields, "vnp_TransactionNo"); !number.empty()) report.txn_id = std::string(number);
  }
  const std::string_view state = field(fields, "vnp_TransactionStatus");
  fill(report, about_refund ? Outcome{State::captured, {}, false} : outcome_of_query(state), state);
  return report;
}

Result<RefundReport> read_refund_answer(int status, std::string_view body, const Refund& refund, const VnpayAccount& account) {
  EMP_ASSIGN(const auto fields, read_answer(status, body, refund_answer_fields, account));
  RefundReport report;
  report.ref = base32_of(refund.id);
  report.refund_id = refund.id;
  report.amount = refund.amount;
  const std::string_view code = field(fields, "vnp_ResponseCode");
  // 94: a refund of this payment was asked before. Unless ours never was, its state is asked for and it is not sent again.
  if (code == "94" && refund.tries > 0) return report;
  if (code != "00") return fail(error_of_code(fields));
  const auto amount = amount_of(fields);
  if (!amount) return fail(unreadable_answer("an answer without an amount"));
  report.amount = *amount;
  const std::string_view state = field(fields, "vnp_TransactionStatus");
  if (state == "00") report.state = RefundReport::State::succeeded;
  if (state == "02" || state == "09") report.state = RefundReport::State::failed;
  if (report.state == RefundReport::State::failed) report.failure = text("vnp_TransactionStatus ", state);
  return report;
}

Result<RefundReport> read_refund_query(int status, std::string_view body, const Refund& refund, const VnpayAccount& account) {
  EMP_ASSIGN(const auto fields, read_answer(status, body, query_answer_order.size(), account));
  if (field(fields, "vnp_ResponseCode") != "00") return fail(error_of_code(fields));
  RefundReport report;
  report.ref = refund.provider_ref.value_or(base32_of(refund.id));
  report.refund_id = refund.id;
  report.amount = refund.amount;
  // The answer is about the latest thing that happened to the payment: only if that is this refund does it say anything.
  const bool is_this_one = field(fields, "vnp_TransactionType") != "01" && amount_of(fields) == refund.amount;
  const std::string_view state = field(fields, "vnp_TransactionStatus");
  if (is_this_one && state == "00") report.state = RefundReport::State::succeeded;
  if (is_this_one && (state == "02" || state == "09")) report.state = RefundReport::State::failed;
  if (report.state == RefundReport::State::failed) report.failure = text("vnp_TransactionStatus ", state);
  return report;
}

Result<ProviderEvent> read_ipn(std::string_view query) {
  EMP_ASSIGN(const auto fields, read_query(query));
  const std::string ref(field(fields, "vnp_TxnRef"));
  const std::string_view code = field(fields, "vnp_ResponseCode");
  const std::string_view status = field(fields, "vnp_TransactionStatus");
  const auto amount = amount_of(fields);
  if (ref.empty() || code.empty() || status.empty() || !amount)
    return fail(ErrorKind::invalid_argument, "MALFORMED_MESSAGE", "an IPN without reference, codes or amount");
  ProviderEvent event{text(ref, ":", field(fields, "vnp_TransactionNo"), ":", status), "ipn"};
  ProviderReport report;
  report.ref = ref;
  report.amount = *amount;
  report.payment_id = uuid_of_base32(ref);
  if (const auto number = field(fields, "vnp_TransactionNo"); !number.empty() && number != "0") report.txn_id = std::string(number);
  fill(report, outcome_of_payment(code, status), code);
  event.payment = std::move(report);
  return event;
}

Outcome outcome_of_payment(std::string_view response_code, std::string_view transaction_status) noexcept {
  struct Row {
    std::string_view code;
    std::string_view category;
  };
  constexpr std::array declines{
      Row{"09", "card_declined"},          Row{"10", "authentication_required"}, Row{"12", "card_declined"}, Row{"13", "authentication_required"},
      Row{"24", "customer_cancelled"},     Row{"51", "insufficient_funds"},      Row{"65", "card_declined"}, Row{"75", "generic"},
      Row{"79", "authentication_required"}};
  if (response_code == "00" && transaction_status == "00") return {State::captured, {}, false};
  if (response_code == "07" && (transaction_status == "00" || transaction_status == "07")) return {State::captured, {}, true};
  if (response_code == "11") return {State::cancelled, {}, false};
  const auto* decline = std::ranges::find(declines, response_code, &Row::code);
  if (decline != declines.end()) return {State::failed, decline->category, false};
  return {State::processing, {}, false};  // 99, and whatever does not say plainly that it was paid or not: VNPay is asked.
}

Outcome outcome_of_query(std::string_view transaction_status) noexcept {
  if (transaction_status == "00") return {State::captured, {}, false};
  if (transaction_status == "05" || transaction_status == "06" || transaction_status == "09")
    return {State::captured, {}, false};  // Being refunded, so it was taken.
  if (transaction_status == "07") return {State::captured, {}, true};
  if (transaction_status == "02" || transaction_status == "04") return {State::failed, "generic", false};
  return {State::processing, {}, false};
}

}  // namespace emporion::payment::vnpay
