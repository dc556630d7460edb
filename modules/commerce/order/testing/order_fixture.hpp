#pragma once

#include <gtest/gtest.h>

#include "contracts/commerce/order/v1/order_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"
#include "modules/commerce/order/adapters/security/signed_claim_tokens.hpp"
#include "modules/commerce/order/api/module.hpp"
#include "modules/commerce/order/app/claiming.hpp"
#include "modules/commerce/order/app/event_handlers.hpp"
#include "modules/commerce/order/app/exporting.hpp"
#include "modules/commerce/order/app/housekeeping.hpp"
#include "modules/commerce/order/app/personal_data.hpp"
#include "modules/commerce/order/app/return_news.hpp"
#include "modules/commerce/order/app/service.hpp"

namespace emporion::order {

/// The machine's time, moved by hand.
class MovableClock final : public Clock {
 public:
  UtcTime now() const override { return system_.now() + offset_; }
  void move(microseconds span) { offset_ += span; }

 private:
  SystemClock system_;
  microseconds offset_{0};
};

/// Neighbours that answer what the test says.
class ToldNeighbours final : public Neighbours {
 public:
  Task<Result<>> ask_fulfillment(CallContext context, Uuid, std::vector<v1::CancelItem>, std::string, std::string) override {
    EXPECT_EQ(context.open_transactions(), 0);
    ++asked;
    if (refusal) co_return fail(*refusal);
    co_return Result<>();
  }
  Task<Result<>> abandon_checkout(CallContext context, Uuid, std::string, std::string) override {
    EXPECT_EQ(context.open_transactions(), 0);
    ++abandoned;
    if (refusal) co_return fail(*refusal);
    co_return Result<>();
  }
  Task<Result<bool>> has_saga_ended(CallContext, Uuid) override { co_return saga_ended; }
  Task<Result<bool>> is_guests_session(CallContext context, Uuid session_id, std::string cart_token) override {
    EXPECT_EQ(context.open_transactions(), 0);
    co_return cart_token == text("cart of ", session_id);
  }
  Task<Result<bool>> is_payment_over(CallContext, Uuid) override { co_return payment_over; }
  Task<Result<std::vector<std::string>>> not_given_back(CallContext context, CancelledOrder order) override {
    EXPECT_EQ(context.open_transactions(), 0);
    checked.push_back(order.id);
    co_return missing;
  }
  Task<Result<std::optional<std::string>>> verified_email(CallContext) override { co_return email; }
  Task<Result<std::vector<std::string>>> changes_of_address(CallContext context, v1::Order, v1::Address) override {
    EXPECT_EQ(context.open_transactions(), 0);
    co_return address_changes;
  }

  std::optional<Error> refusal;
  bool saga_ended = true;
  bool payment_over = true;
  std::vector<std::string> missing;
  std::vector<std::string> address_changes;
  std::optional<std::string> email;
  std::vector<Uuid> checked;
  int asked = 0;
  int abandoned = 0;
};

struct TestClaimTokens final : SignedClaimTokens {
  TestClaimTokens() { open_with("a master key of thirty-two bytes."); }
};

/// The module's parts over a database, with neighbours that answer what the test says.
struct OrderTest : testing::PostgresTest {
  OrderTest() : PostgresTest("order", migrations()) {}
  ~OrderTest() override { run(service.close()); }

  CallContext by(std::string_view caller, std::string key = "key") {
    CallContext out = context(caller);
    out.deadline = clock.now() + seconds(30);
    out.idempotency_key = std::move(key);
    return out;
  }
  CallContext as(Realm realm, Uuid id, std::string key = "key") {
    CallContext out = by("test", std::move(key));
    out.principal = Principal{};
    out.principal.realm = realm;
    out.principal.id = id;
    return out;
  }

