#pragma once

#include <vector>

#include "contracts/logistics/fulfillment/v1/fulfillment_events.hpp"
#include "kernel/messaging/outbox.hpp"
#include "modules/logistics/fulfillment/app/fulfillment.hpp"

namespace emporion::fulfillment {

// What the two files of Fulfillment share: fulfillment.cpp, its life and its picking, and fulfillment_packages.cpp, its parcels.

inline std::int32_t open_of(const v1::FulfillmentItem& item) { return item.qty - item.picked - item.short_qty - item.cancelled; }

inline bool is_live(const v1::Package& package) { return package.status != v1::PackageStatus::cancelled; }

template <typename Event>
void Fulfillment::add(const Event& event) {
  events_.push_back(messaging::outbox_row(event, view.id, ++view.version, trace));
  is_dirty_ = true;
}

template <typename Count>
auto Fulfillment::facts_of(Count count) const {
  std::vector<v1::FulfillmentItemFact> out;
  for (const auto& item : view.items) {
    if (const std::int32_t qty = count(item); qty > 0) out.push_back({.line = item.order_line, .sku = item.sku, .qty = qty});
  }
  return out;
}

}  // namespace emporion::fulfillment
