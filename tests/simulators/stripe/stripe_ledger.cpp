#include "tests/simulators/stripe/stripe_ledger.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::simulators {
namespace {

constexpr std::int64_t authorization_seconds = 7 * 24 * 3600;

constexpr std::array declines{
    std::pair{std::string_view("pm_card_chargeDeclined"), std::string_view("generic_decline")},
    std::pair{std::string_view("pm_card_chargeDeclinedInsufficientFunds"), std::string_view("insufficient_funds")},
    std::pair{std::string_view("pm_card_chargeDeclinedExpiredCard"), std::string_view("expired_card")},
    std::pair{std::string_view("pm_card_chargeDeclinedIncorrectCvc"), std::string_view("incorrect_cvc")},
};
constexpr std::array known_cards{std::string_view("pm_card_visa"), std::string_view("pm_card_threeDSecure2Required"), std::string_view("pm_card_processing"),
                                 std::string_view("pm_card_refundFail")};

std::string_view decline_of(std::string_view token) {
  for (const auto& [card, code] : declines) {
    if (card == token) return code;
  }
  return {};
}

bool is_known_card(std::string_view token) { return !decline_of(token).empty() || std::ranges::find(known_cards, token) != known_cards.end(); }

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::map<std::string, std::string> metadata_of(const Fields& fields) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : fields) {
    if (name.starts_with("metadata[") && name.ends_with("]")) out[name.substr(9, name.size() - 10)] = value;
  }
  return out;
}

/// A parameter that Stripe would not know is refused, as Stripe does.
std::optional<Answer> refuse_unknown(const Fields& fields, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : fields) {
    if (name.starts_with("metadata[") || std::ranges::find(known, std::string_view(name)) != known.end()) continue;
    return error_answer(400, "invalid_request_error", "parameter_unknown", text("Received unknown parameter: ", name));
  }
  return std::nullopt;
}

void write_metadata(json::Writer& writer, const std::map<std::string, std::string>& metadata) {
  writer.key("metadata").begin_object();
  for (const auto& [name, value] : metadata) writer.key_escaped(name).string(value);
  writer.end_object();
}

char hex_digit(std::string_view text, std::size_t at) {
  const char c = at < text.size() ? text[at] : '0';
  return static_cast<char>(c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 0);
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out.push_back(static_cast<char>(hex_digit(text, i + 1) * 16 + hex_digit(text, i + 2)));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

}  // namespace

std::string field(const Fields& fields, std::string_view name) {
  for (const auto& [known, value] : fields) {
    if (known == name) return value;
  }
  return {};
}

Fields decode_form(std::string_view body) {
  Fields out;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, end);
    body = end == body.size() ? std::string_view() : body.substr(end + 1);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    out.emplace_back(decoded(pair.substr(0, equals)), equals == pair.size() ? std::string() : decoded(pair.substr(equals + 1)));
  }
  return out;
}

Answer error_answer(int status, std::string_view type, std::string_view code, std::string_view message, std::string_view more) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("error").begin_object().key("type").string(type).key("code").string(code).key("message").string(message).end_object().end_object();
  if (!more.empty()) body.insert(body.size() - 2, text(",", more));
  return {status, std::move(body)};
}

Answer StripeLedger::create(const Fields& fields) {
  if (auto refused = refuse_unknown(fields, {"amount", "currency", "capture_method", "payment_method_types[]", "payment_method", "customer", "description"}))
    return *refused;
  const auto amount = integer(field(fields, "amount"));
  const std::string currency = field(fields, "currency");
  if (!amount || *amount <= 0)
    return error_answer(400, "invalid_request_error", "parameter_invalid_integer", "amount must be a positive integer in the smallest unit");
  if (currency.size() != 3 || currency != ascii_lower(currency))
    return error_answer(400, "invalid_request_error", "parameter_invalid", "currency must be three lower-case letters");
  if (field(fields, "capture_method") != "manual") return error_answer(400, "invalid_request_error", "parameter_invalid", "this account captures manually");
  if (!is_known_card(field(fields, "payment_method")))
    return error_answer(400, "invalid_request_error", "resource_missing", text("No such PaymentMethod: '", field(fields, "payment_method"), "'"));
  Intent intent;
  intent.id = text("pi_sim_", intents_.size() + 1);
  intent.amount = *amount;
  intent.currency = currency;
  intent.payment_method = field(fields, "payment_method");
  intent.metadata = metadata_of(fields);
  const auto& kept = intents_[intent.id] = intent;
  return {200, to_json(kept)};
}

