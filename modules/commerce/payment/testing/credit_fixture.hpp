#pragma once

#include <string>
#include <utility>
#include <vector>

#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {

inline Money dong(std::int64_t amount) { return Money(amount, Currency::of("VND")); }

/// Gift cards and store credit over the module's parts; the audit is clean after each test.
struct Credit : PaymentTest {
  CallContext as_staff(std::string key = "key") {
    CallContext out = by("test", std::move(key));
    out.principal = Principal{};
    out.principal.realm = Realm::staff;
    out.principal.id = Uuid::from_name("ada");
    return out;
  }
  CallContext as_customer(const std::string& name) {
    CallContext out = by("test");
    out.principal = Principal{};
    out.principal.realm = Realm::customer;
    out.principal.id = Uuid::from_name(name);
    return out;
  }
  CreditService& api() { return module().credit; }

  v1::IssuedGiftCard a_card(std::int64_t amount, std::optional<UtcTime> expires_at = std::nullopt) {
    v1::IssueGiftCardRequest request;
    request.amount = dong(amount);
    request.expires_at = expires_at;
    auto issued = run(api().issue_gift_card(as_staff(text("card-", ++cards)), request));
    EXPECT_TRUE(issued) << issued.error().to_string();
    return *issued;
  }
  v1::CreditAccount grant(const std::string& customer, std::int64_t amount, const std::string& key) {
    v1::GrantStoreCreditRequest request{.customer_id = Uuid::from_name(customer), .amount = dong(amount), .reason = "goodwill"};
    auto granted = run(api().grant_store_credit(as_staff(key), request));
    EXPECT_TRUE(granted) << granted.error().to_string();
    return *granted;
  }
  v1::HoldCreditRequest a_hold(std::vector<std::pair<Uuid, std::int64_t>> parts, std::optional<Uuid> customer = std::nullopt) {
    v1::HoldCreditRequest request;
    request.hold_id = Uuid::v7(clock.now(), random);
    request.order_id = Uuid::v7(clock.now(), random);
    request.customer_id = customer;
    for (const auto& [account, amount] : parts) request.parts.push_back({.account_id = account, .amount = dong(amount)});
    return request;
  }
  Result<v1::CreditHold> hold(const v1::HoldCreditRequest& request) { return run(api().hold_credit(by("checkout"), request)); }
  Result<v1::CreditHold> redeem(const v1::HoldCreditRequest& request) { return run(api().redeem_credit(by("checkout"), {.id = request.hold_id})); }
  Result<v1::CreditHold> release(const v1::HoldCreditRequest& request) {
    return run(api().release_credit(by("checkout"), {.id = request.hold_id, .order_id = request.order_id}));
  }
  std::int64_t balance(Uuid account) { return run(module().credit_store.find(account))->balance.amount(); }
  std::int64_t held(Uuid account) { return run(module().credit_store.find(account))->held.amount(); }
  Result<v1::CheckGiftCardResponse> check(const std::string& code, const std::string& address = "10.0.0.1") {
    return run(api().check_gift_card(by("guest"), {.code = code, .client_address = address}));
  }
  order::v1::OrderLineCancelled a_cancelled_line(Uuid order, std::int64_t refund, std::int32_t seq = 1) {
    order::v1::OrderLineCancelled event;
    event.order_id = order;
    event.line_no = 1;
    event.qty = 1;
    event.refund = dong(refund);
    event.seq = seq;
    event.sku = "TEA";
    event.reason = "too many";
    return event;
  }
  void TearDown() override { expect_clean_audit(); }

  int cards = 0;
};

}  // namespace emporion::payment
