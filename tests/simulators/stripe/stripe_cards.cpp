#include "tests/simulators/stripe/stripe_cards.hpp"

#include <algorithm>
#include <initializer_list>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::simulators {
namespace {

Answer missing(std::string_view what, const std::string& id) {
  return error_answer(404, "invalid_request_error", "resource_missing", text("No such ", what, ": '", id, "'"));
}
Answer invalid(std::string_view message) { return error_answer(400, "invalid_request_error", "parameter_invalid", message); }

std::optional<Answer> refuse_unknown(const Fields& fields, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : fields) {
    if (name.starts_with("metadata[") || std::ranges::find(known, std::string_view(name)) != known.end()) continue;
    return error_answer(400, "invalid_request_error", "parameter_unknown", text("Received unknown parameter: ", name));
  }
  return std::nullopt;
}

void write_nullable(json::Writer& writer, std::string_view name, const std::string& value) {
  writer.key_escaped(name);
  if (value.empty()) {
    writer.null();
  } else {
    writer.string(value);
  }
}

Answer shown(const SimulatedCard& card) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("id").string(card.id).key("object").string("payment_method").key("type").string("card");
  write_nullable(writer, "customer", card.customer);
  writer.key("card").begin_object().key("brand").string("visa").key("last4").string(card.behaves_as == "pm_card_visa" ? "4242" : "0002");
  writer.key("exp_month").integer(12).key("exp_year").integer(2034);
  write_nullable(writer, "fingerprint", card.fingerprint);
  write_nullable(writer, "country", card.country);
  writer.end_object().end_object();
  return {200, std::move(body)};
}

}  // namespace

bool StripeCards::is_customer(const std::string& id) const {
  for (std::size_t i = 1; i <= customers_; ++i) {
    if (id == text("cus_sim_", i)) return true;
  }
  return false;
}

Answer StripeCards::open_customer(const Fields& fields) {
  if (auto refused = refuse_unknown(fields, {})) return *refused;
  std::string body;
  json::Writer(body).begin_object().key("id").string(text("cus_sim_", ++customers_)).key("object").string("customer").end_object();
  return {200, std::move(body)};
}

Answer StripeCards::set_up(const Fields& fields) {
  if (auto refused = refuse_unknown(fields, {"customer", "payment_method_types[]", "usage"})) return *refused;
  const std::string customer = field(fields, "customer");
  if (!is_customer(customer)) return missing("customer", customer);
  const std::string id = text("seti_sim_", setups_.size() + 1);
  setups_[id] = customer;
  std::string body;
  json::Writer(body)
      .begin_object()
      .key("id")
      .string(id)
      .key("object")
      .string("setup_intent")
      .key("client_secret")
      .string(id + "_secret_1")
      .key("status")
      .string("requires_payment_method")
      .end_object();
  return {200, std::move(body)};
}

std::string StripeCards::add(const std::string& token, const std::string& customer, const std::string& country) {
  const std::string id = text("pm_sim_", cards_.size() + 1);
  cards_[id] = SimulatedCard{id, token, customer, "fp_" + token, country, false};
  return id;
}

std::string StripeCards::finish_setup(const std::string& setup, const std::string& token, const std::string& country) {
  const auto found = setups_.find(setup);
  return found == setups_.end() ? std::string() : add(token, found->second, country);
}

Answer StripeCards::get(const std::string& id) const {
  if (const SimulatedCard* card = find(id)) return shown(*card);
  // A test token stands for a card that nobody can tell from the others who use it.
  if (id.starts_with("pm_card_")) return shown(SimulatedCard{id, id, "", "", "", false});
  return missing("PaymentMethod", id);
}

Answer StripeCards::attach(const std::string& id, const Fields& fields) {
  if (auto refused = refuse_unknown(fields, {"customer"})) return *refused;
  const std::string customer = field(fields, "customer");
  if (!is_customer(customer)) return missing("customer", customer);
  if (id == "pm_card_chargeDeclined") return error_answer(402, "card_error", "card_declined", "Your card was declined.");
  if (id.starts_with("pm_card_")) return shown(cards_.at(add(id, customer, "US")));
  const auto found = cards_.find(id);
  if (found == cards_.end()) return missing("PaymentMethod", id);
  SimulatedCard& card = found->second;
  if (card.is_detached)
    return invalid(
        "This PaymentMethod was previously used with a PaymentIntent without Customer attachment or was detached from a Customer, and may not be used again.");
  if (!card.customer.empty() && card.customer != customer) return invalid("The payment method you provided has already been attached to a customer.");
  card.customer = customer;
  return shown(card);
}

Answer StripeCards::detach(const std::string& id) {
  const auto found = cards_.find(id);
  if (found == cards_.end()) return missing("PaymentMethod", id);
  if (found->second.customer.empty()) return invalid("The payment method you provided is not attached to a customer so detachment is impossible.");
  found->second.customer.clear();
  found->second.is_detached = true;
  return shown(found->second);
}

std::optional<Answer> StripeCards::refuse_use(Fields& fields) const {
  const std::string customer = field(fields, "customer");
  for (auto& [name, value] : fields) {
    if (name != "payment_method") continue;
    const SimulatedCard* card = find(value);
    if (card == nullptr) return std::nullopt;
    if (card->is_detached) return invalid("The provided PaymentMethod was detached and may not be used again.");
    if (card->customer != customer) return invalid("The provided PaymentMethod cannot be attached. To reuse a PaymentMethod, you must pass its customer.");
    value = card->behaves_as;
  }
  return std::nullopt;
}

std::size_t StripeCards::attached() const {
  return static_cast<std::size_t>(std::ranges::count_if(cards_, [](const auto& entry) { return !entry.second.customer.empty(); }));
}

const SimulatedCard* StripeCards::find(const std::string& id) const {
  const auto found = cards_.find(id);
  return found == cards_.end() ? nullptr : &found->second;
}

}  // namespace emporion::simulators