Answer StripeLedger::confirm(const std::string& id, const Fields& fields, std::int64_t now_unix) {
  if (auto refused = refuse_unknown(fields, {"return_url", "payment_method_options[card][request_three_d_secure]", "expand[]"})) return *refused;
  const auto found = intents_.find(id);
  if (found == intents_.end()) return not_found(id);
  Intent& intent = found->second;
  if (intent.status != "requires_confirmation") return unexpected_state(intent, "requires_confirmation");
  const std::string_view decline = decline_of(intent.payment_method);
  if (!decline.empty()) {
    intent.status = "requires_payment_method";
    intent.decline_code = decline;
    return error_answer(402, "card_error", "card_declined", "Your card was declined.",
                        text(R"("decline_code":")", decline, R"(","payment_intent":)", to_json(intent)));
  }
  const bool forced = field(fields, "payment_method_options[card][request_three_d_secure]") == "any";
  if (intent.payment_method == "pm_card_threeDSecure2Required" || forced) {
    intent.status = "requires_action";
  } else if (intent.payment_method == "pm_card_processing") {
    intent.status = "processing";
  } else {
    intent.status = "requires_capture";
    intent.capturable = intent.amount;
    intent.capture_before = now_unix + authorization_seconds;
  }
  return {200, to_json(intent)};
}

Answer StripeLedger::capture(const std::string& id, const Fields& fields, std::int64_t now_unix) {
  if (auto refused = refuse_unknown(fields, {"amount_to_capture", "expand[]"})) return *refused;
  const auto found = intents_.find(id);
  if (found == intents_.end()) return not_found(id);
  Intent& intent = found->second;
  if (intent.status == "requires_capture" && now_unix >= intent.capture_before) lapse(id);
  if (intent.status != "requires_capture") return unexpected_state(intent, "requires_capture");
  const auto amount = integer(field(fields, "amount_to_capture"));
  if (!amount || *amount <= 0 || *amount > intent.capturable)
    return error_answer(400, "invalid_request_error", "amount_too_large", "amount_to_capture exceeds the authorization");
  intent.status = "succeeded";
  intent.amount_received = *amount;
  intent.capturable = 0;
  return {200, to_json(intent)};
}

Answer StripeLedger::cancel(const std::string& id) {
  const auto found = intents_.find(id);
  if (found == intents_.end()) return not_found(id);
  Intent& intent = found->second;
  if (intent.status == "succeeded" || intent.status == "canceled" || intent.status == "processing") return unexpected_state(intent, "a cancelable status");
  intent.status = "canceled";
  intent.capturable = 0;
  return {200, to_json(intent)};
}

Answer StripeLedger::get(const std::string& id) const {
  const Intent* intent = find(id);
  return intent == nullptr ? not_found(id) : Answer{200, to_json(*intent)};
}

Answer StripeLedger::refund(const Fields& fields) {
  if (auto refused = refuse_unknown(fields, {"payment_intent", "amount", "reason"})) return *refused;
  const auto found = intents_.find(field(fields, "payment_intent"));
  if (found == intents_.end()) return not_found(field(fields, "payment_intent"));
  Intent& intent = found->second;
  const std::string reason = field(fields, "reason");
  if (reason != "duplicate" && reason != "fraudulent" && reason != "requested_by_customer")
    return error_answer(400, "invalid_request_error", "parameter_invalid", "unknown reason");
  const auto amount = integer(field(fields, "amount"));
  if (intent.disputed > 0) return error_answer(400, "invalid_request_error", "charge_disputed", "This charge is disputed");
  if (!amount || *amount <= 0 || *amount > intent.amount_received - intent.refunded - intent.charged_back) {
    return error_answer(400, "invalid_request_error", "charge_already_refunded", "amount is greater than what is left on the charge");
  }
  SimulatedRefund refund{text("re_sim_", refunds_.size() + 1), intent.id, *amount, intent.currency, "succeeded", metadata_of(fields)};
  if (intent.payment_method == "pm_card_refundFail") {
    refund.status = "failed";
  } else {
    intent.refunded += *amount;
  }
  const auto& kept = refunds_[refund.id] = refund;
  return {200, to_json(kept)};
}

Answer StripeLedger::list_refunds(const Fields& fields) const {
  const std::size_t limit = static_cast<std::size_t>(integer(field(fields, "limit")).value_or(10));
  std::vector<const SimulatedRefund*> found;
  for (std::size_t number = refunds_.size(); number > 0; --number) {  // Newest first.
    const SimulatedRefund& refund = refunds_.at(text("re_sim_", number));
    if (refund.intent == field(fields, "payment_intent")) found.push_back(&refund);
  }
  if (const std::string after = field(fields, "starting_after"); !after.empty()) {
    const auto last = std::ranges::find(found, after, &SimulatedRefund::id);
    if (last == found.end()) return not_found(after);
    found.erase(found.begin(), last + 1);
  }
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("object").string("list").key("data").begin_array();
  for (std::size_t i = 0; i < std::min(limit, found.size()); ++i) writer.raw(to_json(*found[i]));
  writer.end_array().key("has_more").boolean(found.size() > limit).end_object();
  return {200, out};
}

