#include "modules/commerce/payment/adapters/stripe/wire.hpp"

#include <array>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/adapters/stripe/disputes.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::stripe {
namespace {

using State = ProviderReport::State;

// Source: commerce.md §3.7; docs.stripe.com/declines/codes.
constexpr std::array categories{
    std::pair{std::string_view("insufficient_funds"), std::string_view("insufficient_funds")},
    std::pair{std::string_view("expired_card"), std::string_view("expired_card")},
    std::pair{std::string_view("incorrect_cvc"), std::string_view("incorrect_cvc")},
    std::pair{std::string_view("invalid_cvc"), std::string_view("incorrect_cvc")},
    std::pair{std::string_view("authentication_required"), std::string_view("authentication_required")},
    std::pair{std::string_view("payment_intent_authentication_failure"), std::string_view("authentication_required")},
    std::pair{std::string_view("card_declined"), std::string_view("card_declined")},
    std::pair{std::string_view("generic_decline"), std::string_view("card_declined")},
    std::pair{std::string_view("do_not_honor"), std::string_view("card_declined")},
};

std::unexpected<Error> unreadable(std::string detail) { return fail(unreadable_answer(std::move(detail))); }

std::optional<Money> money_at(json::Value value, std::string_view name) {
  const auto amount = value.member(name);
  const auto currency = string_at(value, "currency");
  if (!amount || !amount->integer() || !currency) return std::nullopt;
  auto money = Money::parse(*amount->integer(), ascii_upper(*currency));
  return money ? std::optional(*money) : std::nullopt;
}

std::optional<Uuid> id_in_metadata(json::Value value, std::string_view name) {
  const auto metadata = object_at(value, "metadata");
  const auto given = metadata ? string_at(*metadata, name) : std::nullopt;
  if (!given) return std::nullopt;
  const auto id = Uuid::parse(*given);
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<State> state_of(std::string_view status, bool has_failed) {
  // A fresh object waits for its confirmation; one that a payer's bank refused waits for another card and is over for us.
  if (status == "requires_payment_method") return has_failed ? State::failed : State::not_confirmed;
  if (status == "requires_confirmation") return State::not_confirmed;
  if (status == "requires_action") return State::requires_action;
  if (status == "processing") return State::processing;
  if (status == "requires_capture") return State::authorized;
  if (status == "succeeded") return State::captured;
  if (status == "canceled") return State::cancelled;
  return std::nullopt;
}

std::string next_action_of(json::Value intent) {
  const auto action = object_at(intent, "next_action");
  const auto redirect = action ? object_at(*action, "redirect_to_url") : std::nullopt;
  if (const auto url = redirect ? string_at(*redirect, "url") : std::nullopt) return redirect_action(*url);
  std::string out;
  json::Writer(out).begin_object().key("type").string("sdk").key("client_secret").string(string_at(intent, "client_secret").value_or("")).end_object();
  return out;
}

void read_charge(json::Value intent, ProviderReport& report) {
  const auto charge = intent.member("latest_charge");
  if (!charge) return;
  if (const auto id = charge->string()) report.txn_id = std::string(*id);
  if (charge->type() != json::Type::object) return;
  report.txn_id = string_at(*charge, "id");
  const auto details = object_at(*charge, "payment_method_details");
  const auto card = details ? object_at(*details, "card") : std::nullopt;
  if (!card) return;
  report.card_brand = string_at(*card, "brand");
  report.card_last4 = string_at(*card, "last4");
  const auto before = card->member("capture_before");
  if (before && before->integer()) report.auth_expires_at = UtcTime::from_micros(*before->integer() * 1'000'000);
}

Error failure_of(int status, std::string_view body) {
  std::string detail = text("HTTP ", status);
  if (const auto document = json::Document::parse(body)) {
    if (const auto error = object_at(document->root(), "error"))
      detail += text(" ", string_at(*error, "code").value_or(""), " ", string_at(*error, "message").value_or(""));
  }
  return error_of_status(status, std::move(detail));
}

}  // namespace

std::string encode(const Form& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    if (!out.empty()) out.push_back('&');
    out.append(percent_encoded(name)).append("=").append(percent_encoded(value));
  }
  return out;
}

Form intent_form(const Payment& payment) {
  // A saved card comes with the customer that it is attached to (app/card_vault.hpp); Stripe refuses the one without the other.
  const std::string token = payment.provider_token.value_or("");
  const std::size_t slash = token.find('/');
  Form form{{"amount", text(payment.amount.amount())},
            {"currency", ascii_lower(payment.amount.currency().code())},
            {"capture_method", "manual"},
            {"payment_method_types[]", "card"},
            {"payment_method", slash == std::string::npos ? token : token.substr(slash + 1)},
            {"metadata[payment_id]", payment.id.to_string()},
            {"metadata[order_id]", payment.order_id.to_string()}};
  if (slash != std::string::npos) form.emplace_back("customer", token.substr(0, slash));
  if (payment.order_number) form.emplace_back("description", *payment.order_number);
  return form;
}

Form confirm_form(const Payment& payment, const Buyer& buyer) {
  Form form;
  if (!buyer.return_url.empty()) form.emplace_back("return_url", buyer.return_url);
  if (payment.force_3ds) form.emplace_back("payment_method_options[card][request_three_d_secure]", "any");
  form.emplace_back("expand[]", "latest_charge");
  return form;
}