  /// An order of `lines` lines of 2 × 110,000 with 15 % tax each, cash on delivery unless `method` says otherwise.
  v1::CreateOrderRequest an_order(int lines = 1, v1::PaymentMethod method = v1::PaymentMethod::cod) {
    const auto vnd = [](std::int64_t amount) { return Money(amount, Currency::of("VND")); };
    const auto fresh = [this] { return Uuid::v7(clock.now(), random); };
    v1::CreateOrderRequest request;
    request.order_id = fresh();
    request.saga_id = fresh();
    request.session_id = fresh();
    request.origin = v1::OrderOrigin::checkout;
    request.contact.email = "buyer@example.test";
    request.currency = "VND";
    request.reservation_id = fresh();
    for (int i = 1; i <= lines; ++i) {
      v1::NewOrderLine line;
      line.line_no = i;
      line.product_id = Uuid::from_name(text("product", i));
      line.sku = text("SKU-", i);
      line.name = "Áo dài \"đỏ\"";
      line.unit_price = vnd(110'000);
      line.qty = 2;
      line.discount = vnd(0);
      line.tax = vnd(33'000);
      v1::TaxPart part;
      part.name = "VAT";
      part.rate = "0.15";
      part.amount = vnd(33'000);
      line.tax_breakdown.push_back(part);
      line.total = vnd(253'000);
      v1::Allocation allocation;
      allocation.warehouse_id = warehouse_id;
      allocation.qty = 2;
      allocation.reservation_id = request.reservation_id;
      line.allocations.push_back(allocation);
      request.lines.push_back(std::move(line));
    }
    v1::OrderTotals& totals = request.totals;
    totals.subtotal = vnd(220'000 * lines);
    totals.discount = totals.shipping_discount = totals.shipping_tax = totals.payment_fee = totals.points_value = vnd(0);
    totals.shipping = vnd(30'000);
    totals.tax = vnd(33'000 * lines);
    totals.grand_total = vnd(253'000 * lines + 30'000);
    v1::Address address;
    address.name = "Nguyễn Thị Hoa";
    address.country = "VN";
    address.city = "Hà Nội";
    address.line1 = "1 Tràng Tiền";
    request.shipping_address = address;
    request.billing_address = address;
    v1::NewShipmentGroup group;
    group.id = fresh();
    group.warehouse_id = warehouse_id;
    group.method_id = "standard";
    group.method_name = "Standard";
    group.fee = vnd(30'000);
    request.shipment_groups.push_back(std::move(group));
    request.payment_method = method;
    if (method == v1::PaymentMethod::card) request.payment_deadline = clock.now() + minutes(15);
    return request;
  }
  Result<v1::CreateOrderResponse> create(const v1::CreateOrderRequest& request) { return run(service.create_order(by("checkout"), request)); }
  v1::ConfirmOrderRequest a_confirmation(const v1::CreateOrderRequest& request) {
    v1::ConfirmOrderRequest out;
    out.id = request.order_id;
    out.payment_id = Uuid::from_name(text("payment", request.order_id));
    out.payment_status = request.payment_method == v1::PaymentMethod::cod ? v1::PaymentFacet::cod_pending : v1::PaymentFacet::captured;
    out.provider = request.payment_method == v1::PaymentMethod::cod ? "cod" : "stripe";
    return out;
  }
  Result<v1::OrderConfirmation> confirm(const v1::CreateOrderRequest& request) { return run(service.confirm_order(by("checkout"), a_confirmation(request))); }
  v1::CreateOrderRequest a_confirmed_order(int lines = 1) {
    auto request = an_order(lines);
    EXPECT_TRUE(create(request));
    const auto confirmed = confirm(request);
    EXPECT_TRUE(confirmed) << confirmed.error().to_string();
    return request;
  }
  std::string status(Uuid id) { return value(text("SELECT status FROM order_header WHERE id = '", id, "'")); }
  std::string count(const std::string& of) { return value("SELECT count(*)::text FROM " + of); }

  /// Applies an event of another module, as its consumer would; a given id stands for a redelivery.
  template <typename Event>
  Result<> hear(Task<Result<>> (EventHandlers::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event, std::optional<Uuid> id = std::nullopt,
                std::optional<std::int64_t> version = std::nullopt) {
    return run(apply(*this, member, std::move(event), id, version.value_or(++news_version)));
  }
  /// News of modules that do not exist yet, through the entries that their events will take.
  template <typename Owner, typename News>
  Result<> hear_news(Owner& owner, Task<Result<>> (Owner::*member)(postgres::UnitOfWork&, messaging::Envelope, News), std::string topic, News news,
                     std::optional<Uuid> id = std::nullopt) {
    return run(apply_news(*this, owner, member, std::move(topic), std::move(news), id));
  }
  template <typename Owner, typename News>
  static Task<Result<>> apply_news(OrderTest& test, Owner& owner, Task<Result<>> (Owner::*member)(postgres::UnitOfWork&, messaging::Envelope, News),
                                   std::string topic, News news, std::optional<Uuid> id) {
    messaging::Envelope envelope;
    envelope.event_id = id.value_or(Uuid::v7(test.clock.now(), test.random));
    envelope.source = topic.substr(0, topic.find('.'));
    envelope.topic = std::move(topic);
    EMP_CO_ASSIGN(auto work, co_await test.database().begin(test.by("order")));
    EMP_CO_TRY(co_await (owner.*member)(work, envelope, std::move(news)));
    co_return co_await work.commit();
  }
  template <typename Event>
  static Task<Result<>> apply(OrderTest& test, Task<Result<>> (EventHandlers::*member)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event,
                              std::optional<Uuid> id, std::int64_t version) {
    messaging::Envelope envelope;
    envelope.aggregate_version = version;
    envelope.event_id = id.value_or(Uuid::v7(test.clock.now(), test.random));
    envelope.topic = std::string(Event::topic);
    envelope.source = envelope.topic.substr(0, envelope.topic.find('.'));
    EMP_CO_ASSIGN(auto work, co_await test.database().begin(test.by("order")));
    EMP_CO_TRY(co_await (test.handlers.*member)(work, envelope, std::move(event)));
    co_return co_await work.commit();
  }
  template <typename Event>
  Event a_parcel(const v1::CreateOrderRequest& request, std::string_view name, int line = 1, int qty = 2) {
    Event event;
    event.shipment_id = Uuid::from_name(text(request.order_id, name));
    event.order_id = request.order_id;
    event.package_id = Uuid::from_name("package");
    event.direction = "outbound";
    event.carrier = "demo";
    event.tracking_number = std::string(name);
    event.warehouse_id = warehouse_id;
    shipping::v1::ShipmentItemFact item;
    item.line = line;
    item.sku = text("SKU-", line);
    item.qty = qty;
    event.items.push_back(item);
    return event;
  }
  fulfillment::v1::FulfillmentStarted a_start(const v1::CreateOrderRequest& request) {
    fulfillment::v1::FulfillmentStarted event;
    event.order_id = request.order_id;
    event.fulfillment_id = Uuid::from_name("fulfillment");
    return event;
  }

  std::int64_t news_version = 1'000;  ///< Of what tells its events: each event has the next.
  const Uuid warehouse_id = Uuid::from_name("hanoi");
  MovableClock clock;
  SystemRandom random;
  ToldNeighbours neighbours;
  PostgresOrderStore store{database(), clock};
  Cancelling cancelling{store, neighbours};
  EventHandlers handlers{store, cancelling};
  Housekeeping housekeeping{store, neighbours, clock};
  ReturnHandlers returns{store};
  PersonalData personal_data{store, clock};
  TestClaimTokens claim_tokens;
  Claiming claiming{store, neighbours, claim_tokens, clock};
  OrderService service{runtime(), store, neighbours, cancelling, claiming, clock, random};
  OrderRecords records{store, claim_tokens, clock, random, 3};
};

}  // namespace emporion::order
