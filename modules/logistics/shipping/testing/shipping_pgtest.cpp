#include <gmock/gmock.h>

#include "contracts/logistics/shipping/v1/shipping_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/logistics/shipping/adapters/demo_carrier/demo_carrier.hpp"
#include "modules/logistics/shipping/adapters/demo_carrier/demo_carrier_gateway.hpp"
#include "modules/logistics/shipping/adapters/postgres/rate_store.hpp"
#include "modules/logistics/shipping/adapters/postgres/shipment_store.hpp"
#include "modules/logistics/shipping/api/module.hpp"
#include "modules/logistics/shipping/app/carrier_work.hpp"
#include "modules/logistics/shipping/app/shipping_service.hpp"

namespace emporion::shipping {
namespace {

constexpr const char* secret = "a secret of this test";

/// The module's real routes behind a real server, as the gateway would serve them.
class Site final : public http::Application {
 public:
  Site(Runtime& runtime, http::Router& router, const Clock& clock) : server_(runtime, *this), router_(router), clock_(clock) {}
  Result<> listen() { return server_.listen("127.0.0.1", 0); }
  Task<void> close() { co_await server_.close(milliseconds(200)); }
  std::string url() const { return text("http://127.0.0.1:", server_.port()); }
  std::size_t body_limit(const http::Request&) const override { return 1 << 20; }
  Task<http::Response> handle(http::Request request) override {
    auto match = router_.match(request.method, request.path);
    if (!match) co_return refuse(match.error());
    http::Route* route = const_cast<http::Route*>(match->route);
    CallContext context(clock_.now() + seconds(5), Uuid::from_name("trace"), Principal::guest());
    co_return co_await route->handle(context, request, match->parameters);
  }
  http::Response refuse(const Error& error) override { return http::problem(error, Uuid(), ""); }

 private:
  http::Server server_;
  http::Router& router_;
  const Clock& clock_;
};

struct ShippingTest : testing::PostgresTest {
  ShippingTest() : PostgresTest("shipping", migrations()) {
    jobs.add(Tracking::job_name, hours(1), [](CallContext) -> Task<Result<>> { co_return Result<>(); });
    EXPECT_TRUE(v1::add_routes(router, api));
    EXPECT_TRUE(site.listen());
    carrier = std::make_unique<DemoCarrier>(
        runtime(), database(), clock, DemoCarrierOptions{.secret = secret, .webhook_url = site.url() + "/api/v1/webhooks/demo", .step = milliseconds(20)});
    EXPECT_TRUE(carrier->start());
    carriers.emplace("demo", std::make_unique<DemoCarrierGateway>(runtime(), [this] { return carrier->url(); }, milliseconds(250)));
    carriers.emplace("own_fleet", std::make_unique<OwnFleetGateway>(clock));
  }
  ~ShippingTest() override {
    run(carrier->stop());
    run(site.close());
    run(tracking.stop());
    run(rating.stop());
  }