Answer StripeLedger::get_refund(const std::string& id) const {
  const SimulatedRefund* refund = find_refund(id);
  return refund == nullptr ? not_found(id) : Answer{200, to_json(*refund)};
}

bool StripeLedger::settle(const std::string& id, bool approved, std::int64_t now_unix) {
  const auto found = intents_.find(id);
  if (found == intents_.end()) return false;
  Intent& intent = found->second;
  if (intent.status != "requires_action" && intent.status != "processing") return false;
  if (approved) {
    intent.status = "requires_capture";
    intent.capturable = intent.amount;
    intent.capture_before = now_unix + authorization_seconds;
  } else {
    intent.status = "requires_payment_method";
    intent.decline_code = "authentication_required";
  }
  return true;
}

bool StripeLedger::lapse(const std::string& id) {
  const auto found = intents_.find(id);
  if (found == intents_.end() || found->second.status != "requires_capture") return false;
  found->second.status = "canceled";
  found->second.capturable = 0;
  return true;
}

const Intent* StripeLedger::find(const std::string& id) const {
  const auto found = intents_.find(id);
  return found == intents_.end() ? nullptr : &found->second;
}

Intent* StripeLedger::change(const std::string& id) {
  const auto found = intents_.find(id);
  return found == intents_.end() ? nullptr : &found->second;
}

const SimulatedRefund* StripeLedger::find_refund(const std::string& id) const {
  const auto found = refunds_.find(id);
  return found == refunds_.end() ? nullptr : &found->second;
}

const Intent* StripeLedger::of_payment(const std::string& payment_id) const {
  const Intent* only = nullptr;
  for (const auto& [id, intent] : intents_) {
    const auto named = intent.metadata.find("payment_id");
    if (named == intent.metadata.end() || named->second != payment_id) continue;
    if (only != nullptr) return nullptr;
    only = &intent;
  }
  return only;
}

std::int64_t StripeLedger::balance() const noexcept {
  std::int64_t sum = 0;
  for (const auto& [id, intent] : intents_) sum += intent.amount_received - intent.refunded - intent.disputed - intent.charged_back;
  return sum;
}

std::string StripeLedger::to_json(const Intent& intent) const {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  writer.key("id")
      .string(intent.id)
      .key("object")
      .string("payment_intent")
      .key("amount")
      .integer(intent.amount)
      .key("amount_capturable")
      .integer(intent.capturable);
  writer.key("amount_received")
      .integer(intent.amount_received)
      .key("currency")
      .string(intent.currency)
      .key("capture_method")
      .string("manual")
      .key("status")
      .string(intent.status);
  writer.key("client_secret").string(intent.id + "_secret_sim");
  if (intent.status == "requires_action") {
    writer.key("next_action")
        .begin_object()
        .key("type")
        .string("redirect_to_url")
        .key("redirect_to_url")
        .begin_object()
        .key("url")
        .string(text("https://bank.invalid/3ds/", intent.id))
        .end_object()
        .end_object();
  }
  if (!intent.decline_code.empty()) {
    writer.key("last_payment_error")
        .begin_object()
        .key("type")
        .string("card_error")
        .key("code")
        .string("card_declined")
        .key("decline_code")
        .string(intent.decline_code)
        .end_object();
  }
  if (intent.capture_before > 0) {
    writer.key("latest_charge").begin_object().key("id").string("ch_" + intent.id).key("payment_method_details").begin_object().key("card").begin_object();
    writer.key("brand").string("visa").key("last4").string("4242").key("capture_before").integer(intent.capture_before).end_object().end_object().end_object();
  }
  write_metadata(writer, intent.metadata);
  writer.end_object();
  return out;
}

std::string StripeLedger::to_json(const SimulatedRefund& refund) const {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("id").string(refund.id).key("object").string("refund").key("amount").integer(refund.amount).key("currency").string(refund.currency);
  writer.key("payment_intent").string(refund.intent).key("status").string(refund.status);
  if (refund.status == "failed") writer.key("failure_reason").string("expired_or_canceled_card");
  write_metadata(writer, refund.metadata);
  writer.end_object();
  return out;
}

Answer StripeLedger::not_found(const std::string& id) const {
  return error_answer(404, "invalid_request_error", "resource_missing", text("No such object: '", id, "'"));
}

Answer StripeLedger::unexpected_state(const Intent& intent, std::string_view wanted) const {
  return error_answer(400, "invalid_request_error", "payment_intent_unexpected_state", text("This PaymentIntent is ", intent.status, ", not ", wanted),
                      text(R"("payment_intent":)", to_json(intent)));
}

}  // namespace emporion::simulators
