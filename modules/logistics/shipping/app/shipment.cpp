#include "modules/logistics/shipping/app/shipment.hpp"

namespace emporion::shipping {

v1::ShipmentStatus to_contract(Status status) noexcept { return static_cast<v1::ShipmentStatus>(static_cast<int>(status) + 1); }
Status from_contract(v1::ShipmentStatus status) noexcept { return static_cast<Status>(static_cast<int>(status) - 1); }

v1::Shipment to_contract(const Shipment& s) {
  v1::Shipment out;
  out.id = s.id;
  out.number = s.number;
  out.direction = s.direction;
  out.order_id = s.order_id;
  out.fulfillment_id = s.fulfillment_id;
  out.package_id = s.package_id;
  out.warehouse_id = s.warehouse_id;
  out.customer_id = s.customer_id;
  out.carrier = s.carrier;
  out.service_level = s.service_level;
  out.quote_id = s.quote_id;
  out.tracking_number = s.tracking_number;
  out.status = to_contract(s.progress.status);
  out.status_at = s.progress.status_at;
  out.weight_g = s.weight_g;
  out.billed_weight_g = s.billed_weight_g;
  out.to = s.to;
  out.currency = s.currency.to_string();
  out.cod = s.cod();
  if (s.cod_collected_minor) out.cod_collected = Money(*s.cod_collected_minor, s.currency);
  out.attempts = s.progress.attempts;
  out.items = s.items;
  out.delivered_at = s.progress.delivered_at;
  out.version = s.version;
  out.created_at = s.created_at;
  return out;
}

void complete_new(Shipment& shipment, UtcTime now) {
  const std::int64_t volume =
      shipment.length_mm && shipment.width_mm && shipment.height_mm ? std::int64_t{*shipment.length_mm} * *shipment.width_mm * *shipment.height_mm : 0;
  shipment.billed_weight_g = static_cast<std::int32_t>(billed_weight_g(shipment.weight_g, volume));
  shipment.progress = Progress{.status = Status::booking, .status_at = now, .attempts = 0, .dispatched_at = {}, .delivered_at = {}};
  shipment.created_at = now;
  shipment.due_at = now;
}

}  // namespace emporion::shipping
