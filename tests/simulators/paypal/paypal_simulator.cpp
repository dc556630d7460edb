#include "tests/simulators/paypal/paypal_simulator.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "kernel/base/crc32.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"
#include "tests/simulators/paypal/paypal_keys.hpp"

// Written from PayPal's documents, not from our adapter: the two share nothing but the kernel.
namespace emporion::simulators {
namespace {

constexpr std::size_t request_id_max = 108;

int decimals_of(std::string_view currency) { return currency == "JPY" || currency == "TWD" || currency == "HUF" ? 0 : 2; }
/// Our minor units of a currency have more decimals than PayPal's values where PayPal takes none.
std::int64_t unit_of(std::string_view currency) { return currency == "JPY" ? 1 : decimals_of(currency) == 0 ? 100 : 1; }

std::string value_text(std::int64_t minor, std::string_view currency) {
  if (decimals_of(currency) == 0) return text(minor / unit_of(currency));
  return text(minor / 100, ".", minor % 100 < 10 ? "0" : "", minor % 100);
}

std::string string_in(const json::Value& value, std::string_view name) {
  const auto member = value.member(name);
  return std::string(member ? member->string().value_or("") : "");
}

}  // namespace

PaypalSimulator::PaypalSimulator(Runtime& runtime, const Clock& clock, PaypalSimulatorOptions options)
    : ProviderSimulator(runtime, clock, options.hang),
      options_(std::move(options)),
      key_(security::SigningKey::from_private_der(security::Secret(security::from_base64(paypal_keys::private_key).value())).value()) {}

std::string PaypalSimulator::value_of(std::int64_t minor, std::string_view currency) { return value_text(minor, currency); }

std::optional<PaypalSimulator::Call> PaypalSimulator::called(const http::Request& request) {
  const bool posts = request.method == http::Method::post;
  const std::string& path = request.path;
  if (posts && path == "/v2/checkout/orders") return Call{"create", ""};
  for (const auto& [prefix, verb, operation] :
       {std::tuple{"/v2/checkout/orders/", "/authorize", "authorize"}, std::tuple{"/v2/payments/authorizations/", "/capture", "capture"},
        std::tuple{"/v2/payments/authorizations/", "/void", "void"}, std::tuple{"/v2/payments/captures/", "/refund", "refund"}}) {
    const std::size_t begin = std::string_view(prefix).size();
    if (posts && path.starts_with(prefix) && path.ends_with(verb))
      return Call{operation, path.substr(begin, path.size() - begin - std::string_view(verb).size())};
  }
  if (posts) return path == "/v1/notifications/verify-webhook-signature" ? std::optional(Call{"verify", ""}) : std::nullopt;
  if (path.starts_with("/v2/checkout/orders/")) return Call{"get", path.substr(20)};
  if (path.starts_with("/v2/payments/refunds/")) return Call{"get_refund", path.substr(21)};
  return std::nullopt;
}

Task<http::Response> PaypalSimulator::serve(http::Request request) {
  complaint_.clear();
  if (request.path == "/v1/oauth2/token") co_return co_await perform("token", [this, &request](Spoil) { return give_token(request); });
  if (request.path == "/certs/sandbox.pem")
    co_return co_await perform("certificate", [](Spoil) { return json_answer(200, std::string(paypal_keys::certificate)); });
  const auto dispute = dispute_call(request);
  const auto call = dispute ? dispute : called(request);
  if (!call) co_return refuse_call(404, "RESOURCE_NOT_FOUND");
  if (token_.empty() || request.header("authorization") != "Bearer " + token_) co_return refuse_call(401, "invalid_token");
  if (dispute) co_return co_await perform(dispute->operation, [this, &request, &dispute](Spoil) { return work_dispute(*dispute, request); });
  const std::string request_id(request.header("paypal-request-id"));
  if (request.method == http::Method::post) {
    if (request.header("content-type") != "application/json") co_return refuse_call(415, "UNSUPPORTED_MEDIA_TYPE");
    if (call->operation != "verify" && (request_id.empty() || request_id.size() > request_id_max)) co_return refuse_call(400, "PAYPAL_REQUEST_ID_REQUIRED");
  }
  co_return co_await perform(call->operation, [this, &request, call, request_id](Spoil spoil) { return once(*call, request_id, request.body, spoil); });
}

http::Response PaypalSimulator::once(const Call& call, const std::string& request_id, const std::string& body, Spoil spoil) {
  if (request_id.empty()) return work(call, body, spoil);
  if (const auto stored = answers_.find(request_id); stored != answers_.end()) {
    if (stored->second.body != call.operation + body) return refuse_call(422, "PAYPAL_REQUEST_ID_PREVIOUSLY_USED");
    return stored->second.answer;
  }
  http::Response answer = work(call, body, spoil);
  if (answer.status < 300) answers_[request_id] = {call.operation + body, answer};  // What was refused may be asked for again.
  return answer;
}

http::Response PaypalSimulator::give_token(const http::Request& request) {
  const std::string basic = "Basic " + security::base64(options_.client_id + ":" + options_.client_secret);
  if (request.header("authorization") != basic || request.body != "grant_type=client_credentials") return json_answer(401, R"({"error":"invalid_client"})");
  token_ = text("A21AA-simulated-", ++serial_);
  return json_answer(200, text(R"({"access_token":")", token_, R"(","token_type":"Bearer","expires_in":32400})"));
}

http::Response PaypalSimulator::refuse_call(int status, std::string issue) {
  complaint_ = issue;
  return json_answer(status, text(R"({"name":"UNPROCESSABLE_ENTITY","details":[{"issue":")", issue, R"("}]})"));
}

http::Response PaypalSimulator::work(const Call& call, const std::string& body, Spoil spoil) {
  const auto document = json::Document::parse(body.empty() ? "{}" : std::string_view(body));
  if (!document) return refuse_call(400, "MALFORMED_REQUEST_JSON");
  const json::Value root = document->root();
  if (call.operation == "create") return create(root, spoil);
  if (call.operation == "authorize") return authorize(call.id, spoil);
  if (call.operation == "capture") return capture(call.id, root, spoil);
  if (call.operation == "void") return release(call.id);
  if (call.operation == "refund") return refund(call.id, root, spoil);
  if (call.operation == "get") return orders_.contains(call.id) ? json_answer(200, order_json(call.id, spoil)) : refuse_call(404, "INVALID_RESOURCE_ID");
  if (call.operation == "get_refund") return refunds_.contains(call.id) ? json_answer(200, refund_json(call.id)) : refuse_call(404, "INVALID_RESOURCE_ID");
  const auto event = root.member("webhook_event");
  const std::string raw = body.substr(body.find("\"webhook_event\":") + 16);
  const std::string signed_text = text(string_in(root, "transmission_id"), "|", string_in(root, "transmission_time"), "|", string_in(root, "webhook_id"), "|",
                                       crc32(raw.substr(0, raw.size() - 1)));
  const auto signature = security::from_base64(string_in(root, "transmission_sig"));
  const bool genuine = event && signature && string_in(root, "webhook_id") == options_.webhook_id && key_.public_key().verifies(signed_text, *signature);
  return json_answer(200, text(R"({"verification_status":")", genuine ? "SUCCESS" : "FAILURE", "\"}"));
}

