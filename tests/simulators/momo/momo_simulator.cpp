#include "tests/simulators/momo/momo_simulator.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"

// Written from MoMo's documents, not from our adapter: the two share nothing but the kernel's HMAC.
namespace emporion::simulators {
namespace {

using Names = std::vector<std::string>;

const Names create_signed{"accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId", "requestType"};
const Names create_all{"amount",    "autoCapture", "extraData",   "ipnUrl",    "lang",        "orderExpireTime", "orderId",
                       "orderInfo", "partnerCode", "redirectUrl", "requestId", "requestType", "signature"};
const Names confirm_signed{"accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "requestType"};
const Names confirm_all{"amount", "description", "lang", "orderId", "partnerCode", "requestId", "requestType", "signature"};
const Names query_signed{"accessKey", "orderId", "partnerCode", "requestId"};
const Names query_all{"lang", "orderId", "partnerCode", "requestId", "signature"};
const Names refund_signed{"accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId"};
const Names refund_all{"amount", "description", "lang", "orderId", "partnerCode", "requestId", "signature", "transId"};
const Names ipn_signed{"accessKey",   "amount",  "extraData", "message",      "orderId",    "orderInfo", "orderType",
                       "partnerCode", "payType", "requestId", "responseTime", "resultCode", "transId"};
const Names numbers{"amount", "transId", "orderExpireTime"};

std::int64_t number(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

}  // namespace

std::string MomoSimulator::sign(const Names& names, const Fields& fields) const {
  std::string signed_text;
  for (const std::string& name : names) {
    const auto found = fields.find(name);
    signed_text += text(signed_text.empty() ? "" : "&", name, "=", name == "accessKey" ? options_.access_key : found == fields.end() ? "" : found->second);
  }
  return security::hex(security::hmac_sha256(options_.secret_key, signed_text));
}

Task<http::Response> MomoSimulator::serve(http::Request request) {
  complaint_.clear();
  const auto document = json::Document::parse(request.body);
  Fields fields;
  bool is_typed = document && document->root().type() == json::Type::object;
  if (is_typed) {
    document->root().for_each_member([&](std::string_view name, json::Value value) {
      const bool is_number = std::ranges::find(numbers, name) != numbers.end();
      if (is_number) is_typed = is_typed && value.integer().has_value();
      if (!is_number && name != "autoCapture") is_typed = is_typed && value.string().has_value();
      fields[std::string(name)] = value.string() ? std::string(*value.string()) : value.to_json();
      return true;
    });
  }
  const std::string prefix = "/v2/gateway/api/";
  const std::string operation = request.path.starts_with(prefix) ? request.path.substr(prefix.size()) : "";
  if (request.method != http::Method::post || !is_typed || !request.header("content-type").starts_with("application/json")) {
    complaint_ = "not a call of MoMo's API";
    co_return json_answer(400, R"({"resultCode":20,"message":"Bad format request."})");
  }
  if (operation == "create") co_return co_await perform(operation, [this, fields](Spoil spoil) { return create(fields, spoil); });
  if (operation == "confirm") co_return co_await perform(fields["requestType"], [this, fields](Spoil spoil) { return confirm(fields, spoil); });
  if (operation == "query") co_return co_await perform(operation, [this, fields](Spoil spoil) { return query(fields, spoil); });
  if (operation == "refund") co_return co_await perform(operation, [this, fields](Spoil spoil) { return refund(fields, spoil); });
  co_return json_answer(404, "{}");
}

std::optional<http::Response> MomoSimulator::refuse_call(const Fields& fields, const Names& signed_names, const Names& all_names) {
  const auto refused = [&](std::int64_t code, std::string why) {
    complaint_ = std::move(why);
    return answer(fields, code, 0, Spoil::nothing);
  };
  for (const std::string& name : all_names) {
    if (!fields.contains(name)) return refused(20, text("no ", name));
  }
  if (fields.size() != all_names.size()) return refused(20, "unknown members");
  if (fields.at("partnerCode") != options_.partner_code) return refused(13, "not this partner");
  if (fields.at("signature") != sign(signed_names, fields)) return refused(11, "wrong signature");
  if (fields.at("requestId").size() > 50 || fields.at("orderId").size() > 50) return refused(20, "an id is too long");
  if (!request_ids_.try_emplace(fields.at("requestId"), true).second) return refused(40, "requestId used before");
  return std::nullopt;
}

http::Response MomoSimulator::answer(const Fields& fields, std::int64_t code, std::int64_t amount, Spoil spoil, const std::string& more) const {
  const auto value = [&](const char* name) { return fields.contains(name) ? fields.at(name) : std::string(); };
  http::Response out;
  json::Writer writer(out.body);
  writer.begin_object().key("partnerCode").string(value("partnerCode")).key("orderId").string(value("orderId")).key("requestId").string(value("requestId"));
  writer.key("amount").integer(spoil == Spoil::amount ? amount + 1 : amount).key("responseTime").integer(now_unix() * 1000).key("message").string("simulated");
  writer.key("resultCode").integer(code).end_object();
  if (!more.empty()) out.body.insert(out.body.size() - 1, more);
  return out;
}

http::Response MomoSimulator::create(const Fields& fields, Spoil spoil) {
  if (auto refused = refuse_call(fields, create_signed, create_all)) return *refused;
  const std::int64_t amount = number(fields.at("amount"));
  if (amount < 1'000 || amount > 50'000'000) return answer(fields, 22, amount, spoil);
  if (fields.at("requestType") != "captureWallet" || number(fields.at("orderExpireTime")) < 1) return answer(fields, 20, amount, spoil);
  const auto [at, is_new] = payments_.try_emplace(fields.at("orderId"));
  if (!is_new) return answer(fields, 41, amount, spoil);
  Payment& payment = at->second;
  payment.amount = amount;
  payment.ipn_url = fields.at("ipnUrl");
  payment.order_info = fields.at("orderInfo");
  payment.request_id = fields.at("requestId");
  payment.auto_capture = fields.at("autoCapture") == "true";
  payment.expires_at = now_unix() + 60 * number(fields.at("orderExpireTime"));
  return answer(fields, 0, amount, spoil, text(R"(,"payUrl":"https://momo.invalid/pay?t=)", at->first, R"(","deeplink":"momo://","qrCodeUrl":"00020101")"));
}

bool MomoSimulator::pay(const std::string& order_id, std::int64_t result_code) {
  const auto found = payments_.find(order_id);
  if (found == payments_.end() || found->second.result_code != 1000 || now_unix() >= found->second.expires_at) return false;
  Payment& payment = found->second;
  payment.trans_id = next_trans_id_++;
  payment.result_code = result_code == 0 && !payment.auto_capture ? 9000 : result_code;
  if (payment.result_code == 0) payment.captured = payment.amount;
  emit(ipn(order_id, payment.result_code, payment.amount));
  return true;
}

http::Response MomoSimulator::confirm(const Fields& fields, Spoil spoil) {
  if (auto refused = refuse_call(fields, confirm_signed, confirm_all)) return *refused;
  const auto found = payments_.find(fields.at("orderId"));
  if (found == payments_.end()) return answer(fields, 42, 0, spoil);
  Payment& payment = found->second;
  const std::int64_t amount = number(fields.at("amount"));
  if (payment.result_code != 9000) return answer(fields, payment.result_code, payment.amount, spoil);
  if (amount <= 0 || amount > payment.amount) return answer(fields, 22, amount, spoil);
  if (fields.at("requestType") == "cancel") {
    payment.result_code = 1003;
  } else {
    payment.result_code = 0;
    payment.captured = amount;
    emit(ipn(found->first, 0, amount));
  }
  return answer(fields, 0, amount, spoil, text(R"(,"transId":)", payment.trans_id, R"(,"requestType":")", fields.at("requestType"), "\""));
}

http::Response MomoSimulator::query(const Fields& fields, Spoil spoil) {
  if (auto refused = refuse_call(fields, query_signed, query_all)) return *refused;
  const auto found = payments_.find(fields.at("orderId"));
  if (found == payments_.end()) return answer(fields, 42, 0, spoil);
  Payment& payment = found->second;
  if (payment.result_code == 1000 && now_unix() >= payment.expires_at) payment.result_code = 1005;
  std::string refunds;
  json::Writer writer(refunds);
  writer.begin_array();
  for (const auto& [id, refund] : payment.refunds) {
    writer.begin_object()
        .key("orderId")
        .string(id)
        .key("amount")
        .integer(refund.amount)
        .key("resultCode")
        .integer(refund.result_code)
        .key("transId")
        .integer(1)
        .end_object();
  }
  writer.end_array();
  return answer(fields, payment.result_code, payment.captured > 0 ? payment.captured : payment.amount, spoil,
                text(R"(,"transId":)", payment.trans_id, R"(,"payType":"qr","extraData":"","refundTrans":)", refunds));
}

http::Response MomoSimulator::refund(const Fields& fields, Spoil spoil) {
  if (auto refused = refuse_call(fields, refund_signed, refund_all)) return *refused;
  const std::int64_t trans_id = number(fields.at("transId"));
  const auto found = std::ranges::find_if(payments_, [&](const auto& one) { return one.second.trans_id == trans_id && one.second.result_code == 0; });
  const std::int64_t amount = number(fields.at("amount"));
  if (found == payments_.end()) return answer(fields, 1088, amount, spoil);
  Payment& payment = found->second;
  std::int64_t given = 0;
  for (const auto& [id, refund] : payment.refunds) given += refund.result_code == 0 ? refund.amount : 0;
  if (payments_.contains(fields.at("orderId")) || payment.refunds.contains(fields.at("orderId"))) return answer(fields, 41, amount, spoil);
  const std::int64_t code = amount <= 0 || amount > payment.captured - given ? 1080 : refund_code_;
  payment.refunds[fields.at("orderId")] = {amount, code};
  return answer(fields, code, amount, spoil, text(R"(,"transId":)", next_trans_id_++));
}

http::ClientRequest MomoSimulator::ipn(const std::string& order_id, std::int64_t result_code, std::int64_t amount) const {
  const Payment& payment = payments_.at(order_id);
  Fields fields{{"amount", text(amount)},
                {"extraData", ""},
                {"message", "Giao dịch"},
                {"orderId", order_id},
                {"orderInfo", payment.order_info},
                {"orderType", "momo_wallet"},
                {"partnerCode", options_.partner_code},
                {"payType", "qr"},
                {"requestId", payment.request_id},
                {"responseTime", text(now_unix() * 1000)},
                {"resultCode", text(result_code)},
                {"transId", text(payment.trans_id)}};
  fields["signature"] = sign(ipn_signed, fields);
  http::ClientRequest out;
  out.method = http::Method::post;
  out.url = payment.ipn_url;
  out.headers.push_back({"content-type", "application/json"});
  json::Writer writer(out.body);
  writer.begin_object();
  for (const auto& [name, value] : fields) {
    const bool is_number = name == "amount" || name == "responseTime" || name == "resultCode" || name == "transId";
    writer.key(name);
    is_number ? writer.raw(value) : writer.string(value);
  }
  writer.end_object();
  return out;
}

http::ClientRequest MomoSimulator::falsified(http::ClientRequest message) const {
  const std::size_t at = message.body.find("\"signature\":\"") + 13;
  message.body[at] = message.body[at] == '0' ? '1' : '0';
  return message;
}

const MomoSimulator::Payment* MomoSimulator::find(const std::string& order_id) const {
  const auto found = payments_.find(order_id);
  return found == payments_.end() ? nullptr : &found->second;
}

std::int64_t MomoSimulator::balance() const {
  std::int64_t sum = 0;
  for (const auto& [id, payment] : payments_) {
    sum += payment.captured;
    for (const auto& [refund_id, refund] : payment.refunds) sum -= refund.result_code == 0 ? refund.amount : 0;
  }
  return sum;
}

}  // namespace emporion::simulators
