#include "modules/logistics/shipping/app/events.hpp"

#include "contracts/logistics/shipping/v1/shipping_events.hpp"
#include "kernel/base/text.hpp"
#include "kernel/messaging/outbox.hpp"

namespace emporion::shipping {
namespace {

/// The members that all events of a shipment share.
template <typename Event>
Event about(const Shipment& s) {
  Event event{};
  event.shipment_id = s.id;
  event.order_id = s.order_id;
  event.fulfillment_id = s.fulfillment_id;
  event.package_id = s.package_id;
  event.direction = std::string(to_string(s.direction));
  event.carrier = s.carrier;
  event.tracking_number = s.tracking_number;
  if constexpr (requires { event.items; }) {
    event.warehouse_id = s.warehouse_id;
    for (const auto& item : s.items) event.items.push_back({.line = item.order_line, .sku = item.sku, .qty = item.qty});
  }
  return event;
}

}  // namespace

template <typename Event>
void EventWriter::add(Shipment& shipment, const Event& event) {
  rows_.push_back(messaging::outbox_row(event, shipment.id, ++shipment.version, shipment.trace));
}

void EventWriter::created(Shipment& s) { add(s, about<v1::ShipmentCreated>(s)); }

void EventWriter::booked(Shipment& s) {
  add(s, about<v1::ShipmentBooked>(s));
  auto label = about<v1::LabelGenerated>(s);
  label.file_id = text("shipments/", s.id, "/label");
  add(s, label);
}

void EventWriter::booking_failed(Shipment& s, std::string reason) {
  auto event = about<v1::BookingFailed>(s);
  event.reason = std::move(reason);
  add(s, event);
}

void EventWriter::cancelled(Shipment& s, std::string reason) {
  auto event = about<v1::ShipmentCancelled>(s);
  event.reason = std::move(reason);
  add(s, event);
}

void EventWriter::corrected(Shipment& s, Status from, Uuid by, std::string reason) {
  add(s, v1::StatusCorrected{.shipment_id = s.id,
                             .order_id = s.order_id,
                             .from = std::string(to_string(from)),
                             .to = std::string(to_string(s.progress.status)),
                             .by = by,
                             .reason = std::move(reason)});
}

void EventWriter::cod_collected(Shipment& s, Money amount) {
  auto event = about<v1::CodCollected>(s);
  event.amount = amount;
  event.payment_id = s.payment_id;
  event.expected = *s.cod();
  add(s, event);
}

void EventWriter::moved(Shipment& s, bool was_dispatched, const std::optional<std::string>& place, const std::optional<std::string>& reason) {
  if (!was_dispatched && s.progress.dispatched_at) {
    auto event = about<v1::ShipmentDispatched>(s);
    event.dispatched_at = *s.progress.dispatched_at;
    add(s, event);
  }
  switch (s.progress.status) {
    case Status::picked_up:
    case Status::in_transit:
    case Status::out_for_delivery: {
      auto event = about<v1::TrackingUpdated>(s);
      event.status = std::string(to_string(s.progress.status));
      event.place = place;
      event.at = s.progress.status_at;
      return add(s, event);
    }
    case Status::delivered: {
      auto event = about<v1::ShipmentDelivered>(s);
      event.delivered_at = *s.progress.delivered_at;
      return add(s, event);
    }
    case Status::delivery_failed: {
      auto event = about<v1::DeliveryFailed>(s);
      event.attempt = s.progress.attempts;
      event.reason = reason;
      return add(s, event);
    }
    case Status::returning: return add(s, about<v1::ReturnToSenderStarted>(s));
    case Status::returned: {
      auto event = about<v1::ShipmentReturnedToSender>(s);
      event.cod = s.cod();
      return add(s, event);
    }
    case Status::lost: return add(s, about<v1::ShipmentLost>(s));
    case Status::damaged: return add(s, about<v1::ShipmentDamaged>(s));
    case Status::cancelled: return cancelled(s, reason.value_or("cancelled by the carrier"));
    case Status::draft:
    case Status::booking:
    case Status::booking_failed:
    case Status::booked: return;
  }
}

}  // namespace emporion::shipping