std::optional<std::int64_t> PaypalSimulator::amount_in(const json::Value& body, const std::string& currency) {
  const auto amount = body.member("amount");
  if (!amount || string_in(*amount, "currency_code") != currency) return std::nullopt;
  std::string value = string_in(*amount, "value");
  const std::size_t point = value.find('.');
  const auto decimals = static_cast<std::size_t>(decimals_of(currency));
  if (decimals == 0 ? point != std::string::npos : point == std::string::npos || value.size() - point - 1 != decimals) return std::nullopt;
  value.erase(std::remove(value.begin(), value.end(), '.'), value.end());
  return std::strtoll(value.c_str(), nullptr, 10) * unit_of(currency);
}

http::Response PaypalSimulator::create(const json::Value& body, Spoil spoil) {
  std::optional<json::Value> unit;
  if (const auto units = body.member("purchase_units"); units && units->size() == 1) {
    units->for_each_element([&](json::Value one) {
      unit = one;
      return false;
    });
  }
  if (string_in(body, "intent") != "AUTHORIZE" || !unit) return refuse_call(400, "INVALID_PARAMETER_VALUE");
  const auto amount = unit->member("amount");
  const std::string currency = amount ? string_in(*amount, "currency_code") : "";
  if (currency == "VND" || currency.size() != 3) return refuse_call(422, "CURRENCY_NOT_SUPPORTED");
  const auto minor = amount_in(*unit, currency);
  if (!minor || *minor <= 0) return refuse_call(422, "DECIMAL_PRECISION");
  if (string_in(*unit, "reference_id").empty() || string_in(*unit, "invoice_id").empty()) return refuse_call(400, "MISSING_REQUIRED_PARAMETER");
  if (body.to_json().find("\"return_url\":\"http") == std::string::npos) return refuse_call(400, "MISSING_RETURN_URL");
  for (const auto& [id, known] : orders_) {
    if (known.reference == string_in(*unit, "reference_id")) return refuse_call(422, "DUPLICATE_INVOICE_ID");
  }
  const std::string id = text("5O190127TN36471", ++serial_);
  Order& order = orders_[id];
  order.currency = currency;
  order.amount = *minor;
  order.reference = string_in(*unit, "reference_id");
  return json_answer(201, order_json(id, spoil));
}

