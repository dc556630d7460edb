#include "modules/commerce/payment/adapters/paypal/wire.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/crc32.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/adapters/paypal/disputes.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::paypal {
namespace {

using State = ProviderReport::State;

constexpr std::array taken{"AUD", "BRL", "CAD", "CNY", "CZK", "DKK", "EUR", "HKD", "HUF", "ILS", "JPY", "MYR",
                           "MXN", "TWD", "NZD", "NOK", "PHP", "PLN", "GBP", "SGD", "SEK", "CHF", "THB", "USD"};
constexpr std::array whole_only{std::string_view("HUF"), std::string_view("JPY"), std::string_view("TWD")};
constexpr int decimals_max = 3;

std::unexpected<Error> unreadable(std::string detail) { return fail(unreadable_answer(std::move(detail))); }

std::int64_t power_of_ten(int exponent) {
  std::int64_t out = 1;
  for (; exponent > 0; --exponent) out *= 10;
  return out;
}

void write_money(json::Writer& writer, const Money& money) {
  writer.key("amount").begin_object().key("currency_code").string(money.currency().code()).key("value").string(value_of(money).value_or("0")).end_object();
}

std::optional<Uuid> uuid_at(json::Value value, std::string_view name) {
  const auto given = string_at(value, name);
  const auto id = given ? Uuid::parse(*given) : Result<Uuid>(fail(ErrorKind::invalid_argument, "INVALID_ID", ""));
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<Money> money_at(json::Value value) {
  const auto amount = object_at(value, "amount");
  return amount ? money_of(*amount) : std::nullopt;
}

std::optional<std::string> link_of(json::Value order) {
  std::optional<std::string> out;
  if (const auto links = order.member("links")) {
    links->for_each_element([&](json::Value link) {
      const auto rel = string_at(link, "rel");
      if (rel == "payer-action" || rel == "approve") out = string_at(link, "href");
      return !out;
    });
  }
  return out;
}

/// An authorization or a capture: state, amount, and the id that later calls name.
template <typename StateOf>
Result<ProviderReport> read_money(json::Value value, StateOf state_of) {
  const auto id = string_at(value, "id");
  const auto status = string_at(value, "status");
  const auto amount = money_at(value);
  const auto state = status ? state_of(*status) : std::nullopt;
  if (!id || !amount || !state) return unreadable(text("money without id or amount, or in the unknown status ", status.value_or("")));
  ProviderReport report;
  report.txn_id = *id;
  report.state = *state;
  report.amount = *amount;
  if (*state == State::captured) report.captured = amount->amount();
  if (*state == State::failed) {
    report.decline_code = *status;
    report.decline_category = "generic";
  }
  if (const auto until = string_at(value, "expiration_time")) {
    if (const auto time = UtcTime::parse(*until)) report.auth_expires_at = *time;
  }
  return report;
}

/// The words of an error's first detail.
std::string issue_of(std::string_view body) {
  const auto document = json::Document::parse(body);
  const auto detail = document ? first_at(document->root(), "details") : std::nullopt;
  return detail ? string_at(*detail, "issue").value_or("") : std::string();
}

Error failure_of(int status, std::string_view body) { return error_of_status(status, text("HTTP ", status, " ", issue_of(body))); }

bool is_success(int status) { return status == 200 || status == 201; }

/// The same report, about our payment: calls that name money do not name its order.
ProviderReport of_payment(ProviderReport report, const Payment& payment) {
  report.ref = payment.provider_ref.value_or("");
  report.payment_id = payment.id;
  return report;
}

}  // namespace

std::vector<std::string> currencies() { return {taken.begin(), taken.end()}; }

std::optional<std::string> value_of(const Money& money) {
  const std::int64_t unit = power_of_ten(money.currency().exponent());
  const std::int64_t whole = money.amount() / unit;
  const std::int64_t part = money.amount() % unit;
  if (money.is_negative()) return std::nullopt;
  if (std::ranges::find(whole_only, money.currency().code()) != whole_only.end()) return part == 0 ? std::optional(text(whole)) : std::nullopt;
  if (unit == 1) return text(whole);
  const std::string digits = text(part);
  return text(whole, ".", std::string(static_cast<std::size_t>(money.currency().exponent()) - digits.size(), '0'), digits);
}

std::optional<Money> money_of(json::Value amount) {
  const auto code = string_at(amount, "currency_code");
  const auto value = string_at(amount, "value");
  const auto currency = code ? Currency::parse(*code) : Result<Currency>(fail(ErrorKind::invalid_argument, "UNKNOWN_CURRENCY", ""));
  if (!currency || !value) return std::nullopt;
  const std::size_t point = std::min(value->find('.'), value->size());
  std::string digits = value->substr(0, point);
  std::string decimals = point < value->size() ? value->substr(point + 1) : std::string();
  if (digits.empty() || digits.front() == '-' || (point < value->size() && decimals.empty()) || decimals.size() > decimals_max) return std::nullopt;
  const auto exponent = static_cast<std::size_t>(currency->exponent());
  while (decimals.size() > exponent && decimals.back() == '0') decimals.pop_back();
  if (decimals.size() > exponent) return std::nullopt;
  decimals.append(exponent - decimals.size(), '0');
  const auto minor = whole_number(digits + decimals);
  const auto money = minor ? Money::parse(*minor, *code) : Result<Money>(fail(ErrorKind::invalid_argument, "AMOUNT_OUT_OF_RANGE", ""));
  return money ? std::optional(*money) : std::nullopt;
}

std::string order_body(const Payment& payment, const Buyer& buyer) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("intent").string("AUTHORIZE").key("purchase_units").begin_array().begin_object();
  writer.key("reference_id").string(payment.id.to_string()).key("custom_id").string(payment.id.to_string()).key("invoice_id").string(payment.id.to_string());
  if (payment.order_number) writer.key("description").string(text("Order ", *payment.order_number));
  write_money(writer, payment.amount);
  writer.end_object().end_array();
  writer.key("payment_source").begin_object().key("paypal").begin_object().key("experience_context").begin_object();
  writer.key("user_action").string("PAY_NOW").key("return_url").string(buyer.return_url).key("cancel_url").string(buyer.return_url);
  writer.end_object().end_object().end_object().end_object();
  return out;
}

