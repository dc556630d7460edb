#include "modules/commerce/checkout/app/place_order/basis.hpp"

namespace emporion::checkout {
namespace {

constexpr std::size_t kept_max = 512;  // Sagas that wait for a payment are read again when they wake.

}  // namespace

Task<Result<PlacementBasis::View>> PlacementBasis::read(Uuid saga, Uuid session, Owner owner) {
  EMP_CO_ASSIGN(auto view, co_await sessions_.view(session, std::move(owner)));
  auto kept = std::make_shared<const SessionView>(std::move(view));
  if (kept_.insert_or_assign(saga, kept).second) order_.push_back(saga);
  while (order_.size() > kept_max) {
    forget(order_.front());
    order_.pop_front();
  }
  co_return kept;
}

Task<Result<PlacementBasis::View>> PlacementBasis::of(Uuid saga, Uuid session, Uuid quote, Owner owner) {
  const auto found = kept_.find(saga);
  if (found != kept_.end() && found->second->quote && found->second->quote->id == quote) co_return found->second;
  co_return co_await read(saga, session, std::move(owner));
}

void PlacementBasis::keep(Uuid saga, warehouse::v1::Reservation held) {
  if (kept_.contains(saga)) held_.insert_or_assign(saga, std::move(held));
}

std::optional<warehouse::v1::Reservation> PlacementBasis::reservation(Uuid saga, Uuid id) const {
  const auto found = held_.find(saga);
  return found != held_.end() && found->second.id == id ? std::optional(found->second) : std::nullopt;
}

void PlacementBasis::forget(Uuid saga) {
  kept_.erase(saga);
  held_.erase(saga);
}

}  // namespace emporion::checkout
