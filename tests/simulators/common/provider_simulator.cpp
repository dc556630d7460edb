// tidy-allow-file(test_sleeps): a provider that answers late is what this program plays.
#include "tests/simulators/common/provider_simulator.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"

namespace emporion::simulators {
namespace {

constexpr milliseconds slowness{100};

}  // namespace

http::Response json_answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

ProviderSimulator::ProviderSimulator(Runtime& runtime, const Clock& clock, milliseconds hang)
    : runtime_(runtime), clock_(clock), hang_(hang), client_(runtime), server_(runtime, *this) {}

std::string ProviderSimulator::url() const { return text("http://127.0.0.1:", server_.port()); }

Task<void> ProviderSimulator::close() {
  co_await scope_.join();
  co_await server_.close(hang_ + seconds(1));  // A call that hangs must end before the loop does.
}

Task<http::Response> ProviderSimulator::handle(http::Request request) {
  if (request.path.starts_with("/_simulator/")) co_return co_await control(std::move(request));
  co_return co_await serve(std::move(request));
}

http::Response ProviderSimulator::refuse(const Error& error) { return json_answer(400, text(R"({"message":")", error.reason(), "\"}")); }

Task<http::Response> ProviderSimulator::perform(std::string operation, std::function<http::Response(Spoil)> work) {
  orders_.count(operation);
  const auto fault = orders_.take(operation);
  if (fault == Fault::busy) co_return json_answer(429, R"({"message":"too many requests"})");
  if (fault == Fault::error_500) co_return json_answer(500, R"({"message":"internal"})");
  if (fault == Fault::lose_request) {
    co_await runtime_.sleep_for(hang_);
    co_return json_answer(504, "lost");
  }
  http::Response answer = work(fault == Fault::wrong_amount ? Spoil::amount : fault == Fault::wrong_signature ? Spoil::signature : Spoil::nothing);
  if (fault == Fault::error_500_after) co_return json_answer(500, R"({"message":"internal"})");
  if (fault == Fault::lose_answer) co_await runtime_.sleep_for(hang_);
  if (fault == Fault::slow) co_await runtime_.sleep_for(slowness);
  co_return answer;
}

void ProviderSimulator::emit(http::ClientRequest message) {
  if (delivery_ == Delivery::wrong_signature) message = falsified(std::move(message));
  messages_.push_back(message);
  if (delivery_ == Delivery::never) return;
  if (delivery_ == Delivery::late || delivery_ == Delivery::reversed) {
    held_.push_back(std::move(message));
    return;
  }
  // Whoever orders it may stand outside the loop that sends.
  runtime_.post([this, message, twice = delivery_ == Delivery::twice] {
    if (twice) scope_.spawn(send_quietly(message));
    scope_.spawn(send_quietly(message));
  });
}

Task<void> ProviderSimulator::flush() {
  auto held = std::exchange(held_, {});
  if (delivery_ == Delivery::reversed) std::ranges::reverse(held);
  for (http::ClientRequest& message : held) co_await send_quietly(std::move(message));
}

Task<http::Response> ProviderSimulator::send(http::ClientRequest message) {
  auto answer = co_await client_.send(std::move(message));
  last_answer_ = answer ? std::move(*answer) : json_answer(0, answer.error().to_string());
  co_return last_answer_;
}

Task<void> ProviderSimulator::send_quietly(http::ClientRequest message) {
  if (message.url.starts_with("http")) (void)co_await send(std::move(message));  // Without a place to send to, messages are kept for the test.
}

Task<http::Response> ProviderSimulator::control(http::Request request) {
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
    if (ok) deliver(*mode);
  } else if (what == "flush") {
    co_await flush();
  } else {
    ok = false;
  }
  co_return json_answer(ok ? 200 : 400, text(R"({"ok":)", ok, "}"));
}

}  // namespace emporion::simulators
