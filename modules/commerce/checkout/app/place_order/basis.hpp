#pragma once

#include <deque>
#include <memory>
#include <unordered_map>

#include "modules/commerce/checkout/app/place_order/state.hpp"
#include "modules/commerce/checkout/app/ports.hpp"

namespace emporion::checkout {

/// What the sagas under way here make their orders from: session, cart, quote and parcels, read once per saga instead of once per step.
///
/// Sound because nobody but the saga changes them: its cart is locked and its session is not open. What the saga changes, it changes by another quote, and a
/// view of another quote than the state names is read again. Lives in one process and is only a copy: a saga that goes on elsewhere reads its own.
class PlacementBasis {
 public:
  using View = std::shared_ptr<const SessionView>;

  explicit PlacementBasis(SessionStore& sessions) : sessions_(sessions) {}

  /// As it stands now. Errors: those of SessionStore::view.
  Task<Result<View>> read(Uuid saga, Uuid session, Owner owner);
  /// As it was read for `quote`, from memory if it is still there. Errors: as `read`.
  Task<Result<View>> of(Uuid saga, Uuid session, Uuid quote, Owner owner);
  void forget(Uuid saga);

 private:
  SessionStore& sessions_;
  std::unordered_map<Uuid, View> kept_;
  std::deque<Uuid> order_;  ///< Oldest first; may name what was forgotten.
};

}  // namespace emporion::checkout
