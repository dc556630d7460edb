#pragma once

#include <string>
#include <vector>

#include "kernel/postgres/rows.hpp"
#include "modules/logistics/shipping/app/shipment.hpp"

// The columns of `shipment` in the order that `shipment_of` reads.
#define EMP_SHIPMENT_COLUMNS                                                                                                                                \
  "id, number, direction, order_id, order_number, fulfillment_id, package_id, warehouse_id, customer_id, payment_id, carrier, service_level, quote_id, "    \
  "weight_g, "                                                                                                                                              \
  "length_mm, width_mm, height_mm, billed_weight_g, items, currency, cod_minor, created_at, trace, address, tracking_number, status, status_at, attempts, " \
  "dispatched_at, delivered_at, cod_collected_minor, version, tries, due_at, handed_over_at, told_handover, cancel_wanted"

namespace emporion::shipping {

Shipment shipment_of(const postgres::Row& row);
std::vector<Shipment> shipments_of(const postgres::Rows& rows);
std::string items_json(const std::vector<v1::ShipmentItem>& items);

}  // namespace emporion::shipping
