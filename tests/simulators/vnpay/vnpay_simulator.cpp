#include "tests/simulators/vnpay/vnpay_simulator.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <set>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"

// Written from VNPay's documents, not from our adapter: the two share nothing but the kernel's HMAC.
namespace emporion::simulators {
namespace {

const std::vector<std::string> query_order{"vnp_RequestId",       "vnp_Version",    "vnp_Command", "vnp_TmnCode",  "vnp_TxnRef",
                                           "vnp_TransactionDate", "vnp_CreateDate", "vnp_IpAddr",  "vnp_OrderInfo"};
const std::vector<std::string> refund_order{"vnp_RequestId",  "vnp_Version", "vnp_Command",       "vnp_TmnCode",         "vnp_TransactionType",
                                            "vnp_TxnRef",     "vnp_Amount",  "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy",
                                            "vnp_CreateDate", "vnp_IpAddr",  "vnp_OrderInfo"};
const std::vector<std::string> answer_order{"vnp_ResponseId", "vnp_Command",       "vnp_ResponseCode",    "vnp_Message",
                                            "vnp_TmnCode",    "vnp_TxnRef",        "vnp_Amount",          "vnp_BankCode",
                                            "vnp_PayDate",    "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
                                            "vnp_OrderInfo",  "vnp_PromotionCode", "vnp_PromotionAmount"};
constexpr std::size_t refund_answer_fields = 13;

/// The query without its hash, as it was sent: VNPay's page hashes the encoded text itself.
std::pair<std::string, std::string> split_hash(std::string_view target) {
  std::string query(target.substr(target.find('?') + 1));
  const std::size_t at = query.find("&vnp_SecureHash=");
  if (at == std::string::npos) return {query, ""};
  return {query.substr(0, at), query.substr(at + 16)};
}

std::string plus_encoded(std::string_view value) {
  std::string out;
  char hex[4];
  for (const char c : value) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.') {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out.append(hex);
    }
  }
  return out;
}

std::string digest(std::string_view secret, std::string_view text) { return security::hex(security::hmac_sha512(secret, text)); }

}  // namespace

std::string VnpaySimulator::local_now() const {
  const std::time_t there = clock().now().micros_since_epoch() / 1'000'000 + 7 * 3600;
  std::tm parts{};
  gmtime_r(&there, &parts);
  char out[16];
  std::strftime(out, sizeof out, "%Y%m%d%H%M%S", &parts);
  return out;
}

Task<http::Response> VnpaySimulator::serve(http::Request request) {
  complaint_.clear();
  if (request.method == http::Method::get && request.path == "/paymentv2/vpcpay.html") co_return open_page(request);
  const auto document = json::Document::parse(request.body);
  if (request.method != http::Method::post || request.path != "/merchant_webapi/api/transaction" || !document ||
      request.header("content-type") != "application/json") {
    complaint_ = "not a call of the merchant API";
    co_return json_answer(404, "{}");
  }
  Fields fields;
  document->root().for_each_member([&](std::string_view name, json::Value value) {
    fields.emplace(name, value.string().value_or("not a string"));
    return true;
  });
  if (fields["vnp_Command"] == "refund") co_return co_await perform("refund", [this, fields](Spoil spoil) { return answer_refund(fields, spoil); });
  co_return co_await perform("query", [this, fields](Spoil spoil) { return answer_query(fields, spoil); });
}

http::Response VnpaySimulator::open_page(const http::Request& request) {
  const auto value = [&](std::string_view name) { return std::string(request.query_value(name).value_or("")); };
  const auto refused = [&](std::string why) {
    complaint_ = std::move(why);
    return json_answer(400, text(R"({"complaint":")", complaint_, "\"}"));
  };
  const auto [signed_text, hash] = split_hash(request.target);
  if (hash != digest(options_.hash_secret, signed_text)) return refused("70: wrong hash");
  std::vector<std::string> names;
  for (const auto& [name, ignored] : request.query) {
    if (name != "vnp_SecureHash") names.push_back(name);
    if (ignored.empty()) return refused(text("03: empty ", name));
  }
  if (!std::ranges::is_sorted(names)) return refused("03: not sorted");
  for (const char* needed : {"vnp_Amount", "vnp_CreateDate", "vnp_ExpireDate", "vnp_IpAddr", "vnp_OrderInfo", "vnp_OrderType", "vnp_ReturnUrl", "vnp_TxnRef"}) {
    if (value(needed).empty()) return refused(text("03: no ", needed));
  }
  if (value("vnp_Version") != "2.1.0" || value("vnp_Command") != "pay" || value("vnp_CurrCode") != "VND" || value("vnp_TmnCode") != options_.tmn_code)
    return refused("02: not this account");
  const std::int64_t amount = std::strtoll(value("vnp_Amount").c_str(), nullptr, 10);
  if (amount < 500'000 || amount % 100 != 0) return refused("03: amount");
  if (value("vnp_ExpireDate") <= local_now() || value("vnp_CreateDate") > local_now()) return refused("15: expired");
  const auto [at, is_new] = transactions_.try_emplace(value("vnp_TxnRef"));
  Transaction& transaction = at->second;
  if (!is_new && transaction.status != "01") return refused("04: this reference was paid or ended");
  transaction.amount = amount;
  transaction.create_date = value("vnp_CreateDate");
  transaction.expire_date = value("vnp_ExpireDate");
  transaction.return_url = value("vnp_ReturnUrl");
  if (transaction.number.empty()) transaction.number = text(next_number_++);
  return json_answer(200, R"({"page":"choose a bank"})");
}

