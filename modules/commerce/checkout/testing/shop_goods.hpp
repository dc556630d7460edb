#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "kernel/base/text.hpp"
#include "kernel/base/time.hpp"
#include "modules/commerce/checkout/testing/absent_neighbours.hpp"
#include "modules/commerce/checkout/testing/fake_neighbours.hpp"
#include "modules/commerce/checkout/testing/faults.hpp"

namespace emporion::checkout {

inline const Uuid the_warehouse = Uuid::from_name("the warehouse");

/// Prices in one currency, one tax rate.
class ShopPricing final : public FakePricing {
 public:
  ShopPricing(Faults& faults, const Clock& clock) : faults_(faults), clock_(clock) {}
  std::map<std::string, std::int64_t> prices;  ///< A SKU that is not named costs 65,000.
  std::int64_t tax_bp = 0;

  std::int64_t price_of(const std::string& sku) const {
    const auto told = prices.find(sku);
    return told == prices.end() ? 65'000 : told->second;
  }
  Task<Result<pricing::v1::GetBulkPricesResponse>> get_bulk_prices(CallContext, pricing::v1::GetBulkPricesRequest request) override {
    co_return faults_.pass<pricing::v1::GetBulkPricesResponse>("pricing.get_bulk_prices", [&]() -> Result<pricing::v1::GetBulkPricesResponse> {
      pricing::v1::GetBulkPricesResponse out;
      for (const auto& item : request.items) {
        auto& resolved = out.prices.emplace_back();
        resolved.sku = item.sku;
        resolved.unit_price = resolved.list_price = Money(price_of(*resolved.sku), Currency::of(request.currency));
      }
      return out;
    });
  }
  Task<Result<pricing::v1::Quote>> create_quote(CallContext, pricing::v1::CreateQuoteRequest request) override {
    co_return faults_.pass<pricing::v1::Quote>("pricing.create_quote", [&]() -> Result<pricing::v1::Quote> { return priced(request); });
  }

 private:
  pricing::v1::Quote priced(const pricing::v1::CreateQuoteRequest& request) const {
    const Currency currency = Currency::of(request.currency);
    const Money none = Money::zero(currency);
    pricing::v1::Quote out;
    out.id = Uuid::from_name(text("quote ", ++made_));
    out.currency = request.currency;
    out.totals = {none, none, request.shipping.value_or(none), request.shipping_discount.value_or(none), none, none, none};
    for (const auto& asked : request.lines) {
      pricing::v1::PricedLine line;
      line.line_id = asked.line_id;
      line.sku = asked.sku;
      line.qty = asked.qty;
      line.unit_price = line.list_price = Money(price_of(asked.sku), currency);
      line.subtotal = Money(price_of(asked.sku) * asked.qty, currency);
      line.discount = asked.discount.value_or(none);
      line.tax = Money((line.subtotal - line.discount).amount() * tax_bp / 10'000, currency);
      line.total = line.subtotal - line.discount + line.tax;
      if (tax_bp > 0) line.tax_rates.push_back({.name = "VAT", .rate = "0.15", .amount = line.tax});
      out.totals.subtotal += line.subtotal;
      out.totals.discount += line.discount;
      out.totals.tax_total += line.tax;
      out.lines.push_back(std::move(line));
    }
    out.totals.grand_total = out.totals.subtotal - out.totals.discount + out.totals.shipping - out.totals.shipping_discount + out.totals.tax_total;
    out.priced_at = clock_.now();
    out.expires_at = clock_.now() + minutes(15);
    return out;
  }

  Faults& faults_;
  const Clock& clock_;
  mutable int made_ = 0;
};

/// One warehouse. A SKU that is not named has 1,000 units.
class ShopWarehouse final : public FakeWarehouse {
 public:
  ShopWarehouse(Faults& faults, const Clock& clock) : faults_(faults), clock_(clock) {}
  std::map<std::string, std::int32_t> on_hand;
  std::optional<seconds> hot_life;  ///< All that is held is held no longer than this.

  enum class State : std::uint8_t { active, confirmed, released, expired };
  struct Hold {
    State state = State::active;
    warehouse::v1::Reservation shown;
    UtcTime created_at;
    seconds life{0};
    int releases = 0;  ///< Times that units came back by it.
    int extensions = 0;
  };
  std::map<Uuid, Hold> holds;

