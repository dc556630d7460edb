#pragma once

#include "kernel/module/jobs.hpp"
#include "modules/logistics/warehouse/app/options.hpp"
#include "modules/logistics/warehouse/app/stores.hpp"

namespace emporion::warehouse {

/// The periodic work of the module.
class Upkeep {
 public:
  Upkeep(Stores& stores, Options options) : stores_(stores), options_(options) {}
  void schedule(Jobs& jobs);

  /// Expires overdue reservations, 200 a pass, until none is left.
  Task<Result<>> sweep(CallContext context);
  /// Moves open lines out of warehouses that drain or are offline, oldest order first, one reservation at a time.
  Task<Result<>> evacuate(CallContext context);
  /// Tells again of SKUs that ran out or came back where two writers at once missed each other.
  Task<Result<>> retell_depletion(CallContext context);
  Task<Result<>> tell_low_stock(CallContext context);

 private:
  Stores& stores_;
  Options options_;
};

}  // namespace emporion::warehouse
