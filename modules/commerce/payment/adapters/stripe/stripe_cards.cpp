#include "modules/commerce/payment/adapters/stripe/stripe_cards.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::stripe {
namespace {

constexpr const char* api_version = "2023-10-16";  // As for payments.

Error invalid_token(std::string detail) { return Error(ErrorKind::rule_violated, "TOKEN_INVALID", std::move(detail)); }

/// A token goes into a path: only what tokens are made of.
bool is_token(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  for (const char c : text) {
    const bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!fits) return false;
  }
  return true;
}

/// A member of an answer that was expected to be 200. Errors: those of error_of_status.
Result<std::string> member_of(const http::Response& response, std::string_view name) {
  if (response.status != 200) return fail(error_of_status(response.status, text("HTTP ", response.status)));
  const auto document = json::Document::parse(response.body);
  const auto value = document ? string_at(document->root(), name) : std::nullopt;
  if (!value) return fail(unreadable_answer(text("an answer without ", name)));
  return *value;
}

}  // namespace

Result<CardOnFile> read_card(json::Value value) {
  const auto id = string_at(value, "id");
  if (!id) return fail(unreadable_answer("a payment method without id"));
  const auto card = object_at(value, "card");
  if (!card) return fail(invalid_token("this payment method is no card"));
  CardOnFile out;
  out.token = *id;
  out.brand = string_at(*card, "brand").value_or("");
  out.last4 = string_at(*card, "last4").value_or("");
  out.exp_month = static_cast<std::int32_t>(integer_at(*card, "exp_month").value_or(0));
  out.exp_year = static_cast<std::int32_t>(integer_at(*card, "exp_year").value_or(0));
  out.fingerprint = string_at(*card, "fingerprint").value_or("");
  out.country = string_at(*card, "country").value_or("");
  out.owner = string_at(value, "customer").value_or("");
  if (out.last4.size() != 4 || out.exp_month < 1 || out.exp_month > 12) return fail(unreadable_answer("a card without its last digits or its expiry"));
  return out;
}

Result<CardOnFile> read_card_answer(int status, std::string_view body) {
  // Unknown, of somebody else, given back before, or refused by its bank.
  if (status == 400 || status == 402 || status == 404) return fail(invalid_token("the provider does not accept this token"));
  if (status != 200) return fail(error_of_status(status, text("HTTP ", status)));
  const auto document = json::Document::parse(body);
  if (!document) return fail(unreadable_answer("an answer that is not JSON"));
  return read_card(document->root());
}

Task<Result<CardOnFile>> StripeCards::describe(std::string token, milliseconds within) {
  if (!is_token(token)) co_return fail(invalid_token("this is no token"));
  http::ClientRequest request;
  request.url = text(options_.base_url, "/v1/payment_methods/", token);
  request.timeout = within;
  EMP_CO_ASSIGN(const auto response, co_await send(std::move(request)));
  co_return read_card_answer(response.status, response.body);
}

Task<Result<std::string>> StripeCards::open_customer(Uuid customer, std::string key) {
  EMP_CO_ASSIGN(const auto response, co_await post("/v1/customers", {{"metadata[customer_id]", customer.to_string()}}, text("customer:", key)));
  co_return member_of(response, "id");
}

Task<Result<CardSetup>> StripeCards::set_up(std::string owner, std::string key) {
  Form form{{"customer", std::move(owner)}, {"payment_method_types[]", "card"}, {"usage", "on_session"}};
  EMP_CO_ASSIGN(const auto response, co_await post("/v1/setup_intents", std::move(form), text("setup:", key)));
  CardSetup out;
  EMP_CO_ASSIGN(out.reference, member_of(response, "id"));
  EMP_CO_ASSIGN(out.client_secret, member_of(response, "client_secret"));
  co_return out;
}

Task<Result<CardOnFile>> StripeCards::attach(std::string token, std::string owner, std::string key) {
  if (!is_token(token)) co_return fail(invalid_token("this is no token"));
  EMP_CO_ASSIGN(const auto response, co_await post(text("/v1/payment_methods/", token, "/attach"), {{"customer", std::move(owner)}}, text("attach:", key)));
  co_return read_card_answer(response.status, response.body);
}

Task<Result<>> StripeCards::detach(std::string token, std::int32_t tried) {
  EMP_CO_ASSIGN(const auto response, co_await post(text("/v1/payment_methods/", token, "/detach"), {}, text("detach:", token, ":", tried)));
  if (response.status == 200 || response.status == 400 || response.status == 404) co_return Result<>();  // Gone, or attached to nobody.
  co_return fail(error_of_status(response.status, text("HTTP ", response.status)));
}

Task<Result<http::Response>> StripeCards::post(std::string path, Form form, std::string idempotency_key) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = options_.base_url + path;
  request.headers.push_back({"content-type", "application/x-www-form-urlencoded"});
  request.headers.push_back({"idempotency-key", std::move(idempotency_key)});
  request.body = encode(form);
  request.timeout = options_.timeout;
  co_return co_await send(std::move(request));
}

Task<Result<http::Response>> StripeCards::send(http::ClientRequest request) {
  request.headers.push_back({"authorization", "Bearer " + options_.secret_key});
  request.headers.push_back({"stripe-version", api_version});
  auto response = co_await client_.send(std::move(request));
  if (response) co_return std::move(*response);
  if (response.error().reason() == "PROVIDER_UNREACHABLE") co_return fail(response.error());
  co_return fail(ErrorKind::deadline_exceeded, "PROVIDER_OUTCOME_UNKNOWN", response.error().detail());
}

}  // namespace emporion::payment::stripe
