#include "modules/logistics/warehouse/app/options.hpp"

#include <algorithm>

namespace emporion::warehouse {
namespace {

seconds in_seconds(microseconds span) { return std::chrono::duration_cast<seconds>(span); }

}  // namespace

Options Options::read(const config::Settings& settings) {
  Options out;
  if (settings.string("warehouse.profile", "retail") == "wholesale") {
    out.lines_max = 2'000;
    out.qty_max = 100'000;
    out.active_reservations_max = 1'000'000;
  }
  out.lines_max = static_cast<std::int32_t>(settings.integer("warehouse.lines_max", out.lines_max, 1, 2'000));
  out.qty_max = static_cast<std::int32_t>(settings.integer("warehouse.qty_max", out.qty_max, 1, 100'000));
  out.active_reservations_max = static_cast<std::int32_t>(settings.integer("warehouse.active_reservations_max", out.active_reservations_max, 1, 1'000'000));
  out.freight_base_minor = settings.integer("warehouse.freight_base_minor", out.freight_base_minor, 0, 1'000'000'000);
  out.freight_per_km_minor = settings.integer("warehouse.freight_per_km_minor", out.freight_per_km_minor, 0, 1'000'000);
  out.offline_wait = in_seconds(settings.span("warehouse.offline_wait_s", out.offline_wait));
  out.evacuate_every = std::max(seconds(1), in_seconds(settings.span("warehouse.evacuate_every_s", out.evacuate_every)));
  out.hold.unasked = in_seconds(settings.span("warehouse.hold_unasked_s", out.hold.unasked));
  out.hold.ceiling = in_seconds(settings.span("warehouse.hold_ceiling_s", out.hold.ceiling));
  out.hold.ceiling_bank_transfer = in_seconds(settings.span("warehouse.hold_ceiling_bank_transfer_s", out.hold.ceiling_bank_transfer));
  out.hold.ceiling_hot = in_seconds(settings.span("warehouse.hold_ceiling_hot_s", out.hold.ceiling_hot));
  return out;
}

}  // namespace emporion::warehouse