bool PaypalSimulator::approve(const std::string& order_id) {
  const auto found = orders_.find(order_id);
  if (found == orders_.end() || found->second.status != "PAYER_ACTION_REQUIRED") return false;
  found->second.status = "APPROVED";
  emit_event("CHECKOUT.ORDER.APPROVED", order_json(order_id, Spoil::nothing));
  return true;
}

http::Response PaypalSimulator::authorize(const std::string& id, Spoil spoil) {
  const auto found = orders_.find(id);
  if (found == orders_.end()) return refuse_call(404, "INVALID_RESOURCE_ID");
  Order& order = found->second;
  if (order.status == "COMPLETED") return refuse_call(422, "ORDER_ALREADY_AUTHORIZED");
  if (order.status != "APPROVED") return refuse_call(422, "ORDER_NOT_APPROVED");
  if (std::exchange(declines_, false)) return refuse_call(422, "INSTRUMENT_DECLINED");
  order.status = "COMPLETED";
  order.authorization_id = text("0AW2184448108", ++serial_);
  order.authorization_status = "CREATED";
  emit_event("PAYMENT.AUTHORIZATION.CREATED", money_json(order, id, false, Spoil::nothing));
  return json_answer(201, order_json(id, spoil));
}

std::map<std::string, PaypalSimulator::Order>::iterator PaypalSimulator::of_authorization(const std::string& id) {
  return std::ranges::find_if(orders_, [&](const auto& one) { return !id.empty() && one.second.authorization_id == id; });
}