bool VnpaySimulator::pay(const std::string& txn_ref, const std::string& response_code, const std::string& transaction_status) {
  const auto found = transactions_.find(txn_ref);
  if (found == transactions_.end() || found->second.status != "01" || found->second.expire_date <= local_now()) return false;
  Transaction& transaction = found->second;
  transaction.status = transaction_status;
  emit(ipn({{"vnp_Amount", text(transaction.amount)},
            {"vnp_BankCode", "NCB"},
            {"vnp_CardType", "ATM"},
            {"vnp_OrderInfo", "Order of the buyer: 1"},
            {"vnp_PayDate", local_now()},
            {"vnp_ResponseCode", response_code},
            {"vnp_TmnCode", options_.tmn_code},
            {"vnp_TransactionNo", transaction.number},
            {"vnp_TransactionStatus", transaction_status},
            {"vnp_TxnRef", txn_ref}}));
  return true;
}

http::ClientRequest VnpaySimulator::ipn(std::map<std::string, std::string> fields) const {
  std::string query;
  for (const auto& [name, value] : fields) query += text(query.empty() ? "" : "&", plus_encoded(name), "=", plus_encoded(value));
  http::ClientRequest out;
  out.url = text(options_.ipn_url, "?", query, "&vnp_SecureHash=", digest(options_.hash_secret, query));
  return out;
}

http::ClientRequest VnpaySimulator::falsified(http::ClientRequest message) const {
  char& last = message.url.back();
  last = last == '0' ? '1' : '0';
  return message;
}

/// Empty, or why VNPay would refuse the call.
std::string VnpaySimulator::check_call(const Fields& fields, const std::vector<std::string>& order) {
  std::string hashed;
  for (const std::string& name : order) {
    const auto found = fields.find(name);
    if (found == fields.end() || found->second.empty()) return text("03 no ", name);
    hashed += text(hashed.empty() ? "" : "|", found->second);
  }
  if (fields.size() != order.size() + 1) return "03 unknown fields";
  if (fields.contains("vnp_SecureHash") && fields.at("vnp_SecureHash") != digest(options_.hash_secret, hashed)) return "97 wrong hash";
  if (fields.at("vnp_TmnCode") != options_.tmn_code || fields.at("vnp_Version") != "2.1.0") return "02 not this account";
  if (fields.at("vnp_CreateDate") > local_now() || fields.at("vnp_CreateDate").size() != 14) return "03 date";
  if (fields.at("vnp_RequestId").size() > 32 || !request_ids_.try_emplace(fields.at("vnp_RequestId"), true).second) return "94 request id used before";
  const auto found = transactions_.find(fields.at("vnp_TxnRef"));
  if (found == transactions_.end()) return "91 no such transaction";
  if (found->second.create_date != fields.at("vnp_TransactionDate")) return "91 no such transaction on that date";
  return {};
}

http::Response VnpaySimulator::answer_query(const Fields& fields, Spoil spoil) {
  if (std::string refused = check_call(fields, query_order); !refused.empty()) return refuse_call("querydr", refused.substr(0, 2), refused, spoil);
  const std::string& ref = fields.at("vnp_TxnRef");
  const Transaction& transaction = transactions_.at(ref);
  const bool about_refund = !transaction.refund_type.empty();
  return signed_answer({{"vnp_ResponseId", fields.at("vnp_RequestId")},
                        {"vnp_Command", "querydr"},
                        {"vnp_ResponseCode", "00"},
                        {"vnp_Message", "QueryDR Success"},
                        {"vnp_TmnCode", options_.tmn_code},
                        {"vnp_TxnRef", ref},
                        {"vnp_Amount", text(about_refund ? transaction.last_refund : transaction.amount)},
                        {"vnp_BankCode", "NCB"},
                        {"vnp_PayDate", local_now()},
                        {"vnp_TransactionNo", transaction.number},
                        {"vnp_TransactionType", about_refund ? transaction.refund_type : "01"},
                        {"vnp_TransactionStatus", about_refund ? transaction.refund_status : transaction.status},
                        {"vnp_OrderInfo", fields.at("vnp_OrderInfo")}},
                       answer_order.size(), spoil);
}