  std::int32_t held(const std::string& sku, std::optional<State> only = {}) const {
    std::int32_t out = 0;
    for (const auto& [id, hold] : holds) {
      const bool counts = only ? hold.state == *only : hold.state == State::active || hold.state == State::confirmed;
      for (const auto& line : hold.shown.lines) out += counts && line.sku == sku ? line.qty : 0;
    }
    return out;
  }
  std::int32_t available_of(const std::string& sku) const {
    const auto told = on_hand.find(sku);
    return (told == on_hand.end() ? 1'000 : told->second) - held(sku);
  }
  /// As its job does when a warehouse closes: all that is held goes to `to`, line by line.
  void close_down(const Uuid& to) {
    for (auto& [id, hold] : holds) {
      if (hold.state != State::active && hold.state != State::confirmed) continue;
      for (auto& line : hold.shown.lines) {
        line.warehouse_id = to;
        ++hold.shown.version;
      }
    }
    opened_in = to;
  }
  Uuid opened_in = the_warehouse;  ///< Where new units are held.
  int releases() const {
    int out = 0;
    for (const auto& [id, hold] : holds) out += hold.releases;
    return out;
  }
  /// As its sweep does.
  void expire_overdue() {
    for (auto& [id, hold] : holds) {
      if (hold.state == State::active && hold.shown.expires_at && *hold.shown.expires_at <= clock_.now()) end(hold, State::expired);
    }
  }

  Task<Result<warehouse::v1::BatchStockResponse>> batch_stock(CallContext, warehouse::v1::BatchStockRequest request) override {
    co_return faults_.pass<warehouse::v1::BatchStockResponse>("warehouse.batch_stock", [&]() -> Result<warehouse::v1::BatchStockResponse> {
      warehouse::v1::BatchStockResponse out;
      for (const auto& sku : request.skus) {
        auto& level = out.stock.emplace_back();
        level.sku = sku;
        level.available = available_of(sku);
        level.status = level.available > 0 ? warehouse::v1::StockStatus::in_stock : warehouse::v1::StockStatus::out;
      }
      return out;
    });
  }
  Task<Result<warehouse::v1::AllocationPlan>> plan_allocation(CallContext, warehouse::v1::PlanAllocationRequest request) override {
    warehouse::v1::AllocationPlan out;
    auto& parcel = out.parcels.emplace_back();
    parcel.warehouse_id = the_warehouse;
    for (const auto& line : request.lines) parcel.lines.push_back({.line_no = line.line_no, .sku = line.sku, .qty = line.qty});
    co_return out;
  }
  Task<Result<warehouse::v1::Reservation>> reserve(CallContext, warehouse::v1::ReserveRequest request) override {
    co_return faults_.pass<warehouse::v1::Reservation>("warehouse.reserve", [this, request] { return hold(request); });
  }
  Task<Result<warehouse::v1::Reservation>> get_reservation(CallContext, warehouse::v1::GetReservationRequest request) override {
    co_return faults_.pass<warehouse::v1::Reservation>("warehouse.get_reservation", [&]() -> Result<warehouse::v1::Reservation> {
      const auto found = holds.find(request.id);
      if (found == holds.end()) return fail(ErrorKind::not_found, "RESERVATION_NOT_FOUND", "");
      return found->second.shown;
    });
  }
  Task<Result<warehouse::v1::Reservation>> extend_reservation(CallContext, warehouse::v1::ExtendReservationRequest request) override {
    co_return faults_.pass<warehouse::v1::Reservation>("warehouse.extend_reservation", [this, request]() -> Result<warehouse::v1::Reservation> {
      auto& hold = holds[request.id];
      if (hold.state != State::active) return fail(ErrorKind::conflict, "RESERVATION_EXPIRED", "");
      const UtcTime until = std::min(request.expires_at, hold.created_at + 2 * hold.life);
      if (until > *hold.shown.expires_at) hold.shown.expires_at = until;
      ++hold.extensions;
      ++hold.shown.version;
      return hold.shown;
    });
  }
  Task<Result<warehouse::v1::Reservation>> confirm_reservation(CallContext, warehouse::v1::ConfirmReservationRequest request) override {
    co_return faults_.pass<warehouse::v1::Reservation>("warehouse.confirm_reservation", [this, request]() -> Result<warehouse::v1::Reservation> {
      auto& hold = holds[request.id];
      if (hold.state == State::expired) return fail(ErrorKind::conflict, "RESERVATION_EXPIRED", "");
      if (hold.state == State::released) return fail(ErrorKind::conflict, "RESERVATION_STATE", "");
      if (hold.state == State::active) ++hold.shown.version;
      hold.state = State::confirmed;
      hold.shown.order_id = request.order_id;
      hold.shown.expires_at.reset();
      return hold.shown;
    });
  }
  Task<Result<warehouse::v1::ReleaseReservationResponse>> release_reservation(CallContext, warehouse::v1::ReleaseReservationRequest request) override {
    co_return faults_.pass<warehouse::v1::ReleaseReservationResponse>("warehouse.release_reservation",
                                                                      [this, request]() -> Result<warehouse::v1::ReleaseReservationResponse> {
                                                                        const bool is_known = holds.contains(request.reservation_id);
                                                                        auto& hold = holds[request.reservation_id];
                                                                        if (!is_known) hold.state = State::released;  // A tombstone.
                                                                        if (hold.state == State::active || hold.state == State::confirmed)
                                                                          end(hold, State::released);
                                                                        return warehouse::v1::ReleaseReservationResponse{};
                                                                      });
  }

 private:
  static void end(Hold& hold, State how) {
    hold.state = how;
    ++hold.releases;
  }
  Result<warehouse::v1::Reservation> hold(const warehouse::v1::ReserveRequest& request) {
    if (const auto found = holds.find(request.reservation_id); found != holds.end()) {
      if (found->second.state == State::released) return fail(ErrorKind::conflict, "RESERVATION_STATE", "it was released before");
      return found->second.shown;
    }
    std::string items;
    for (const auto& line : request.lines) {
      if (available_of(line.sku) < line.qty)
        items = text(R"([{"sku":")", line.sku, R"(","requested":)", line.qty, R"(,"available":)", available_of(line.sku), "}]");
    }
    if (!items.empty()) return fail(Error(ErrorKind::conflict, "INSUFFICIENT_STOCK", "").with_json("items", items));
    Hold made;
    made.created_at = clock_.now();
    made.life = std::min(seconds(request.ttl_seconds.value_or(900)), hot_life.value_or(hours(48)));
    made.shown.id = request.reservation_id;
    made.shown.version = 1;
    made.shown.reference_id = request.reference_id;
    made.shown.expires_at = clock_.now() + made.life;
    for (const auto& line : request.lines) made.shown.lines.push_back({.line_no = line.line_no, .sku = line.sku, .warehouse_id = opened_in, .qty = line.qty});
    return (holds[request.reservation_id] = made).shown;
  }

  Faults& faults_;
  const Clock& clock_;
};

class ShopShipping final : public AbsentShipping {
 public:
  ShopShipping(Faults& faults, const Clock& clock) : faults_(faults), clock_(clock) {}
  std::int64_t fee = 30'000;