std::string capture_body(const Payment& payment) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  write_money(writer, Money(payment.capture_amount.value_or(payment.amount.amount()), payment.amount.currency()));
  writer.key("final_capture").boolean(true).end_object();
  return out;
}

std::string refund_body(const Refund& refund) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  write_money(writer, refund.amount);
  writer.key("custom_id").string(refund.id.to_string()).end_object();
  return out;
}

std::string request_id(const Payment& payment, std::string_view operation) { return text(payment.id, ":", operation, ":1"); }

std::optional<State> state_of_order(std::string_view status) noexcept {
  if (status == "CREATED" || status == "PAYER_ACTION_REQUIRED" || status == "SAVED") return State::requires_action;
  if (status == "APPROVED") return State::approved;
  if (status == "VOIDED") return State::cancelled;
  if (status == "COMPLETED") return State::processing;  // Its money says more, and is shown with it.
  return std::nullopt;
}

std::optional<State> state_of_authorization(std::string_view status) noexcept {
  if (status == "CREATED") return State::authorized;
  if (status == "PENDING") return State::processing;
  if (status == "DENIED") return State::failed;
  if (status == "VOIDED" || status == "EXPIRED") return State::cancelled;
  if (status == "CAPTURED" || status == "PARTIALLY_CAPTURED") return State::captured;
  return std::nullopt;
}

std::optional<State> state_of_capture(std::string_view status) noexcept {
  if (status == "COMPLETED" || status == "REFUNDED" || status == "PARTIALLY_REFUNDED") return State::captured;
  if (status == "PENDING") return State::processing;
  if (status == "DECLINED" || status == "DENIED" || status == "FAILED") return State::failed;
  return std::nullopt;
}

std::optional<RefundReport::State> state_of_refund(std::string_view status) noexcept {
  if (status == "COMPLETED") return RefundReport::State::succeeded;
  if (status == "PENDING") return RefundReport::State::pending;
  if (status == "FAILED" || status == "CANCELLED") return RefundReport::State::failed;
  return std::nullopt;
}

Result<ProviderReport> read_order(json::Value order) {
  const auto id = string_at(order, "id");
  const auto status = string_at(order, "status");
  const auto unit = first_at(order, "purchase_units");
  const auto amount = unit ? money_at(*unit) : std::nullopt;
  const auto state = status ? state_of_order(*status) : std::nullopt;
  if (!id || !state || !amount) return unreadable(text("an order without id or amount, or in the unknown status ", status.value_or("")));
  ProviderReport report;
  const auto payments = object_at(*unit, "payments");
  const auto capture = payments ? first_at(*payments, "captures") : std::nullopt;
  const auto authorization = payments ? first_at(*payments, "authorizations") : std::nullopt;
  if (capture) {
    EMP_ASSIGN(report, read_money(*capture, state_of_capture));
  } else if (authorization) {
    EMP_ASSIGN(report, read_money(*authorization, state_of_authorization));
  } else {
    report.state = *state;
    if (*state == State::requires_action) {
      if (const auto link = link_of(order)) report.next_action = redirect_action(*link);
    }
  }
  if (report.state != State::captured) report.amount = *amount;
  report.ref = *id;
  report.payment_id = uuid_at(*unit, "reference_id");
  return report;
}

Result<ProviderReport> read_order_answer(int status, std::string_view body, const Payment& payment) {
  if (is_success(status)) {
    const auto document = json::Document::parse(body);
    if (!document) return unreadable("an answer that is not JSON");
    return read_order(document->root());
  }
  if (status == 422 && issue_of(body) == "INSTRUMENT_DECLINED") {
    ProviderReport report = of_payment({}, payment);
    report.state = State::failed;
    report.amount = payment.amount;
    report.decline_code = "INSTRUMENT_DECLINED";
    report.decline_category = "card_declined";
    return report;
  }
  return fail(failure_of(status, body));
}

