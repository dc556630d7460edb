#pragma once

#include "kernel/base/time.hpp"
#include "kernel/config/settings.hpp"
#include "modules/logistics/warehouse/domain/hold.hpp"

namespace emporion::warehouse {

/// What an operator may set, under `warehouse.` in the settings. `warehouse.profile` = wholesale raises the three limits, which may also be set singly.
struct Options {
  std::int32_t lines_max = 100;
  std::int32_t qty_max = 9'999;
  std::int32_t active_reservations_max = 3;  ///< Of checkouts, per customer or guest. 100,000 and more: not counted.
  std::int64_t freight_base_minor = 0;
  std::int64_t freight_per_km_minor = 0;
  seconds offline_wait{15 * 60};
  seconds evacuate_every{10};  ///< How often what is held in a warehouse that drains or is offline is moved.
  HoldPolicy hold;

  static Options read(const config::Settings& settings);
};

}  // namespace emporion::warehouse