  fulfillment::v1::PackageReadied a_package(std::string name, std::optional<Money> cod = {}) {
    fulfillment::v1::PackageReadied event;
    event.package_id = Uuid::from_name(name);
    event.order_id = Uuid::from_name("order of " + name);
    event.order_number = "EM-1";
    event.fulfillment_id = Uuid::from_name("fulfillment of " + name);
    event.warehouse_id = Uuid::from_name("warehouse");
    event.weight_g = 500;
    event.cod = cod;
    event.currency = cod ? cod->currency().to_string() : "VND";
    event.address.name = "Trần Mai";
    event.address.country = "VN";
    event.address.city = "Hà Nội";
    event.address.line1 = "12 Nguyễn Du";
    event.service_level = "standard";
    event.items.push_back({.line = 1, .sku = "TEA", .qty = 2});
    return event;
  }
  template <typename Event>
  void hear(Task<Result<>> (Shipments::*handler)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    const auto done = run(deliver(handler, std::move(event)));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  template <typename Event>
  Task<Result<>> deliver(Task<Result<>> (Shipments::*handler)(postgres::UnitOfWork&, messaging::Envelope, Event), Event event) {
    EMP_CO_ASSIGN(auto work, co_await database().begin(context("shipping")));
    EMP_CO_TRY(co_await (shipments.*handler)(work, {}, std::move(event)));
    co_return co_await work.commit();
  }
  v1::Shipment booked(const std::string& name, std::optional<Money> cod = {}) {
    hear(&Shipments::on_package_readied, a_package(name, cod));
    EXPECT_TRUE(run(carrier_work.book(context("shipping"))));
    return the_shipment(name);
  }
  v1::Shipment the_shipment(const std::string& name) {
    const auto found = run(store.find_by_package(Uuid::from_name(name)));
    EXPECT_TRUE(found && *found);
    return to_contract(**found);
  }
  std::string report(const v1::Shipment& shipment, std::string id, std::string status, UtcTime at) {
    return to_json(v1::DemoCarrierEvent{.event_id = std::move(id),
                                        .tracking_number = shipment.tracking_number.value_or(""),
                                        .status = std::move(status),
                                        .at = at,
                                        .place = {},
                                        .reason = {},
                                        .cod_collected = {}});
  }
  Task<Result<http::Response>> post(std::string body, std::string signature) {
    http::ClientRequest request{.method = http::Method::post, .url = site.url() + "/api/v1/webhooks/demo", .headers = {}, .body = std::move(body)};
    request.headers.push_back({"X-Signature", std::move(signature)});
    co_return co_await client.send(std::move(request));
  }
  int send(std::string body) {
    const auto answer = run(post(body, signature_of(body, secret, clock.now())));
    return answer ? answer->status : 0;
  }
  void apply_all() { ASSERT_TRUE(run(tracking.process(context("shipping")))); }
  std::string count(const std::string& what) { return value("SELECT count(*) FROM " + what); }

  SystemClock clock;
  SystemRandom random;
  PostgresRateStore rates{database()};
  PostgresShipmentStore store{database()};
  Jobs jobs{runtime(), database(), clock, random};
  Rating rating{rates, database(), runtime(), clock, random, minutes(30)};
  Shipments shipments{store, database(), clock, random, "demo"};
  Tracking tracking{store, database(), runtime(), jobs, clock, {secret, "the secret before"}};
  Carriers carriers;
  CarrierWork carrier_work{store, database(), carriers, clock};
  ShippingService service{rating, shipments, tracking};
  v1::LocalShippingApi api{service, clock};
  http::Router router;
  http::Client client{runtime()};
  Site site{runtime(), router, clock};
  std::unique_ptr<DemoCarrier> carrier;
};

// --- S-A1 to S-A4: webhooks ---

TEST_F(ShippingTest, the_same_webhook_twenty_times_at_once_is_one_row_and_one_event) {
  const auto shipment = booked("p");
  const std::string body = report(shipment, "e1", "picked_up", clock.now());
  std::vector<Task<Result<http::Response>>> posts;
  for (int i = 0; i < 20; ++i) posts.push_back(post(body, signature_of(body, secret, clock.now())));
  for (const auto& answer : run(when_all(std::move(posts)))) EXPECT_EQ(answer->status, 200);
  apply_all();
  EXPECT_EQ(send(body), 200);
  apply_all();
  EXPECT_EQ(count("tracking_event"), "1");
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.tracking.updated'"), "1");
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.shipment.dispatched'"), "1");
}

TEST_F(ShippingTest, a_late_report_shows_on_the_timeline_and_moves_nothing) {
  const auto shipment = booked("p");
  EXPECT_EQ(send(report(shipment, "e1", "delivered", clock.now() + seconds(10))), 200);
  EXPECT_EQ(send(report(shipment, "e2", "in_transit", clock.now() + seconds(5))), 200);
  EXPECT_EQ(send(report(shipment, "e3", "beamed_up", clock.now() + seconds(20))), 200);
  apply_all();
  EXPECT_EQ(the_shipment("p").status, v1::ShipmentStatus::delivered);
  const auto timeline = run(api.get_tracking(context("order"), {.id = shipment.id}));
  ASSERT_EQ(timeline->events.size(), 3u);
  EXPECT_FALSE(timeline->events[0].applied);
  EXPECT_TRUE(timeline->events[1].applied);
  EXPECT_FALSE(timeline->events[2].applied);
  EXPECT_EQ(timeline->events[2].raw_status, "beamed_up");
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.shipment.delivered'"), "1");
}

TEST_F(ShippingTest, two_failed_attempts_with_equal_text_are_two) {
  const auto shipment = booked("p");
  send(report(shipment, "e1", "delivery_failed", clock.now() + seconds(1)));
  send(report(shipment, "e2", "delivery_failed", clock.now() + seconds(2)));
  apply_all();
  EXPECT_EQ(the_shipment("p").attempts, 2);
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.delivery.failed'"), "2");
}

TEST_F(ShippingTest, a_webhook_that_is_not_signed_now_by_the_carrier_changes_nothing) {
  const auto shipment = booked("p");
  const std::string body = report(shipment, "e1", "delivered", clock.now() + seconds(1));
  EXPECT_EQ(run(post(body, signature_of(body, "a guess", clock.now())))->status, 401);
  EXPECT_EQ(run(post(body, signature_of(body, secret, clock.now() - seconds(301))))->status, 401);
  EXPECT_EQ(run(post(body, signature_of(body, secret, clock.now() + seconds(301))))->status, 401);
  EXPECT_EQ(run(post(body + " ", signature_of(body, secret, clock.now())))->status, 401);
  EXPECT_EQ(run(post(body, "t=1"))->status, 401);
  EXPECT_EQ(run(post(body, ""))->status, 401);
  EXPECT_EQ(count("webhook_receipt"), "0");
  EXPECT_EQ(send("{\"not\":\"an event\"}"), 400);
  // The secret that is on its way out still signs.
  EXPECT_EQ(run(post(body, signature_of(body, "the secret before", clock.now())))->status, 200);
  apply_all();
  EXPECT_EQ(the_shipment("p").status, v1::ShipmentStatus::delivered);
}

TEST_F(ShippingTest, a_report_of_an_unknown_parcel_is_kept_and_applied_once_the_parcel_is_there) {
  auto early = booked("p");
  const std::string number = *early.tracking_number;
  early.tracking_number = "DEMO-later";
  EXPECT_EQ(send(report(early, "e1", "picked_up", clock.now())), 200);
  apply_all();
  EXPECT_EQ(count("webhook_receipt WHERE state = 'new'"), "1");
  sql("UPDATE shipment SET tracking_number = 'DEMO-later'");
  sql("UPDATE webhook_receipt SET due_at = now()");
  apply_all();
  EXPECT_EQ(the_shipment("p").status, v1::ShipmentStatus::picked_up);
  EXPECT_EQ(count("webhook_receipt WHERE state = 'done'"), "1");
}

// --- S-A6: booking ---

TEST_F(ShippingTest, a_booking_that_times_out_after_acceptance_is_found_again_not_repeated) {
  carrier->faults().accept_without_answer = 1;
  EXPECT_EQ(booked("p").status, v1::ShipmentStatus::booking);
  EXPECT_EQ(count("demo_carrier_parcel"), "1");
  sql("UPDATE shipment SET due_at = now()");
  ASSERT_TRUE(run(carrier_work.book(context("shipping"))));
  const auto shipment = the_shipment("p");
  EXPECT_EQ(shipment.status, v1::ShipmentStatus::booked);
  EXPECT_EQ(count("demo_carrier_parcel"), "1");
  EXPECT_EQ(shipment.tracking_number, value("SELECT tracking_number FROM demo_carrier_parcel"));
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.label.generated'"), "1");
}

TEST_F(ShippingTest, a_package_has_one_shipment_however_often_it_is_readied) {
  for (int i = 0; i < 3; ++i) hear(&Shipments::on_package_readied, a_package("p"));
  EXPECT_EQ(count("shipment"), "1");
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.shipment.created'"), "1");
}

TEST_F(ShippingTest, a_carrier_that_cannot_be_reached_is_asked_again_later_and_the_parcel_stays_on_record) {
  carriers.erase("demo");
  carriers.emplace("demo", std::make_unique<DemoCarrierGateway>(runtime(), [] { return std::string("http://127.0.0.1:1"); }, milliseconds(100)));
  EXPECT_EQ(booked("p").status, v1::ShipmentStatus::booking);
  for (int i = 0; i < 3; ++i) {
    sql("UPDATE shipment SET due_at = now()");
    ASSERT_TRUE(run(carrier_work.book(context("shipping"))));
  }
  EXPECT_EQ(the_shipment("p").status, v1::ShipmentStatus::booking_failed);
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.booking.failed'"), "1");
  carriers.erase("demo");
  carriers.emplace("demo", std::make_unique<DemoCarrierGateway>(runtime(), [this] { return carrier->url(); }, milliseconds(500)));
  sql("UPDATE shipment SET due_at = now()");
  ASSERT_TRUE(run(carrier_work.book(context("shipping"))));
  EXPECT_EQ(the_shipment("p").status, v1::ShipmentStatus::booked);
}

TEST_F(ShippingTest, parcels_of_a_carrier_that_is_switched_off_wait_on_record) {
  hear(&Shipments::on_package_readied, a_package("p"));
  CarrierWork without{store, database(), carriers, clock, {"demo"}};
  ASSERT_TRUE(run(without.book(context("shipping"))));
  EXPECT_EQ(value("SELECT status || tries FROM shipment"), "booking0");
}

TEST_F(ShippingTest, a_parcel_is_cancelled_before_pickup_and_called_back_after_it) {
  const auto waiting = booked("a");
  hear(&Shipments::on_package_readied, a_package("b"));
  ASSERT_TRUE(run(carrier_work.book(context("shipping"))));
  const auto moving = the_shipment("b");
  send(report(moving, "e1", "picked_up", clock.now() + seconds(1)));
  apply_all();
  EXPECT_EQ(run(api.cancel_shipment(context("order"), {.id = waiting.id, .reason = "changed my mind"}))->status, v1::ShipmentStatus::cancelled);
  EXPECT_EQ(run(api.cancel_shipment(context("order"), {.id = waiting.id, .reason = "changed my mind"}))->status, v1::ShipmentStatus::cancelled);
  EXPECT_EQ(run(api.cancel_shipment(context("order"), {.id = moving.id, .reason = "changed my mind"}))->status, v1::ShipmentStatus::picked_up);
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.shipment.cancelled'"), "1");
  ASSERT_TRUE(run(carrier_work.tell(context("shipping"))));
  EXPECT_EQ(count("shipment WHERE cancel_wanted"), "0");
  EXPECT_EQ(value("SELECT plan FROM demo_carrier_parcel WHERE tracking_number = '" + *waiting.tracking_number + "'"), "cancelled");
  send(report(moving, "e2", "delivered", clock.now() + seconds(2)));
  apply_all();
  EXPECT_EQ(run(api.cancel_shipment(context("order"), {.id = moving.id, .reason = "again"})).error().reason(), "TOO_LATE");
}

// --- S-A8, S-A12: rates and currency ---

TEST_F(ShippingTest, a_quote_is_answered_again_as_it_was_until_it_expires) {
  v1::GetRatesRequest request;
  request.parcels.push_back({.group_key = "g", .warehouse_id = Uuid::from_name("w"), .origin = {}, .weight_g = 700, .volume_mm3 = {}, .unit_count = 1});
  request.destination.country = "VN";
  request.currency = "VND";
  request.goods_value = Money(100'000, Currency::of("VND"));
  const auto quote = run(api.get_rates(context("checkout"), request));
  ASSERT_TRUE(quote) << quote.error().to_string();
  EXPECT_EQ(quote->groups.front().options.front().amount, Money(30'000, Currency::of("VND")));
  sql("UPDATE shipping_method SET body = jsonb_set(body, '{fees,0,amount}', '99000') WHERE code = 'std-vn'");
  const auto again = run(api.get_rate_quote(context("checkout"), {.quote_id = quote->quote_id}));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *quote);
  sql("UPDATE rate_quote SET expires_at = now() - interval '1 second'");
  EXPECT_EQ(run(api.get_rate_quote(context("checkout"), {.quote_id = quote->quote_id})).error().reason(), "QUOTE_EXPIRED");
  EXPECT_EQ(run(api.get_rate_quote(context("checkout"), {.quote_id = Uuid::from_name("none")})).error().reason(), "QUOTE_NOT_FOUND");
}

TEST_F(ShippingTest, a_new_shop_can_send_anything_anywhere_in_its_three_currencies) {
  for (const char* country : {"VN", "GB", "US", "FR", "DE", "AU", "JP", "BR", "IE", "ZA"}) {
    for (const char* currency : {"VND", "USD", "GBP"}) {
      for (const int weight_g : {0, 500, 40'000, 900'000'000}) {
        v1::GetRatesRequest request;
        request.parcels.push_back(
            {.group_key = "g", .warehouse_id = Uuid::from_name("w"), .origin = {}, .weight_g = weight_g, .volume_mm3 = {}, .unit_count = 1});
        request.destination.country = country;
        request.currency = currency;
        request.goods_value = Money(1, Currency::of(currency));
        request.cod = true;
        const auto quote = run(api.get_rates(context("checkout"), request));
        ASSERT_TRUE(quote) << country << currency << weight_g << quote.error().to_string();
        EXPECT_FALSE(quote->groups.front().options.empty());
      }
    }
  }
}

TEST_F(ShippingTest, an_order_in_euro_is_shipped_labelled_and_collected_in_euro) {
  const Money cod(1'234, Currency::of("EUR"));
  const auto shipment = booked("p", cod);
  EXPECT_EQ(shipment.currency, "EUR");
  EXPECT_EQ(shipment.cod, cod);
  const auto label = run(api.get_label(context("fulfillment"), {.id = shipment.id}));
  ASSERT_TRUE(label);
  EXPECT_THAT(label->content, ::testing::HasSubstr("COD 12.34 EUR"));
  auto wrong = v1::DemoCarrierEvent{.event_id = "e",
                                    .tracking_number = *shipment.tracking_number,
                                    .status = "delivered",
                                    .at = clock.now() + seconds(1),
                                    .place = {},
                                    .reason = {},
                                    .cod_collected = Money(1'234, Currency::of("USD"))};
  EXPECT_EQ(send(to_json(wrong)), 200);
  apply_all();
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.cod.collected'"), "0");
}

// --- All of it ---

TEST_F(ShippingTest, a_parcel_travels_from_the_warehouse_to_the_door_over_real_webhooks) {
  carrier->faults().sends_twice = true;
  const Money cod(220'000, Currency::of("VND"));
  const auto shipment = booked("p", cod);
  EXPECT_EQ(count("demo_carrier_parcel WHERE next_at IS NOT NULL"), "0");  // It waits for the hand-over.
  fulfillment::v1::FulfillmentShipped shipped;
  shipped.fulfillment_id = Uuid::from_name("fulfillment of p");
  hear(&Shipments::on_fulfillment_shipped, shipped);
  ASSERT_TRUE(run(carrier_work.tell(context("shipping"))));
  for (int i = 0; i < 200 && the_shipment("p").status != v1::ShipmentStatus::delivered; ++i) {
    run(runtime().sleep_for(milliseconds(20)));  // tidy-allow(test_sleeps): the carrier is another server, with a timetable of its own.
    apply_all();
  }
  EXPECT_EQ(the_shipment("p").status, v1::ShipmentStatus::delivered);
  EXPECT_EQ(the_shipment("p").cod_collected, cod);
  EXPECT_EQ(count("tracking_event WHERE is_applied"), "4");
  EXPECT_EQ(count("outbox WHERE topic = 'shipping.cod.collected'"), "1");
  for (const auto& check : definition().audit_checks) EXPECT_TRUE(sql(std::string(check.sql)).empty()) << check.invariant;
  EXPECT_EQ(sql(std::string(definition().audit_facts[1].sql)).size(), 1u);
}

TEST_F(ShippingTest, the_audit_names_a_shipment_that_stands_elsewhere_than_its_last_report) {
  const auto shipment = booked("p");
  send(report(shipment, "e1", "in_transit", clock.now() + seconds(1)));
  apply_all();
  sql("UPDATE shipment SET status = 'out_for_delivery'");
  EXPECT_EQ(sql(std::string(definition().audit_checks[1].sql)).size(), 1u);
}

TEST_F(ShippingTest, a_customer_sees_their_own_parcels_only) {
  auto event = a_package("p");
  event.customer_id = Uuid::from_name("mai");
  hear(&Shipments::on_package_readied, event);
  CallContext mai = context();
  mai.principal = Principal{.realm = Realm::customer, .id = Uuid::from_name("mai"), .session = {}, .service = {}, .permissions = {}, .acting_staff = {}};
  CallContext other = mai;
  other.principal.id = Uuid::from_name("other");
  const auto id = the_shipment("p").id;
  EXPECT_TRUE(run(api.get_shipment(mai, {.id = id})));
  EXPECT_EQ(run(api.get_shipment(other, {.id = id})).error().reason(), "SHIPMENT_NOT_FOUND");
  EXPECT_EQ(run(api.list_shipments(mai, {}))->shipments.size(), 1u);
  EXPECT_EQ(run(api.list_shipments(other, {}))->shipments.size(), 0u);
}

}  // namespace
}  // namespace emporion::shipping
