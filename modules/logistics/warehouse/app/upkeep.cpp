#include "modules/logistics/warehouse/app/upkeep.hpp"

#include "kernel/observe/metrics.hpp"

namespace emporion::warehouse {

void Upkeep::schedule(Jobs& jobs) {
  jobs.every("warehouse.sweep", seconds(5), this, &Upkeep::sweep);
  jobs.every("warehouse.evacuate", options_.evacuate_every, this, &Upkeep::evacuate);
  jobs.every("warehouse.low_stock", minutes(1), this, &Upkeep::tell_low_stock);
  jobs.every("warehouse.retell_depletion", hours(1), this, &Upkeep::retell_depletion);
}

Task<Result<>> Upkeep::sweep(CallContext context) {
  constexpr std::int32_t pass = 200;
  for (;;) {
    EMP_CO_ASSIGN(const auto expired, co_await stores_.reservations->expire(pass, std::nullopt, context.trace));
    observe::counter("emporion_warehouse_reservations_expired_total", "Reservations that nobody confirmed in time.")
        .increment(static_cast<std::uint64_t>(expired));
    if (expired < pass) co_return Result<>();
  }
}

Task<Result<>> Upkeep::evacuate(CallContext context) {
  constexpr std::int32_t pass = 200;
  for (;;) {
    EMP_CO_ASSIGN(const auto stranded, co_await stores_.reservations->stranded(options_.offline_wait, pass));
    for (const auto& [reservation, warehouse] : stranded) {
      EMP_CO_TRY(co_await stores_.reservations->evacuate(reservation, warehouse, context.trace));
    }
    if (stranded.size() < static_cast<std::size_t>(pass)) co_return Result<>();
  }
}

Task<Result<>> Upkeep::retell_depletion(CallContext context) { return stores_.stock->retell_depletion(context.trace); }

Task<Result<>> Upkeep::tell_low_stock(CallContext context) { return stores_.stock->tell_low_stock(context.trace); }

}  // namespace emporion::warehouse
