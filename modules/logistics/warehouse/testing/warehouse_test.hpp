#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "kernel/base/text.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/logistics/warehouse/adapters/postgres_stores.hpp"
#include "modules/logistics/warehouse/api/audit.hpp"
#include "modules/logistics/warehouse/app/event_handlers.hpp"
#include "modules/logistics/warehouse/app/service.hpp"
#include "modules/logistics/warehouse/app/upkeep.hpp"

namespace emporion::warehouse {

std::span<const postgres::Migration> migrations();

/// The module over a real database, with builders in the words of the business. At the end of each test the module's own audit must be clean.
class WarehouseTest : public testing::PostgresTest {
 protected:
  explicit WarehouseTest(Options options = {})
      : PostgresTest("warehouse", migrations()),
        stores_{postgres_warehouse_store(database()), postgres_stock_store(database()), postgres_receipt_store(database()),
                postgres_reservation_store(database())},
        service_(runtime(), stores_, clock_, random_, options),
        handlers_(*stores_.reservations),
        upkeep_(stores_, options) {}
  ~WarehouseTest() override { run(service_.close()); }

  void TearDown() override { expect_clean_audit(); }

  WarehouseService& api() { return service_; }
  Stores& stores() { return stores_; }
  Upkeep& upkeep() { return upkeep_; }
  EventHandlers& handlers() { return handlers_; }

  const Clock& clock() const { return clock_; }
  Uuid new_id() { return Uuid::v7(clock_.now(), random_); }
  CallContext caller() { return context("checkout"); }

  /// An active warehouse that delivers everywhere.
  Uuid a_warehouse(const std::string& code, std::int32_t priority = 100) {
    v1::CreateWarehouseRequest request{.code = code, .name = code, .type = v1::WarehouseType::fulfillment, .priority = priority};
    request.id = new_id();
    request.address = {.country = "VN", .city = "Ha Noi", .line1 = "1 Trang Tien"};
    request.handling_cost = Money(0, Currency::of("VND"));
    request.pick_cost = Money(0, Currency::of("VND"));
    const auto made = run(api().create_warehouse(caller(), request));
    EXPECT_TRUE(made) << made.error().to_string();
    EXPECT_TRUE(run(api().put_coverage(caller(), {*request.id, {{Uuid::from_name("VN"), {}, 24}}})));
    EXPECT_TRUE(run(api().activate_warehouse(caller(), {*request.id, {}})));
    return *request.id;
  }

  void receive(Uuid warehouse, const std::vector<std::pair<std::string, std::int32_t>>& units) {
    v1::CreateReceiptRequest request{.warehouse_id = warehouse, .kind = v1::ReceiptKind::opening, .reference = new_id().to_string(), .put_away = true};
    for (const auto& [sku, qty] : units) request.lines.push_back({.sku = sku, .expected = qty});
    const auto made = run(api().create_receipt(caller(), request));
    ASSERT_TRUE(made) << made.error().to_string();
  }

  /// A checkout's reserve request that is to be planned.
  v1::ReserveRequest a_request(const std::vector<std::pair<std::string, std::int32_t>>& units) {
    v1::ReserveRequest request;
    request.reservation_id = new_id();
    request.reference = v1::ReservationReference::checkout;
    request.reference_id = new_id();
    request.attempt = 1;
    request.customer_id = new_id();
    request.payment_method = v1::ReservationPaymentMethod::card;
    std::int32_t number = 0;
    for (const auto& [sku, qty] : units) request.lines.push_back({++number, sku, qty, {}});
    request.plan = v1::ReservePlan{.destination = {.country = "VN"}};
    return request;
  }
  v1::ReserveRequest a_request_at(Uuid warehouse, const std::vector<std::pair<std::string, std::int32_t>>& units) {
    auto request = a_request(units);
    for (auto& line : request.lines) line.warehouse_id = warehouse;
    request.plan.reset();
    return request;
  }

  Result<v1::Reservation> reserve(const v1::ReserveRequest& request) { return run(api().reserve(caller(), request)); }
  Result<v1::Reservation> confirm(Uuid reservation, Uuid order) { return run(api().confirm_reservation(caller(), {reservation, order})); }
  Result<v1::ReleaseReservationResponse> release(Uuid reservation) { return run(api().release_reservation(caller(), {reservation, {}, "test", {}})); }
  Result<v1::Reservation> stored(Uuid reservation) { return run(api().get_reservation(caller(), {reservation})); }
  /// A confirmed reservation.
  v1::Reservation a_confirmed(const std::vector<std::pair<std::string, std::int32_t>>& units, Uuid order) {
    const auto held = reserve(a_request(units));
    EXPECT_TRUE(held) << held.error().to_string();
    const auto bound = confirm(held->id, order);
    EXPECT_TRUE(bound) << bound.error().to_string();
    return *bound;
  }

  /// "on_hand/reserved/picked" of a pair.
  std::string stock(Uuid warehouse, const std::string& sku) {
    return value(text("SELECT on_hand || '/' || reserved || '/' || picked FROM stock WHERE warehouse_id = '", warehouse, "' AND sku = '", sku, "'"));
  }
  std::int64_t count(const std::string& from) { return std::stoll(value("SELECT count(*) FROM " + from)); }
  void make_overdue(Uuid reservation) {
    sql(text("UPDATE reservation SET created_at = created_at - interval '1 day', expires_at = expires_at - interval '1 day' WHERE id = '", reservation, "'"));
  }

  void expect_clean_audit() {
    for (const auto& check : audit_checks()) {
      for (const auto& row : sql(std::string(check.sql))) ADD_FAILURE() << check.invariant << ": " << *row[0] << ": " << *row[1];
    }
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  Stores stores_;
  WarehouseService service_;
  EventHandlers handlers_;
  Upkeep upkeep_;
};

}  // namespace emporion::warehouse