Result<ProviderReport> read_capture_answer(int status, std::string_view body, const Payment& payment) {
  if (!is_success(status)) return fail(failure_of(status, body));
  const auto document = json::Document::parse(body);
  if (!document) return unreadable("an answer that is not JSON");
  EMP_ASSIGN(auto report, read_money(document->root(), state_of_capture));
  if (report.state != State::captured) report.amount = payment.amount;
  return of_payment(std::move(report), payment);
}

Result<ProviderReport> read_void_answer(int status, std::string_view body, const Payment& payment) {
  if (status != 204 && status != 200) return fail(failure_of(status, body));
  ProviderReport report = of_payment({}, payment);
  report.state = State::cancelled;
  report.amount = payment.amount;
  return report;
}

Result<RefundReport> read_refund_answer(int status, std::string_view body, const Refund& refund) {
  if (!is_success(status)) return fail(failure_of(status, body));
  const auto document = json::Document::parse(body);
  const auto id = document ? string_at(document->root(), "id") : std::nullopt;
  const auto amount = document ? money_at(document->root()) : std::nullopt;
  const auto word = document ? string_at(document->root(), "status") : std::nullopt;
  const auto state = word ? state_of_refund(*word) : std::nullopt;
  if (!id || !amount || !state) return unreadable("a refund without id, status or amount");
  RefundReport report;
  report.ref = *id;
  report.state = *state;
  report.amount = *amount;
  report.refund_id = refund.id;
  if (*state == RefundReport::State::failed) report.failure = *word;
  return report;
}

Result<ProviderEvent> read_event(std::string_view body) {
  EMP_ASSIGN(const auto document, json::Document::parse(body));
  const auto id = string_at(document.root(), "id");
  const auto type = string_at(document.root(), "event_type");
  const auto resource = object_at(document.root(), "resource");
  if (!id || !type || !resource) return fail(ErrorKind::invalid_argument, "MALFORMED_JSON", "an event without id, type or resource");
  ProviderEvent event{*id, *type};
  if (type->starts_with("CHECKOUT.ORDER.")) {
    EMP_ASSIGN(event.payment, read_order(*resource));
  } else if (type->starts_with("CUSTOMER.DISPUTE.")) {
    EMP_ASSIGN(event.dispute, read_dispute(*resource));
  } else if (*type == "PAYMENT.CAPTURE.REFUNDED") {
    Refund named;
    named.id = uuid_at(*resource, "custom_id").value_or(Uuid());
    EMP_ASSIGN(event.refund, read_refund_answer(200, resource->to_json(), named));
    if (named.id.is_nil()) event.refund->refund_id.reset();
  } else if (type->starts_with("PAYMENT.AUTHORIZATION.") || (type->starts_with("PAYMENT.CAPTURE.") && *type != "PAYMENT.CAPTURE.REVERSED")) {
    const bool is_capture = type->starts_with("PAYMENT.CAPTURE.");
    EMP_ASSIGN(auto report, read_money(*resource, is_capture ? state_of_capture : state_of_authorization));
    const auto more = object_at(*resource, "supplementary_data");
    const auto related = more ? object_at(*more, "related_ids") : std::nullopt;
    if (related) report.ref = string_at(*related, "order_id").value_or("");
    report.payment_id = uuid_at(*resource, "custom_id");
    event.payment = std::move(report);
  }
  return event;
}

std::string signed_text(std::string_view transmission_id, std::string_view time, std::string_view webhook_id, std::string_view body) {
  return text(transmission_id, "|", time, "|", webhook_id, "|", crc32(body));
}

bool is_paypal_certificate(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) return false;
  const std::string_view host = url.substr(scheme.size(), url.find_first_of("/?#", scheme.size()) - scheme.size());
  const bool is_plain = std::ranges::all_of(host, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
  return is_plain && host.ends_with(".paypal.com") && url.size() > scheme.size() + host.size() && url[scheme.size() + host.size()] == '/';
}

std::string verification_body(const ProviderMessage& message, std::string_view webhook_id) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  constexpr std::array names{std::pair{"transmission_id", "paypal-transmission-id"}, std::pair{"transmission_time", "paypal-transmission-time"},
                             std::pair{"transmission_sig", "paypal-transmission-sig"}, std::pair{"cert_url", "paypal-cert-url"},
                             std::pair{"auth_algo", "paypal-auth-algo"}};
  for (const auto& [member, header] : names) {
    const auto found = message.headers.find(header);
    writer.key(member).string(found == message.headers.end() ? "" : found->second);
  }
  writer.key("webhook_id").string(webhook_id).key("webhook_event").raw(message.text).end_object();  // As it was sent: another spelling has another checksum.
  return out;
}

}  // namespace emporion::payment::paypal