http::Response PaypalSimulator::capture(const std::string& authorization_id, const json::Value& body, Spoil spoil) {
  const auto found = of_authorization(authorization_id);
  if (found == orders_.end()) return refuse_call(404, "INVALID_RESOURCE_ID");
  Order& order = found->second;
  if (order.authorization_status != "CREATED") return refuse_call(422, text("AUTHORIZATION_", order.authorization_status));
  const auto amount = amount_in(body, order.currency);
  if (!amount || *amount <= 0 || *amount > order.amount) return refuse_call(422, "MAX_CAPTURE_AMOUNT_EXCEEDED");
  order.authorization_status = "CAPTURED";
  order.capture_id = text("2GG279541U471", ++serial_);
  order.captured = *amount;
  order.capture_status = captures_wait_ ? "PENDING" : "COMPLETED";
  emit_event(captures_wait_ ? "PAYMENT.CAPTURE.PENDING" : "PAYMENT.CAPTURE.COMPLETED", money_json(order, found->first, true, Spoil::nothing));
  return json_answer(201, money_json(order, found->first, true, spoil));
}

bool PaypalSimulator::settle_capture(const std::string& order_id, bool completed) {
  Order& order = orders_.at(order_id);
  if (order.capture_status != "PENDING") return false;
  order.capture_status = completed ? "COMPLETED" : "DECLINED";
  emit_event(completed ? "PAYMENT.CAPTURE.COMPLETED" : "PAYMENT.CAPTURE.DENIED", money_json(order, order_id, true, Spoil::nothing));
  return true;
}

http::Response PaypalSimulator::release(const std::string& authorization_id) {
  const auto found = of_authorization(authorization_id);
  if (found == orders_.end()) return refuse_call(404, "INVALID_RESOURCE_ID");
  if (found->second.authorization_status != "CREATED") return refuse_call(422, text("AUTHORIZATION_", found->second.authorization_status));
  found->second.authorization_status = "VOIDED";
  emit_event("PAYMENT.AUTHORIZATION.VOIDED", money_json(found->second, found->first, false, Spoil::nothing));
  return json_answer(204, "");
}

void PaypalSimulator::expire(const std::string& order_id) { orders_.at(order_id).authorization_status = "EXPIRED"; }

http::Response PaypalSimulator::refund(const std::string& capture_id, const json::Value& body, Spoil spoil) {
  const auto found = std::ranges::find_if(orders_, [&](const auto& one) { return !capture_id.empty() && one.second.capture_id == capture_id; });
  if (found == orders_.end()) return refuse_call(404, "INVALID_RESOURCE_ID");
  Order& order = found->second;
  const auto amount = amount_in(body, order.currency);
  if (!amount || *amount <= 0 || *amount > order.captured - order.refunded - order.disputed) return refuse_call(422, "REFUND_AMOUNT_EXCEEDED");
  const std::string id = text("1JU08902781691", ++serial_);
  refunds_[id] = {found->first, spoil == Spoil::amount ? *amount + 1 : *amount, refund_status_, string_in(body, "custom_id")};
  if (refund_status_ == "COMPLETED") order.refunded += *amount;
  emit_event("PAYMENT.CAPTURE.REFUNDED", refund_json(id));
  return json_answer(201, refund_json(id));
}

bool PaypalSimulator::settle_refund(const std::string& refund_id, const std::string& status) {
  const auto found = refunds_.find(refund_id);
  if (found == refunds_.end() || found->second.status != "PENDING") return false;
  found->second.status = status;
  if (status == "COMPLETED") orders_.at(found->second.order_id).refunded += found->second.amount;
  emit_event("PAYMENT.CAPTURE.REFUNDED", refund_json(refund_id));
  return true;
}

std::string PaypalSimulator::order_json(const std::string& id, Spoil spoil) const {
  const Order& order = orders_.at(id);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("id").string(id).key("intent").string("AUTHORIZE").key("status").string(order.status);
  writer.key("purchase_units").begin_array().begin_object().key("reference_id").string(order.reference).key("custom_id").string(order.reference);
  writer.key("amount").begin_object().key("currency_code").string(order.currency);
  writer.key("value").string(value_text(spoil == Spoil::amount ? order.amount + 100 : order.amount, order.currency)).end_object();
  if (!order.authorization_id.empty()) {
    writer.key("payments").begin_object().key("authorizations").begin_array().raw(money_json(order, id, false, spoil)).end_array();
    if (!order.capture_id.empty()) writer.key("captures").begin_array().raw(money_json(order, id, true, spoil)).end_array();
    writer.end_object();
  }
  writer.end_object()
      .end_array()
      .key("links")
      .begin_array()
      .begin_object()
      .key("href")
      .string(url() + "/v2/checkout/orders/" + id)
      .key("rel")
      .string("self")
      .end_object();
  writer.begin_object().key("href").string("https://www.paypal.invalid/checkoutnow?token=" + id).key("rel").string("payer-action").end_object();
  writer.end_array().end_object();
  return out;
}

