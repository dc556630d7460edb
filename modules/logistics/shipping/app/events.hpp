#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/postgres/database.hpp"
#include "modules/logistics/shipping/app/shipment.hpp"

namespace emporion::shipping {

/// The outbox rows of what happened to a shipment. Each takes a version of its own, so that its place in the order is plain.
class EventWriter {
 public:
  void created(Shipment& shipment);
  void booked(Shipment& shipment);
  void booking_failed(Shipment& shipment, std::string reason);
  void cancelled(Shipment& shipment, std::string reason);
  void corrected(Shipment& shipment, Status from, Uuid by, std::string reason);
  /// The outcome of a report that moved the shipment; `was_dispatched` is how it was before.
  void moved(Shipment& shipment, bool was_dispatched, const std::optional<std::string>& place, const std::optional<std::string>& reason);
  void cod_collected(Shipment& shipment, Money amount);

  std::vector<postgres::Bound> take() { return std::exchange(rows_, {}); }

 private:
  template <typename Event>
  void add(Shipment& shipment, const Event& event);
  std::vector<postgres::Bound> rows_;
};

}  // namespace emporion::shipping