Form refund_form(const Payment& payment, const Refund& refund) {
  return Form{{"payment_intent", payment.provider_ref.value_or("")},
              {"amount", text(refund.amount.amount())},
              {"reason", "requested_by_customer"},
              {"metadata[payment_id]", payment.id.to_string()},
              {"metadata[refund_id]", refund.id.to_string()}};
}

std::string idempotency_key(Uuid payment_id, std::string_view operation) { return text(payment_id, ":", operation, ":1"); }

std::string_view decline_category(std::string_view code) noexcept {
  for (const auto& [known, category] : categories) {
    if (known == code) return category;
  }
  return "generic";
}

Result<ProviderReport> read_intent(json::Value value) {
  const auto id = string_at(value, "id");
  const auto status = string_at(value, "status");
  const auto amount = money_at(value, "amount");
  if (!id || !status || !amount) return unreadable("a payment intent without id, status or amount");
  const auto error = object_at(value, "last_payment_error");
  const auto state = state_of(*status, error.has_value());
  if (!state) return unreadable(text("a payment intent in the unknown status ", *status));
  ProviderReport report;
  report.ref = *id;
  report.state = *state;
  report.amount = *amount;
  if (const auto received = value.member("amount_received"); received && received->integer()) report.captured = *received->integer();
  report.payment_id = id_in_metadata(value, "payment_id");
  if (*state == State::requires_action) report.next_action = next_action_of(value);
  if (*state == State::failed) {
    report.decline_code = string_at(*error, "decline_code");
    if (!report.decline_code) report.decline_code = string_at(*error, "code");
    report.decline_category = std::string(decline_category(report.decline_code.value_or("")));
  }
  read_charge(value, report);
  return report;
}

Result<RefundReport> read_refund(json::Value value) {
  const auto id = string_at(value, "id");
  const auto status = string_at(value, "status");
  const auto amount = money_at(value, "amount");
  if (!id || !status || !amount) return unreadable("a refund without id, status or amount");
  RefundReport report;
  report.ref = *id;
  report.amount = *amount;
  report.refund_id = id_in_metadata(value, "refund_id");
  report.failure = string_at(value, "failure_reason");
  if (*status == "succeeded") report.state = RefundReport::State::succeeded;
  if (*status == "failed" || *status == "canceled") report.state = RefundReport::State::failed;
  return report;
}

Result<ProviderEvent> read_event(std::string_view body) {
  EMP_ASSIGN(const auto document, json::Document::parse(body));
  const auto id = string_at(document.root(), "id");
  const auto type = string_at(document.root(), "type");
  const auto data = object_at(document.root(), "data");
  if (!id || !type || !data) return fail(ErrorKind::invalid_argument, "MALFORMED_JSON", "an event without id, type or data");
  ProviderEvent event{*id, *type};
  const auto object = object_at(*data, "object");
  if (!object) return event;
  if (type->starts_with("payment_intent.")) {
    EMP_ASSIGN(event.payment, read_intent(*object));
  } else if (type->starts_with("refund.")) {
    EMP_ASSIGN(event.refund, read_refund(*object));
  } else if (*type == "charge.dispute.created" || *type == "charge.dispute.updated" || *type == "charge.dispute.closed") {
    EMP_ASSIGN(event.dispute, read_dispute(*object));
  }
  return event;
}

Result<ProviderReport> read_intent_answer(int status, std::string_view body) {
  const auto document = json::Document::parse(body);
  if (status == 200) {
    if (!document) return unreadable("an answer that is not JSON");
    return read_intent(document->root());
  }
  if (status == 402 && document) {
    // The declined intent comes with the error; without it the provider's present state has to be asked for.
    const auto error = object_at(document->root(), "error");
    const auto intent = error ? object_at(*error, "payment_intent") : std::nullopt;
    if (intent) return read_intent(*intent);
    return unreadable("a decline without its payment intent");
  }
  return fail(failure_of(status, body));
}

Result<RefundReport> read_refund_answer(int status, std::string_view body) {
  if (status != 200) return fail(failure_of(status, body));
  const auto document = json::Document::parse(body);
  if (!document) return unreadable("an answer that is not JSON");
  return read_refund(document->root());
}

Result<std::optional<std::string>> read_list(int status, std::string_view body, const RowReader& read_row) {
  if (status != 200) return fail(failure_of(status, body));
  const auto document = json::Document::parse(body);
  const auto data = document ? document->root().member("data") : std::nullopt;
  if (!data || data->type() != json::Type::array) return unreadable("a list without data");
  std::optional<std::string> last;
  Result<> read;
  data->for_each_element([&](json::Value row) {
    last = string_at(row, "id");
    read = last ? read_row(*last, row) : unreadable("a list with something that has no id");
    return read.has_value();
  });
  EMP_TRY(read);
  const auto more = document->root().member("has_more");
  return more && more->boolean().value_or(false) ? last : std::nullopt;
}

Result<RefundPage> read_refund_page(int status, std::string_view body) {
  RefundPage page;
  EMP_ASSIGN(page.next, read_list(status, body, [&page](std::string_view, json::Value row) -> Result<> {
               EMP_ASSIGN(auto refund, read_refund(row));
               page.refunds.push_back(std::move(refund));
               return {};
             }));
  return page;
}

}  // namespace emporion::payment::stripe
