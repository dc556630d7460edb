#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "modules/commerce/checkout/app/place_order/state.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// What the sagas under way here make their orders from: session, cart, quote, parcels and reservation, read once per saga instead of once per step.
///
/// Sound because nobody but the saga changes them: its cart is locked and its session is not open. What the saga changes, it changes by another quote, and a
/// view of another quote than the state names is read again; a reservation is the saga's only at
/// the version that its state keeps. Whoever moves units makes another version, which their binding shows (ADR 0037).
/// Lives in one process and is only a copy: a saga that goes on elsewhere reads its own.
class PlacementBasis {
 public:
  using View = std::shared_ptr<const SessionView>;

  explicit PlacementBasis(SessionStore& sessions) : sessions_(sessions) {}

  /// As it stands now. Errors: those of SessionStore::view.
  Task<Result<View>> read(Uuid saga, Uuid session, Owner owner);
  /// As it was read for `quote`, from memory if it is still there. Errors: as `read`.
  Task<Result<View>> of(Uuid saga, Uuid session, Uuid quote, Owner owner);
  void keep(Uuid saga, warehouse::v1::Reservation held);
  /// The reservation `id` of the saga if it was kept here.
  std::optional<warehouse::v1::Reservation> reservation(Uuid saga, Uuid id) const;
  void forget(Uuid saga);

 private:
  SessionStore& sessions_;
  std::unordered_map<Uuid, View> kept_;
  std::unordered_map<Uuid, warehouse::v1::Reservation> held_;  ///< Of sagas in `kept_`.
  std::deque<Uuid> order_;                                     ///< Oldest first; may name what was forgotten.
};

}  // namespace emporion::checkout
