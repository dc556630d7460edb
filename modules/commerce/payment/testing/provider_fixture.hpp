#pragma once

#include <optional>
#include <string>

#include "contracts/commerce/payment/v1/payment_api_binding.hpp"
#include "kernel/http/server.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"
#include "tests/simulators/common/provider_simulator.hpp"

namespace emporion::payment {

/// The module's public routes over real HTTP, as a provider reaches them: what a gateway would let through. It listens before there is a module, since the
/// module tells providers where it listens.
class Front final : public http::Application {
 public:
  Front(Runtime& runtime, const Clock& clock) : clock_(clock), server_(runtime, *this) { EXPECT_TRUE(server_.listen("127.0.0.1", 0)); }
  void serve(v1::PaymentApi& api) {
    binding_.emplace(api, clock_);
    router_.emplace();
    EXPECT_TRUE(v1::add_routes(*router_, *binding_));
  }
  std::string url() const { return text("http://127.0.0.1:", server_.port()); }
  Task<void> close() { return server_.close(milliseconds(100)); }
  std::size_t body_limit(const http::Request&) const override { return 1 << 18; }
  http::Response refuse(const Error& error) override { return http::problem(error, Uuid(), ""); }
  Task<http::Response> handle(http::Request request) override {
    const auto matched = router_->match(request.method, request.path);
    if (!matched) co_return refuse(matched.error());
    CallContext context(clock_.now() + seconds(10), Uuid::from_name("front"), Principal::guest());
    co_return co_await const_cast<http::Route*>(matched->route)->handle(std::move(context), request, matched->parameters);
  }

 private:
  const Clock& clock_;
  std::optional<v1::LocalPaymentApi> binding_;
  std::optional<http::Router> router_;
  http::Server server_;
};

/// Tests of a provider that the buyer pays at a page of its own: its simulator reaches the module's webhooks over HTTP.
struct ProviderTest : PaymentTest {
  /// Ends the servers, while what they serve still lives. Called by the destructor of each test class, since its simulator has to live as long.
  void close_servers(simulators::ProviderSimulator& simulator) {
    run(front_.close());
    run(simulator.close());
  }
  /// The address under which the module is reached.
  std::string front_url() {
    if (served_ != &module()) front_.serve(module().service);
    served_ = &module();
    return front_.url();
  }

  v1::CreatePaymentRequest a_payment_by(v1::PaymentMethod method, std::int64_t amount = 253'000, const char* currency = "VND") {
    auto request = a_payment("cod");
    request.amount = Money(amount, Currency::of(currency));
    request.method = method;
    return request;
  }
  http::Response http_get(std::string url) {
    http::ClientRequest request;
    request.url = std::move(url);
    auto answer = run(browser.send(std::move(request)));
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().to_string());
    return answer ? std::move(*answer) : http::Response{.status = 0};
  }
  v1::RefundPaymentRequest a_refund(Uuid payment_id, std::optional<std::int64_t> amount = std::nullopt, const char* currency = "VND") {
    v1::RefundPaymentRequest request;
    request.id = payment_id;
    if (amount) request.amount = Money(*amount, Currency::of(currency));
    request.source = v1::RefundSource::manual;
    request.reason = "damaged";
    return request;
  }
  Result<v1::Refund> refund(Uuid payment_id, std::optional<std::int64_t> amount, const std::string& key, const char* currency = "VND") {
    return run(module().service.refund_payment(by("return", key), a_refund(payment_id, amount, currency)));
  }
  /// Lets stored webhooks take effect.
  void hear_webhooks() { EXPECT_TRUE(run(module().worker.run_webhooks(by("payment")))); }
  /// The buyer's browser comes back from the provider's page.
  Result<v1::ReturnFromProviderResponse> come_back(const std::string& provider, Uuid payment_id) {
    v1::ReturnFromProviderRequest request;
    request.provider = provider;
    request.payment_id = payment_id;
    return run(module().service.return_from_provider(by("guest"), request));
  }

  http::Client browser{runtime()};
  Front front_{runtime(), clock};
  Parts* served_ = nullptr;
};

}  // namespace emporion::payment
