#include "apps/emporion/retail/shop_client.hpp"

#include <algorithm>
#include <charconv>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::app::retail {
namespace {

constexpr int tries_max = 14;
constexpr milliseconds back_off_first{50};
constexpr milliseconds back_off_max{8'000};
constexpr seconds renew_before{120};

std::string_view header_of(const http::Response& response, std::string_view lower_name) {
  for (const auto& header : response.headers) {
    if (ascii_lower(header.name) == lower_name) return header.value;
  }
  return {};
}

bool may_be_repeated(int status) { return status == 429 || status == 503 || status == 504 || status == 502; }

}  // namespace

std::optional<json::Value> at_path(const json::Value& root, std::string_view path) {
  std::optional<json::Value> at = root;
  while (at && !path.empty()) {
    const auto dot = path.find('.');
    at = at->member(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at;
}

std::optional<std::string> string_at(const json::Value& root, std::string_view path) {
  const auto value = at_path(root, path);
  const auto found = value ? value->string() : std::nullopt;
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

ShopClient::ShopClient(Runtime& runtime, Options options) : runtime_(runtime), options_(std::move(options)), http_(runtime, options_.connections) {
  while (options_.url.ends_with('/')) options_.url.pop_back();
}

Task<Result<ShopClient::Answer>> ShopClient::exchange(Call call, std::vector<http::Header> headers) {
  if (!call.body.empty()) headers.push_back({"Content-Type", "application/json"});
  if (!call.key.empty()) headers.push_back({"Idempotency-Key", call.key});
  StepFigures& figures = steps_[call.step];
  milliseconds back_off = back_off_first;
  std::string last = "no answer";
  for (int tries = 1; tries <= tries_max; ++tries) {
    const UtcTime began = clock_.now();
    http::ClientRequest request{.method = call.method, .url = options_.url + call.path, .headers = headers, .body = call.body, .timeout = seconds(35)};
    auto response = co_await http_.send(std::move(request));
    figures.latencies.add((clock_.now() - began).count());
    milliseconds wait{0};
    if (response) {
      Answer out{.status = response->status, .body = std::move(response->body)};
      out.replayed = tries == 1 && header_of(*response, "idempotent-replayed") == "true";
      if (!out.ok()) {
        out.reason = text("HTTP_", out.status);
        if (const auto problem = json::Document::parse(out.body)) out.reason = string_at(problem->root(), "reason").value_or(out.reason);
      }
      if (!may_be_repeated(out.status) || (out.status == 503 && !call.repeat_unavailable)) co_return out;
      last = out.reason;
      int seconds_asked = 0;
      const std::string_view asked = header_of(*response, "retry-after");
      std::from_chars(asked.data(), asked.data() + asked.size(), seconds_asked);
      if (out.status == 429) wait = seconds(std::clamp(seconds_asked, 0, 5));
    } else {
      last = response.error().reason();
    }
    ++figures.repeats;
    const auto jitter = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(back_off.count()) + 1));
    co_await runtime_.sleep_for(std::max(wait, back_off / 2 + milliseconds(jitter)));
    back_off = std::min(back_off * 2, back_off_max);
  }
  co_return fail(ErrorKind::unavailable, "UNANSWERED", text(call.step, " was not answered in ", tries_max, " tries: ", last));
}

Task<Result<>> ShopClient::sign_in() {
  Call call{.step = "staff login", .method = http::Method::post, .path = "/api/v1/auth/login"};
  json::Writer writer(call.body);
  writer.begin_object()
      .key("identifier")
      .string(options_.staff_email)
      .key("password")
      .string(options_.staff_password)
      .key("realm")
      .string("staff")
      .end_object();
  const auto answer = co_await exchange(std::move(call), {});
  if (!answer) co_return fail(answer.error());
  if (!answer->ok()) co_return fail(ErrorKind::unauthenticated, answer->reason, text("the shop refuses ", options_.staff_email));
  EMP_CO_ASSIGN(const auto document, json::Document::parse(answer->body));
  const auto life = at_path(document.root(), "expires_in");
  staff_ = Token{.bearer = string_at(document.root(), "access_token").value_or(""),
                 .principal = string_at(document.root(), "principal_id").value_or(""),
                 .renew_at = clock_.now() + seconds(life ? life->integer().value_or(0) : 0) - renew_before};
  co_return Result<>();
}

Task<Result<ShopClient::Token>> ShopClient::token_of(std::string customer) {
  if (const auto known = tokens_.find(customer); known != tokens_.end() && known->second.renew_at > clock_.now()) co_return known->second;
  if (staff_->renew_at <= clock_.now() && !signing_in_) {
    signing_in_ = true;  // The others go on with the old token, which still lives for a while.
    const auto signed_in = co_await sign_in();
    signing_in_ = false;
    if (!signed_in) co_return fail(signed_in.error());
  }
  Call call{.step = "act as customer", .method = http::Method::post, .path = "/api/v1/auth/act-as"};
  json::Writer writer(call.body);
  writer.begin_object().key("external_reference").string(customer).key("reason").string("replay of the order history").end_object();
  const auto answer = co_await exchange(std::move(call), {{"Authorization", "Bearer " + staff_->bearer}});
  if (!answer) co_return fail(answer.error());
  if (!answer->ok()) co_return fail(ErrorKind::rule_violated, answer->reason, text("acting as customer ", customer, " is refused"));
  EMP_CO_ASSIGN(const auto document, json::Document::parse(answer->body));
  const auto life = at_path(document.root(), "expires_in");
  Token token{.bearer = string_at(document.root(), "access_token").value_or(""),
              .principal = string_at(document.root(), "principal_id").value_or(""),
              .renew_at = clock_.now() + seconds(life ? life->integer().value_or(0) : 0) - renew_before};
  tokens_.insert_or_assign(customer, token);
  co_return token;
}

Task<Result<std::string>> ShopClient::customer_id(std::string customer) {
  EMP_CO_ASSIGN(auto token, co_await token_of(std::move(customer)));
  co_return std::move(token.principal);
}

Task<Result<ShopClient::Answer>> ShopClient::send(Buyer buyer, Call call) {
  for (int tries = 1;; ++tries) {
    std::vector<http::Header> headers;
    if (buyer.customer.empty()) {
      headers.push_back({"Cookie", "cart_token=" + buyer.cart_token});
    } else {
      EMP_CO_ASSIGN(const auto token, co_await token_of(buyer.customer));
      headers.push_back({"Authorization", "Bearer " + token.bearer});
    }
    auto answer = co_await exchange(call, std::move(headers));
    if (!answer || answer->status != 401 || buyer.customer.empty() || tries == 3) co_return answer;
    tokens_.erase(buyer.customer);
  }
}

}  // namespace emporion::app::retail