std::string PaypalSimulator::money_json(const Order& order, const std::string& order_id, bool is_capture, Spoil spoil) const {
  std::string out;
  json::Writer writer(out);
  const std::int64_t amount = (is_capture ? order.captured : order.amount) + (spoil == Spoil::amount ? 100 : 0);
  writer.begin_object()
      .key("id")
      .string(is_capture ? order.capture_id : order.authorization_id)
      .key("status")
      .string(is_capture ? order.capture_status : order.authorization_status);
  writer.key("amount").begin_object().key("currency_code").string(order.currency).key("value").string(value_text(amount, order.currency)).end_object();
  writer.key("custom_id")
      .string(order.reference)
      .key("supplementary_data")
      .begin_object()
      .key("related_ids")
      .begin_object()
      .key("order_id")
      .string(order_id)
      .end_object()
      .end_object();
  if (!is_capture) writer.key("expiration_time").string((clock().now() + hours(24 * 29)).to_string());
  writer.end_object();
  return out;
}

std::string PaypalSimulator::refund_json(const std::string& id) const {
  const Refund& refund = refunds_.at(id);
  const std::string& currency = orders_.at(refund.order_id).currency;
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("id").string(id).key("status").string(refund.status).key("custom_id").string(refund.custom_id);
  writer.key("amount").begin_object().key("currency_code").string(currency).key("value").string(value_text(refund.amount, currency)).end_object().end_object();
  return out;
}

std::string PaypalSimulator::event(const std::string& type, const std::string& resource) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .key("id")
      .string(text("WH-SIM-", ++serial_))
      .key("event_version")
      .string("1.0")
      .key("event_type")
      .string(type)
      .key("resource")
      .raw(resource)
      .end_object();
  return out;
}

http::ClientRequest PaypalSimulator::message(std::string body) const {
  http::ClientRequest out;
  out.method = http::Method::post;
  out.url = options_.webhook_url;
  const std::string id = text("69cd13f0-d67a-11e5-baa3-", crc32(body));
  const std::string time = clock().now().to_string();
  out.headers = {{"content-type", "application/json"},
                 {"paypal-transmission-id", id},
                 {"paypal-transmission-time", time},
                 {"paypal-transmission-sig", security::base64(key_.sign(text(id, "|", time, "|", options_.webhook_id, "|", crc32(body))))},
                 {"paypal-cert-url", url() + "/certs/sandbox.pem"},
                 {"paypal-auth-algo", "SHA256withRSA"}};
  out.body = std::move(body);
  return out;
}

http::ClientRequest PaypalSimulator::falsified(http::ClientRequest message) const {
  for (auto& header : message.headers) {
    if (header.name == "paypal-transmission-sig") header.value = security::base64(key_.sign("something else"));
  }
  return message;
}

const PaypalSimulator::Order* PaypalSimulator::find(const std::string& order_id) const {
  const auto found = orders_.find(order_id);
  return found == orders_.end() ? nullptr : &found->second;
}

std::int64_t PaypalSimulator::balance() const {
  std::int64_t sum = 0;
  for (const auto& [id, order] : orders_) sum += order.capture_status == "COMPLETED" ? order.captured - order.refunded - order.disputed : 0;
  return sum;
}

}  // namespace emporion::simulators
