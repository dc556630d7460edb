#pragma once

#include <string>

#include "modules/commerce/payment/adapters/paypal/paypal_gateway.hpp"
#include "modules/commerce/payment/testing/provider_fixture.hpp"
#include "tests/simulators/paypal/paypal_keys.hpp"
#include "tests/simulators/paypal/paypal_simulator.hpp"

namespace emporion::payment {

/// The module with PayPal alone, and PayPal's side.
struct Paypal : ProviderTest {
  Paypal() {
    EXPECT_TRUE(remote.listen());
    remote.deliver(simulators::Delivery::late);
  }
  ~Paypal() override { close_servers(remote); }
  std::vector<std::unique_ptr<ProviderGateway>> gateways() override {
    const simulators::PaypalSimulatorOptions keys;
    paypal::PaypalOptions options;
    options.enabled = true;
    options.test_mode = true;
    options.client_id = keys.client_id;
    options.client_secret = keys.client_secret;
    options.webhook_id = keys.webhook_id;
    options.base_url = remote.url();
    options.trusted_roots = std::string(trusted_roots);
    options.timeout = seconds(1);
    std::vector<std::unique_ptr<ProviderGateway>> out;
    out.push_back(std::make_unique<paypal::PaypalGateway>(runtime(), clock, std::move(options)));
    return out;
  }
  /// A payment whose buyer sees PayPal's page.
  v1::CreatePaymentRequest at_the_page(std::int64_t amount = 12'050) {
    remote.set_webhook_url(front_url() + "/api/v1/webhooks/paypal");
    const auto request = a_payment_by(v1::PaymentMethod::paypal, amount, "USD");
    const auto created = create(request);
    EXPECT_TRUE(created) << created.error().to_string();
    EXPECT_EQ(created->payment.status, v1::PaymentStatus::requires_action) << remote.complaint();
    EXPECT_TRUE(created->payment.next_action);
    return request;
  }
  v1::CreatePaymentRequest authorized(std::int64_t amount = 12'050) {
    const auto request = at_the_page(amount);
    EXPECT_TRUE(remote.approve(ref_of(request)));
    hear();
    EXPECT_EQ(stored(request.payment_id).status, v1::PaymentStatus::authorized) << remote.complaint();
    return request;
  }
  v1::CreatePaymentRequest captured(std::int64_t amount = 12'050) {
    const auto request = authorized(amount);
    EXPECT_EQ(capture(request.payment_id)->status, v1::PaymentStatus::captured) << remote.complaint();
    hear();
    return request;
  }
  void hear() {
    run(remote.flush());
    hear_webhooks();
  }
  std::string ref_of(const v1::CreatePaymentRequest& request) { return stored(request.payment_id).provider_ref.value(); }

  std::string_view trusted_roots = simulators::paypal_keys::root;
  simulators::PaypalSimulator remote{runtime(), clock, simulators::PaypalSimulatorOptions{.webhook_url = "", .hang = milliseconds(1'400)}};
};

}  // namespace emporion::payment
