#pragma once

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "contracts/commerce/payment/v1/payment_events.hpp"
#include "kernel/testing/eventually.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/commerce/checkout/api/module.hpp"
#include "modules/commerce/checkout/testing/shop_credit.hpp"
#include "modules/commerce/checkout/testing/shop_neighbours.hpp"

namespace emporion::checkout {

std::span<const postgres::Migration> migrations();

/// The machine's time, moved by hand.
class MovableClock final : public Clock {
 public:
  UtcTime now() const override { return system_.now() + offset_; }
  void move(microseconds span) { offset_ += span; }

 private:
  SystemClock system_;
  microseconds offset_{0};
};

/// A buyer at the checkout, with what the last preview said.
struct BuyerAtCheckout {
  CallContext call;
  Uuid session;
  Uuid quote;
  Money total;
};

/// The whole module with its engine running, over a fresh database and neighbours in memory.
class PlacementTest : public testing::PostgresTest {
 public:
  PlacementTest() : PostgresTest("checkout", migrations()) {
    calls_.bind<catalog::v1::CatalogApi>(std::make_shared<FakeCatalog>());
    calls_.bind<pricing::v1::PricingApi>(pricing);
    calls_.bind<promotion::v1::PromotionApi>(promotion);
    calls_.bind<warehouse::v1::WarehouseApi>(stock);
    calls_.bind<shipping::v1::ShippingApi>(shipping);
    calls_.bind<location::v1::LocationApi>(std::make_shared<ShopLocation>());
    calls_.bind<order::v1::OrderApi>(orders);
    calls_.bind<payment::v1::PaymentApi>(payments);
    calls_.bind<payment::v1::CreditApi>(credit);
  }
  ~PlacementTest() override {
    if (module_) run(module_->stop());
  }

 protected:
  /// Settings are read when the module is first needed.
  config::Settings& settings() { return settings_; }
  v1::CheckoutApi& api() {
    if (!module_) {
      module_ = definition().create({"checkout", runtime(), database(), calls_, clock, random, settings_, jobs_});
      module_->bind(calls_);
      if (drives_sagas) EXPECT_TRUE(run(module_->start()));
    }
    return calls_.get<v1::CheckoutApi>();
  }
  Calls& calls() { return calls_; }

  CallContext customer(const std::string& name, std::string key = "key") {
    CallContext out = context();
    out.principal = Principal{};
    out.principal.realm = Realm::customer;
    out.principal.id = Uuid::from_name(name);
    out.deadline = clock.now() + seconds(30);
    out.idempotency_key = std::move(key);
    return out;
  }
  CallContext guest(std::string key = "key") {
    CallContext out = customer("nobody", std::move(key));
    out.principal = Principal{};
    return out;
  }
  /// Under a key; what a key may not hold is replaced.
  CallContext keyed(CallContext call, std::string key) {
    for (char& letter : key) letter = letter > ' ' && letter < '\x7f' ? letter : '-';
    call.idempotency_key = std::move(key);
    call.deadline = clock.now() + patience;
    return call;
  }
  static v1::Address an_address() {
    v1::Address out;
    out.name = "Mai Tran";
    out.country = "VN";
    out.region_code = "VN-HN";
    out.city = "Hà Nội";
    out.line1 = "1 Tràng Tiền";
    return out;
  }
  static v1::PaymentSelection card(std::string token) { return {.method = v1::PaymentMethod::card, .payment_method_id = std::move(token)}; }

  /// The name as an address may have it.
  static std::string mailbox_of(std::string name) {
    for (char& letter : name) letter = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'z') ? letter : '-';
    return name;
  }

