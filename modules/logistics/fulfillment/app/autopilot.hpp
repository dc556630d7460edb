#pragma once

#include "modules/logistics/fulfillment/app/picking.hpp"
#include "modules/logistics/fulfillment/app/store.hpp"

namespace emporion::fulfillment {

/// A warehouse without people: takes every fulfillment that no worker has taken through the same steps, 64 at a time in two transactions around the calls to
/// Warehouse. For demonstrations and replays; set fulfillment.autopilot.
class Autopilot {
 public:
  /// `unit_weight_g`: of goods whose weight nobody told.
  Autopilot(FulfillmentStore& store, Picking& picking, postgres::Database& database, std::int64_t unit_weight_g)
      : store_(store), picking_(picking), database_(database), unit_weight_g_(unit_weight_g) {}

  /// Job. Answers once there is nothing to do, or nothing can be done.
  Task<Result<>> run(CallContext context);

 private:
  struct Pick {
    Uuid fulfillment_id;
    Uuid reservation_id;
    Uuid warehouse_id;
    std::vector<Scan> scans;
  };
  /// Answers how many got further.
  Task<Result<int>> pick_and_pack(CallContext context);
  Task<Result<int>> hand_over(CallContext context);
  Task<Result<std::vector<Pick>>> start_picking(CallContext context, std::vector<FulfillmentStore::Waiting> waiting);
  Task<Result<>> tell(CallContext context, Pick pick);
  Result<> pack(Fulfillment& fulfillment) const;

  FulfillmentStore& store_;
  Picking& picking_;
  postgres::Database& database_;
  std::int64_t unit_weight_g_;
};

}  // namespace emporion::fulfillment
