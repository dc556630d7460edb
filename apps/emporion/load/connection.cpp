#include "apps/emporion/load/connection.hpp"

#include <algorithm>
#include <charconv>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"

namespace emporion::load {
namespace {

constexpr milliseconds patience{40'000};  // Above what the gateway gives any call.
constexpr int tries_max = 4;
constexpr std::string_view cart_cookie = "cart_token=";

std::string reason_of(const http::Response& response) {
  if (response.status < 400) return {};
  const std::string reason = text_in(response.body, "reason");
  return reason.empty() ? text("status ", response.status) : reason;
}

}  // namespace

std::string text_in(const std::string& body, std::string_view path) {
  const auto document = json::Document::parse(body);
  if (!document) return {};
  json::Value at = document->root();
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    const auto member = at.member(path.substr(0, dot));
    if (!member) return {};
    at = *member;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return std::string(at.string().value_or(""));
}

Connection::Connection(Runtime& runtime, const Target& target, Witness& witness)
    : runtime_(runtime), connection_(runtime, target.address, target.port, target.host), witness_(witness) {}

Reply Connection::refuse(std::string_view step, std::string reason) {
  witness_.refused(step, 200, reason);
  return {.status = 0, .reason = std::move(reason)};
}

Task<Reply> Connection::send(Call call) {
  Reply reply;
  for (int tries = 1; tries <= tries_max; ++tries) {
    if (tries > 1) witness_.repeated(call.step);
    reply = co_await send_once(call);
    if (!reply.is_unknown || call.key.empty()) break;
  }
  if (!reply.ok()) witness_.refused(call.step, reply.status, reply.reason);
  co_return reply;
}

Task<Reply> Connection::send_once(const Call& call) {
  http::PlainRequest request{.method = call.method, .target = call.path, .body = call.body, .timeout = patience};
  if (!call.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  if (!call.key.empty()) request.headers.push_back({"Idempotency-Key", call.key});
  if (jar_ != nullptr && !jar_->cart_token.empty()) request.headers.push_back({"Cookie", std::string(cart_cookie) + jar_->cart_token});
  const microseconds lateness = std::exchange(lateness_, microseconds(0));
  const auto start = std::chrono::steady_clock::now();
  auto response = co_await connection_.send(std::move(request));
  if (!response) {
    const Error& error = response.error();
    co_return Reply{.reason = error.reason(), .is_unknown = error.reason() != "PROVIDER_UNREACHABLE"};
  }
  witness_.answered(call.step, response->status, std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start), lateness);
  Reply reply{.status = response->status, .reason = reason_of(*response), .is_unknown = response->status == 504};
  for (const auto& header : response->headers) {
    if (jar_ != nullptr && header.name == "set-cookie" && header.value.starts_with(cart_cookie)) {
      jar_->cart_token = header.value.substr(cart_cookie.size(), header.value.find(';') - cart_cookie.size());
    } else if (header.name == "retry-after") {
      std::from_chars(header.value.data(), header.value.data() + header.value.size(), reply.retry_after_s);
    }
  }
  reply.body = std::move(response->body);
  co_return reply;
}

}  // namespace emporion::load