http::Response VnpaySimulator::answer_refund(const Fields& fields, Spoil spoil) {
  if (std::string refused = check_call(fields, refund_order); !refused.empty()) return refuse_call("refund", refused.substr(0, 2), refused, spoil);
  const std::string& ref = fields.at("vnp_TxnRef");
  Transaction& transaction = transactions_.at(ref);
  const std::int64_t amount = std::strtoll(fields.at("vnp_Amount").c_str(), nullptr, 10);
  const std::string& type = fields.at("vnp_TransactionType");
  const bool was_taken = transaction.status == "00" || transaction.status == "07";
  if (!was_taken || fields.at("vnp_TransactionNo") != transaction.number) return refuse_call("refund", "95", "95 not a paid transaction", spoil);
  if (transaction.refund_status == "05" || (transaction.refund_status == "00" && transaction.last_refund == amount))
    return refuse_call("refund", "94", "94 asked before", spoil);
  if (amount <= 0 || amount > transaction.amount - transaction.refunded) return refuse_call("refund", "95", "95 more than is left", spoil);
  if ((type == "02") != (amount == transaction.amount)) return refuse_call("refund", "03", "03 full or partial does not fit the amount", spoil);
  transaction.refund_type = type;
  transaction.last_refund = amount;
  transaction.refund_status = refunds_wait_ ? "05" : "00";
  if (!refunds_wait_) transaction.refunded += amount;
  return signed_answer({{"vnp_ResponseId", fields.at("vnp_RequestId")},
                        {"vnp_Command", "refund"},
                        {"vnp_ResponseCode", "00"},
                        {"vnp_Message", "Refund success"},
                        {"vnp_TmnCode", options_.tmn_code},
                        {"vnp_TxnRef", ref},
                        {"vnp_Amount", text(amount)},
                        {"vnp_BankCode", "NCB"},
                        {"vnp_PayDate", local_now()},
                        {"vnp_TransactionNo", text(next_number_++)},
                        {"vnp_TransactionType", type},
                        {"vnp_TransactionStatus", transaction.refund_status},
                        {"vnp_OrderInfo", fields.at("vnp_OrderInfo")}},
                       refund_answer_fields, spoil);
}

http::Response VnpaySimulator::refuse_call(std::string_view command, std::string_view code, std::string complaint, Spoil spoil) {
  complaint_ = std::move(complaint);
  return signed_answer({{"vnp_ResponseId", "0"},
                        {"vnp_Command", std::string(command)},
                        {"vnp_ResponseCode", std::string(code)},
                        {"vnp_Message", complaint_},
                        {"vnp_TmnCode", options_.tmn_code}},
                       command == "refund" ? refund_answer_fields : answer_order.size(), spoil);
}

http::Response VnpaySimulator::signed_answer(Fields fields, std::size_t hashed_fields, Spoil spoil) const {
  if (spoil == Spoil::amount) fields["vnp_Amount"] = text(std::strtoll(fields["vnp_Amount"].c_str(), nullptr, 10) + 100);
  std::string hashed;
  for (std::size_t i = 0; i < hashed_fields; ++i) hashed += text(i == 0 ? "" : "|", fields[answer_order[i]]);
  http::Response out;
  json::Writer writer(out.body);
  writer.begin_object();
  for (const auto& [name, value] : fields) {
    if (!value.empty()) writer.key(name).string(value);
  }
  writer.key("vnp_SecureHash").string(digest(spoil == Spoil::signature ? "of somebody else" : options_.hash_secret, hashed)).end_object();
  return out;
}

void VnpaySimulator::settle_refund(const std::string& txn_ref, bool succeeded) {
  Transaction& transaction = transactions_.at(txn_ref);
  transaction.refund_status = succeeded ? "00" : "09";
  if (succeeded) transaction.refunded += transaction.last_refund;
}

const VnpaySimulator::Transaction* VnpaySimulator::find(const std::string& txn_ref) const {
  const auto found = transactions_.find(txn_ref);
  return found == transactions_.end() ? nullptr : &found->second;
}

std::int64_t VnpaySimulator::balance() const {
  std::int64_t sum = 0;
  for (const auto& [ref, transaction] : transactions_)
    sum += transaction.status == "00" || transaction.status == "07" ? transaction.amount - transaction.refunded : 0;
  return sum / 100;
}

}  // namespace emporion::simulators