  Task<Result<shipping::v1::RateQuote>> get_rates(CallContext, shipping::v1::GetRatesRequest request) override {
    co_return faults_.pass<shipping::v1::RateQuote>("shipping.get_rates", [&]() -> Result<shipping::v1::RateQuote> {
      shipping::v1::RateQuote out;
      out.quote_id = Uuid::from_name("rates");
      out.expires_at = clock_.now() + minutes(30);
      for (const auto& parcel : request.parcels) {
        auto& group = out.groups.emplace_back();
        group.group_key = parcel.group_key;
        group.warehouse_id = parcel.warehouse_id;
        group.options.push_back({.method_id = "standard",
                                 .name = "Standard",
                                 .service_level = shipping::v1::ServiceLevel::standard,
                                 .amount = Money(fee, Currency::of(request.currency)),
                                 .min_days = 2,
                                 .max_days = 4,
                                 .cod_allowed = true});
      }
      return out;
    });
  }

 private:
  Faults& faults_;
  const Clock& clock_;
};

class ShopLocation final : public AbsentLocation {
 public:
  Task<Result<location::v1::ValidateAddressResponse>> validate_address(CallContext, location::v1::ValidateAddressRequest request) override {
    co_return location::v1::ValidateAddressResponse{.valid = true, .normalised = request.address};
  }
};

}  // namespace emporion::checkout