  /// From an empty cart to a session that needs only its confirm.
  BuyerAtCheckout a_buyer(const std::string& name, v1::PaymentSelection payment, std::int32_t qty = 2, const std::string& coupon = {},
                          const std::string& sku = "TEA") {
    BuyerAtCheckout out{customer(name), {}, {}, {}};
    v1::AddCartItemRequest item;
    item.sku = sku;
    item.qty = qty;
    expect_ok(run(api().add_cart_item(keyed(out.call, "add " + name), item)));
    if (!coupon.empty()) {
      v1::ApplyCouponRequest apply;
      apply.code = coupon;
      expect_ok(run(api().apply_coupon(out.call, apply)));
    }
    start(out, "start " + name, mailbox_of(name) + "@example.com");
    v1::SelectPaymentMethodRequest select;
    select.id = out.session;
    select.payment = std::move(payment);
    expect_ok(run(api().select_payment_method(out.call, select)));
    preview(out);
    return out;
  }
  void start(BuyerAtCheckout& buyer, const std::string& key, const std::string& email) {
    const auto started = run(api().start_checkout(keyed(buyer.call, key), {}));
    expect_ok(started);
    buyer.session = started->checkout.id;
    v1::SetContactRequest contact;
    contact.id = buyer.session;
    contact.contact.email = email;
    expect_ok(run(api().set_contact(buyer.call, contact)));
    v1::SetAddressRequest address;
    address.id = buyer.session;
    address.address = an_address();
    expect_ok(run(api().set_shipping_address(buyer.call, address)));
    v1::SelectShippingMethodRequest method;
    method.id = buyer.session;
    method.selections.push_back({.group_key = the_warehouse.to_string(), .method_id = "standard"});
    expect_ok(run(api().select_shipping_method(buyer.call, method)));
  }
  /// A gift card pays too, at most `most` of what is on it.
  Result<v1::PreviewResponse> pay_with_card(BuyerAtCheckout& buyer, const std::string& code, std::optional<std::int64_t> most = std::nullopt) {
    v1::SetCreditsRequest request;
    request.id = buyer.session;
    request.gift_cards.push_back({.code = code, .max_amount = most ? std::optional(Money(*most, buyer.total.currency())) : std::nullopt});
    expect_ok(run(api().set_credits(buyer.call, request)));
    return preview(buyer);
  }
  Result<v1::PreviewResponse> preview(BuyerAtCheckout& buyer) {
    auto seen = run(api().preview_checkout(buyer.call, {.id = buyer.session}));
    if (!seen) return seen;
    buyer.quote = seen->quote.id;
    buyer.total = seen->quote.totals.grand_total;
    return seen;
  }
  v1::ConfirmCheckoutRequest confirmation_of(const BuyerAtCheckout& buyer) {
    v1::ConfirmCheckoutRequest request;
    request.id = buyer.session;
    request.quote_id = buyer.quote;
    request.expected_total = buyer.total;
    request.terms_accepted = true;
    request.client_address = "192.0.2.1";
    return request;
  }
  Result<v1::PlacementResponse> confirm(const BuyerAtCheckout& buyer, const std::string& key = "confirm") {
    return run(api().confirm_checkout(keyed(buyer.call, key), confirmation_of(buyer)));
  }
  Result<v1::PlacementResponse> retry(const BuyerAtCheckout& buyer, v1::PaymentSelection payment, const std::string& key = "retry") {
    v1::RetryPaymentRequest request;
    request.id = buyer.session;
    request.payment = std::move(payment);
    return run(api().retry_payment(keyed(buyer.call, key), request));
  }
  v1::PlacementResponse poll(const BuyerAtCheckout& buyer) {
    auto seen = run(api().get_confirmation(keyed(buyer.call, ""), {.id = buyer.session}));
    expect_ok(seen);
    return std::move(*seen);
  }
  /// Time passes, in one go.
  void pass(microseconds span) {
    clock.move(span);
    stock->expire_overdue();
  }
  std::string saga_state() { return value("SELECT state FROM saga ORDER BY created_at DESC, id DESC LIMIT 1"); }
  /// Time passes in steps of `step` until the newest saga is in a state of `wanted`.
  void pass_until(const std::string& wanted, seconds step = seconds(5), int most = 2'000) {
    int steps = 0;
    EXPECT_TRUE(testing::eventually(
        runtime(),
        [&] {
          if (saga_state() == wanted) return true;
          if (++steps <= most) pass(step);
          return false;
        },
        [&] { return text(saga_state(), " at ", value("SELECT step || ' ' || coalesce(error, '') FROM saga ORDER BY created_at DESC LIMIT 1")); },
        seconds(20)));
  }
  std::string count(const std::string& of) { return value("SELECT count(*) FROM " + of); }

  /// One order stands, with all that belongs to it, once.
  void expect_one_order(int captures = 1) {
    EXPECT_EQ(orders->count(order::v1::OrderStatus::confirmed), 1);
    EXPECT_EQ(stock->held("TEA", ShopWarehouse::State::active), 0);
    EXPECT_EQ(stock->held("TEA", ShopWarehouse::State::confirmed), 2);
    int taken = 0;
    for (const auto& [id, payment] : payments->payments) taken += payment.captures;
    EXPECT_EQ(taken, captures);
    EXPECT_EQ(count("cart WHERE status = 'converted'"), "1");
  }
  /// No order, no units, no money, no use of a promotion; the cart is the buyer's again.
  void expect_nothing_left() {
    EXPECT_EQ(orders->count(order::v1::OrderStatus::confirmed) + orders->count(order::v1::OrderStatus::pending_payment) +
                  orders->count(order::v1::OrderStatus::fraud_review),
              0);
    EXPECT_EQ(stock->held("TEA"), 0);
    EXPECT_EQ(payments->live(), 0);
    EXPECT_EQ(payments->balance(), 0);
    EXPECT_EQ(promotion->in_use(ShopPromotion::State::reserved) + promotion->in_use(ShopPromotion::State::committed), 0);
    EXPECT_EQ(count("cart WHERE status = 'locked'"), "0");
    EXPECT_EQ(count("pending_transfer"), "0");
  }
  template <typename T>
  static void expect_ok(const Result<T>& result) {
    ASSERT_TRUE(result.has_value()) << result.error().to_string();
  }

  MovableClock clock;
  SystemRandom random;
  Faults faults;
  std::shared_ptr<ShopPricing> pricing = std::make_shared<ShopPricing>(faults, clock);
  std::shared_ptr<ShopPromotion> promotion = std::make_shared<ShopPromotion>(faults);
  std::shared_ptr<ShopWarehouse> stock = std::make_shared<ShopWarehouse>(faults, clock);
  std::shared_ptr<ShopShipping> shipping = std::make_shared<ShopShipping>(faults, clock);
  std::shared_ptr<ShopOrders> orders = std::make_shared<ShopOrders>(faults, *promotion);
  std::shared_ptr<ShopPayments> payments = std::make_shared<ShopPayments>(faults, clock);
  std::shared_ptr<ShopCredit> credit = std::make_shared<ShopCredit>(faults);
  seconds patience{30};      ///< How long a request is given; a test whose saga does not settle at once gives little.
  bool drives_sagas = true;  ///< False: a test drives them itself.

 private:
  config::Settings settings_;
  Calls calls_;
  Jobs jobs_{runtime(), database(), clock, random};
  std::unique_ptr<Module> module_;
};

}  // namespace emporion::checkout
