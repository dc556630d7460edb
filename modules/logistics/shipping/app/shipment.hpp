#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/logistics/shipping/v1/shipping_api.hpp"
#include "kernel/base/uuid.hpp"
#include "modules/logistics/shipping/domain/tracking.hpp"

namespace emporion::shipping {

/// One parcel. What does not change once it is on record comes first.
struct Shipment {
  Uuid id;
  std::string number;
  v1::ShipmentDirection direction = v1::ShipmentDirection::outbound;
  Uuid order_id;
  std::string order_number;
  std::optional<Uuid> fulfillment_id;
  Uuid package_id;
  Uuid warehouse_id;
  std::optional<Uuid> customer_id;
  std::optional<Uuid> payment_id;
  std::string carrier;
  v1::ServiceLevel service_level = v1::ServiceLevel::standard;
  std::optional<Uuid> quote_id;
  std::int32_t weight_g = 0;
  std::optional<std::int32_t> length_mm, width_mm, height_mm;
  std::int32_t billed_weight_g = 0;
  std::vector<v1::ShipmentItem> items;
  Currency currency;
  std::optional<std::int64_t> cod_minor;
  UtcTime created_at;
  Uuid trace;

  v1::Address to;
  std::optional<std::string> tracking_number;
  Progress progress;
  std::optional<std::int64_t> cod_collected_minor;
  std::int64_t version = 1;
  std::int32_t tries = 0;         ///< Of the booking.
  std::optional<UtcTime> due_at;  ///< Of the next try.
  std::optional<UtcTime> handed_over_at;
  bool told_handover = false;
  bool cancel_wanted = false;  ///< The carrier is yet to be told.

  std::optional<Money> cod() const { return cod_minor ? std::optional(Money(*cod_minor, currency)) : std::nullopt; }
};

v1::ShipmentStatus to_contract(Status status) noexcept;
Status from_contract(v1::ShipmentStatus status) noexcept;
v1::Shipment to_contract(const Shipment& shipment);

/// Fills what follows from the rest: billed weight, first status.
void complete_new(Shipment& shipment, UtcTime now);

/// One line of a shipment's timeline, as it is stored.
struct TimelineRow {
  Uuid shipment_id;
  std::string carrier;
  std::string dedupe_key;
  std::string raw_status;
  std::optional<Status> status;
  UtcTime at;
  UtcTime received_at;
  std::optional<std::string> place;
  std::optional<std::string> reason;
  bool is_applied = false;
};

}  // namespace emporion::shipping
