// tidy-allow-file(test_sleeps): a provider that answers late is what this program plays.
#include "tests/simulators/stripe/stripe_simulator.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::simulators {
namespace {

constexpr milliseconds slowness{700};
constexpr std::int64_t key_is_kept_s = 24 * 3'600;  // Source: https://docs.stripe.com/api/idempotent_requests

struct Called {
  std::string operation;
  std::string id;
};

/// POST /v1/payment_intents[/{id}/{verb}], GET /v1/payment_intents/{id}, POST and GET /v1/refunds, GET /v1/refunds/{id}.
std::optional<Called> called(const http::Request& request) {
  const std::string_view path = request.path;
  const bool posts = request.method == http::Method::post;
  if (!posts && path == "/v1/refunds") return Called{"list_refunds", ""};
  if (!posts && path == "/v1/balance_transactions") return Called{"list_balance", ""};
  if (constexpr std::string_view disputes = "/v1/disputes/"; path.starts_with(disputes)) {
    const std::string_view rest = path.substr(disputes.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return Called{posts ? "answer_dispute" : "get_dispute", std::string(rest)};
    return posts && rest.substr(slash + 1) == "close" ? std::optional(Called{"close_dispute", std::string(rest.substr(0, slash))}) : std::nullopt;
  }
  for (const auto& [prefix, create, get] :
       {std::tuple{std::string_view("/v1/payment_intents"), "create", "get"}, std::tuple{std::string_view("/v1/refunds"), "refund", "get_refund"}}) {
    if (!path.starts_with(prefix)) continue;
    std::string_view rest = path.substr(prefix.size());
    if (rest.empty()) return posts ? std::optional(Called{create, ""}) : std::nullopt;
    rest.remove_prefix(1);
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return posts ? std::nullopt : std::optional(Called{get, std::string(rest)});
    const std::string verb(rest.substr(slash + 1));
    if (posts && (verb == "confirm" || verb == "capture" || verb == "cancel")) return Called{verb, std::string(rest.substr(0, slash))};
  }
  return std::nullopt;
}

/// POST /v1/customers, POST /v1/setup_intents, GET /v1/payment_methods/{id}, POST /v1/payment_methods/{id}/{verb}.
std::optional<Called> called_for_cards(const http::Request& request) {
  const bool posts = request.method == http::Method::post;
  const std::string_view path = request.path;
  if (path == "/v1/customers" && posts) return Called{"open_customer", ""};
  if (path == "/v1/setup_intents" && posts) return Called{"set_up", ""};
  constexpr std::string_view methods = "/v1/payment_methods/";
  if (!path.starts_with(methods)) return std::nullopt;
  const std::string_view rest = path.substr(methods.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return posts ? std::nullopt : std::optional(Called{"get_card", std::string(rest)});
  const std::string_view verb = rest.substr(slash + 1);
  if (!posts || (verb != "attach" && verb != "detach")) return std::nullopt;
  return Called{text(verb, "_card"), std::string(rest.substr(0, slash))};
}

std::string_view event_of(std::string_view status) {
  if (status == "requires_capture") return "payment_intent.amount_capturable_updated";
  if (status == "succeeded") return "payment_intent.succeeded";
  if (status == "requires_payment_method") return "payment_intent.payment_failed";
  if (status == "canceled") return "payment_intent.canceled";
  if (status == "processing") return "payment_intent.processing";
  if (status == "requires_action") return "payment_intent.requires_action";
  return "payment_intent.created";
}

/// One more minor unit in every "amount" of the body.
std::string with_wrong_amount(std::string body) {
  const std::size_t at = body.find("\"amount\":");
  if (at != std::string::npos) body.insert(at + 9, "1");
  return body;
}

}  // namespace

StripeSimulator::StripeSimulator(Runtime& runtime, const Clock& clock, StripeSimulatorOptions options)
    : runtime_(runtime), clock_(clock), options_(std::move(options)), client_(runtime), server_(runtime, *this) {}

std::string StripeSimulator::url() const { return text("http://127.0.0.1:", server_.port()); }

Task<void> StripeSimulator::close() {
  co_await scope_.join();
  co_await server_.close(options_.hang + seconds(1));  // A call that hangs must end before the loop does.
}

std::optional<Answer> StripeSimulator::check_head(const http::Request& request) const {
  if (request.header("authorization") != "Bearer " + options_.secret_key)
    return error_answer(401, "invalid_request_error", "api_key_invalid", "Invalid API Key provided");
  if (request.header("stripe-version").empty())
    return error_answer(400, "invalid_request_error", "version_missing", "Stripe-Version is pinned by this account");
  if (request.method != http::Method::post) return std::nullopt;
  const std::string_view key = request.header("idempotency-key");
  if (key.empty() || key.size() > 255)
    return error_answer(400, "idempotency_error", "idempotency_key_missing", "every POST carries an Idempotency-Key of at most 255 characters");
  if (request.header("content-type") != "application/x-www-form-urlencoded")
    return error_answer(400, "invalid_request_error", "content_type", "bodies are form-encoded");
  return std::nullopt;
}

Task<http::Response> StripeSimulator::handle(http::Request request) {
  if (request.path.starts_with("/_simulator/")) co_return co_await control(std::move(request));
  http::Response response;
  if (auto refused = check_head(request)) {
    response.status = refused->status;
    response.body = std::move(refused->body);
    co_return response;
  }
  auto target = called(request);
  if (!target) target = called_for_cards(request);
  if (!target) {
    response.status = 404;
    response.body = error_answer(404, "invalid_request_error", "url_unknown", "Unrecognized request URL").body;
    co_return response;
  }
  const std::string key(request.header("idempotency-key"));
  Fields fields = request.method == http::Method::post ? decode_form(request.body) : Fields(request.query.begin(), request.query.end());
  Answer answer = co_await call(target->operation, key, text(request.path, "?", request.body), target->id, std::move(fields));
  response.status = answer.status;
  response.body = std::move(answer.body);
  co_return response;
}

http::Response StripeSimulator::refuse(const Error& error) {
  http::Response response;
  response.status = 400;
  response.body = error_answer(400, "invalid_request_error", error.reason(), error.detail()).body;
  return response;
}

Task<Answer> StripeSimulator::call(std::string operation, std::string key, std::string parameters, std::string id, Fields fields) {
  orders_.count(operation);
  ++calls_by_second_[operation][now_unix()];
  ++calls_by_object_[{operation, id}];
  if (!key.empty()) {
    std::erase_if(keys_, [&](const auto& kept) { return kept.second.done && now_unix() - kept.second.since > key_is_kept_s; });
    const auto [stored, is_first] = keys_.try_emplace(key, Stored{parameters, false, {}, now_unix()});
    if (!is_first) {
      if (stored->second.parameters != parameters)
        co_return error_answer(400, "idempotency_error", "idempotency_error", "Keys for idempotent requests can only be used with the same parameters");
      if (!stored->second.done)
        co_return error_answer(409, "idempotency_error", "idempotency_key_in_use", "There is currently another in-progress request using this key");
      co_return stored->second.answer;
    }
  }
  const auto fault = orders_.take(operation);
  if (fault == Fault::busy || fault == Fault::lose_request) {
    if (!key.empty()) keys_.erase(key);  // Never begun, so a repeat begins it.
    if (fault == Fault::busy) co_return error_answer(429, "invalid_request_error", "rate_limit", "Too many requests");
    co_await runtime_.sleep_for(options_.hang);
    co_return error_answer(504, "api_error", "lost", "lost");
  }
  const Intent* before = ledger_.find(id);
  const std::string status_before = before == nullptr ? "" : before->status;
  Answer answer = fault == Fault::error_500 ? error_answer(500, "api_error", "internal", "An error occurred on our end") : work(operation, id, fields);
  if (fault != Fault::error_500) {
    note_balance(operation, id, answer);
    if (operation == "refund" && answer.status == 200) emit("refund.created", answer.body);
    if (operation != "refund" && operation != "create") emit_intent(id, status_before);
    if (operation == "answer_dispute" && answer.status == 200) emit("charge.dispute.updated", answer.body);
    if (operation == "close_dispute" && answer.status == 200) emit("charge.dispute.closed", answer.body);
  }
  if (fault == Fault::error_500_after) answer = error_answer(500, "api_error", "internal", "An error occurred on our end");
  if (fault == Fault::wrong_amount) answer.body = with_wrong_amount(std::move(answer.body));
  if (!key.empty()) {
    Stored& stored = keys_[key];
    stored.done = true;
    stored.answer = answer;
  }
  if (fault == Fault::lose_answer) co_await runtime_.sleep_for(options_.hang);
  if (fault == Fault::slow) co_await runtime_.sleep_for(slowness);
  co_return answer;
}

int StripeSimulator::calls(const std::string& operation, const std::string& id) const {
  const auto found = calls_by_object_.find({operation, id});
  return found == calls_by_object_.end() ? 0 : found->second;
}

int StripeSimulator::busiest_second(const std::string& operation) const {
  int most = 0;
  const auto found = calls_by_second_.find(operation);
  if (found == calls_by_second_.end()) return most;
  for (const auto& [second, calls] : found->second) most = std::max(most, calls);
  return most;
}

Answer StripeSimulator::work(const std::string& operation, const std::string& id, const Fields& fields) {
  if (operation == "create") {
    Fields understood = fields;
    const auto refused = cards_.refuse_use(understood);
    return refused ? *refused : ledger_.create(understood);
  }
  if (operation == "open_customer") return cards_.open_customer(fields);
  if (operation == "set_up") return cards_.set_up(fields);
  if (operation == "get_card") return cards_.get(id);
  if (operation == "attach_card") return cards_.attach(id, fields);
  if (operation == "detach_card") return cards_.detach(id);
  if (operation == "confirm") return ledger_.confirm(id, fields, now_unix());
  if (operation == "capture") return ledger_.capture(id, fields, now_unix());
  if (operation == "cancel") return ledger_.cancel(id);
  if (operation == "get") return ledger_.get(id);
  if (operation == "refund") return ledger_.refund(fields);
  if (operation == "list_refunds") return ledger_.list_refunds(fields);
  if (operation == "list_balance") return balance_.list(fields);
  if (operation == "get_dispute") return disputes_.get(id);
  if (operation == "answer_dispute") return disputes_.submit(id, fields, now_unix());
  if (operation == "close_dispute") return disputes_.close(id);
  return ledger_.get_refund(id);
}

bool StripeSimulator::settle(const std::string& intent, bool approved) {
  const Intent* before = ledger_.find(intent);
  if (before == nullptr) return false;
  const std::string status_before = before->status;
  if (!ledger_.settle(intent, approved, now_unix())) return false;
  emit_intent(intent, status_before);
  return true;
}

bool StripeSimulator::lapse(const std::string& intent) {
  if (!ledger_.lapse(intent)) return false;
  emit_intent(intent, "requires_capture");
  return true;
}

std::string StripeSimulator::open_dispute(const std::string& intent, std::int64_t amount, const std::string& reason) {
  std::string id = disputes_.open(intent, amount, reason, now_unix());
  if (!id.empty()) balance_.note("dispute", id, -amount, ledger_.find(intent)->currency, now_unix());
  if (!id.empty()) emit("charge.dispute.created", disputes_.to_json(*disputes_.find(id)));
  return id;
}

bool StripeSimulator::decide_dispute(const std::string& id, bool won) {
  if (!disputes_.decide(id, won)) return false;
  emit("charge.dispute.closed", disputes_.to_json(*disputes_.find(id)));
  return true;
}

bool StripeSimulator::reverse_dispute(const std::string& id) {
  if (!disputes_.reverse(id)) return false;
  emit("charge.dispute.closed", disputes_.to_json(*disputes_.find(id)));
  return true;
}

void StripeSimulator::note_balance(const std::string& operation, const std::string& id, const Answer& answer) {
  if (answer.status != 200) return;
  if (operation == "capture") {
    const Intent& intent = *ledger_.find(id);
    balance_.note("charge", "ch_" + id, intent.amount_received, intent.currency, now_unix());
  } else if (operation == "refund") {
    const SimulatedRefund* refund = ledger_.find_refund(text("re_sim_", ledger_.refunds()));
    if (refund != nullptr && refund->status == "succeeded") balance_.note("refund", refund->id, -refund->amount, refund->currency, now_unix());
  }
}

void StripeSimulator::emit_intent(const std::string& id, const std::string& status_before) {
  const Intent* intent = ledger_.find(id);
  if (intent != nullptr && intent->status != status_before) emit(event_of(intent->status), ledger_.to_json(*intent));
}

void StripeSimulator::emit(std::string_view type, std::string_view object_json) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .key("id")
      .string(text("evt_sim_", events_.size() + 1))
      .key("object")
      .string("event")
      .key("type")
      .string(type)
      .key("created")
      .integer(now_unix());
  writer.key("data").begin_object().key("object").raw(object_json).end_object().end_object();
  events_.push_back(body);
  const bool goes_now = delivery_ == Delivery::at_once || delivery_ == Delivery::twice || delivery_ == Delivery::wrong_signature;
  if (!goes_now || options_.webhook_url.empty()) {
    if (delivery_ != Delivery::never) held_.push_back(std::move(body));
    return;
  }
  if (delivery_ == Delivery::twice) scope_.spawn(send(body));
  scope_.spawn(send(std::move(body)));
}

Task<void> StripeSimulator::flush() {
  auto held = std::exchange(held_, {});
  if (delivery_ == Delivery::reversed) std::ranges::reverse(held);
  for (std::string& body : held) co_await send(std::move(body));
}

std::string StripeSimulator::sign(std::string_view body, std::string_view secret) const {
  const std::int64_t t = now_unix();
  return text("t=", t, ",v1=", security::hex(security::hmac_sha256(secret, text(t, ".", body))));
}

Task<void> StripeSimulator::send(std::string body) {
  constexpr int tries_max = 3;
  for (int tried = 0; tried < tries_max; ++tried) {
    http::ClientRequest request;
    request.method = http::Method::post;
    request.url = options_.webhook_url;
    request.headers.push_back({"content-type", "application/json"});
    request.headers.push_back({"stripe-signature", sign(body, delivery_ == Delivery::wrong_signature ? "whsec_of_somebody_else" : options_.webhook_secret)});
    request.body = body;
    const auto response = co_await client_.send(std::move(request));
    if (response && response->status < 300) co_return;
    if (response && response->status < 500) co_return;  // Refused for what it is; Stripe would try for three days, which proves nothing more.
    co_await runtime_.sleep_for(milliseconds(100));
  }
}

Task<http::Response> StripeSimulator::control(http::Request request) {
  http::Response response;
  const auto value = [&](std::string_view name) { return std::string(request.query_value(name).value_or("")); };
  const std::string_view what = std::string_view(request.path).substr(sizeof("/_simulator/") - 1);
  bool ok = true;
  if (what == "fault") {
    const auto fault = fault_named(value("fault"));
    const std::string times = value("times");
    ok = fault.has_value();
    if (ok) misbehave(value("operation"), *fault, times.empty() ? 1 : std::stoi(times));
  } else if (what == "delivery") {
    const auto mode = delivery_named(value("mode"));
    ok = mode.has_value();
    if (ok) delivery_ = *mode;
  } else if (what == "settle") {
    ok = settle(value("intent"), value("approved") != "false");
  } else if (what == "lapse") {
    ok = lapse(value("intent"));
  } else if (what == "finish_setup") {
    ok = !cards_.finish_setup(value("setup"), value("card")).empty();
  } else if (what == "flush") {
    co_await flush();
  } else if (what != "stats") {
    ok = false;
  }
  if (!ok) response.status = 400;
  json::Writer writer(response.body);
  writer.begin_object()
      .key("ok")
      .boolean(ok)
      .key("intents")
      .integer(static_cast<std::int64_t>(ledger_.intents()))
      .key("refunds")
      .integer(static_cast<std::int64_t>(ledger_.refunds()));
  writer.key("balance").integer(ledger_.balance()).key("events").integer(static_cast<std::int64_t>(events_.size())).key("calls").begin_object();
  for (const auto& [operation, count] : orders_.all_calls()) writer.key(operation).integer(count);
  writer.end_object().end_object();
  co_return response;
}

}  // namespace emporion::simulators
