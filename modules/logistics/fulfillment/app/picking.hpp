#pragma once

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/rpc/calls.hpp"
#include "modules/logistics/fulfillment/app/store.hpp"

namespace emporion::fulfillment {

/// Scans of pickers and what Warehouse is told of them: recorded and committed first, then told, then done; a refusal takes the scan back.
class Picking {
 public:
  Picking(FulfillmentStore& store, postgres::Database& database, const Calls& calls) : store_(store), database_(database), calls_(calls) {}

  Task<Result<v1::Picklist>> confirm_item(CallContext context, v1::ConfirmPickItemRequest request);
  /// Job: tells Warehouse of scans whose teller died.
  Task<Result<>> finish_stale(CallContext context);

  /// Picks, and shorts what is missing. Safe to repeat.
  Task<Result<>> tell_warehouse(CallContext context, Uuid reservation_id, Uuid warehouse_id, std::vector<Scan> scans, std::string step);

 private:
  Task<Result<v1::Picklist>> settle(CallContext context, Uuid reservation_id, Uuid warehouse_id, Scan scan);

  FulfillmentStore& store_;
  postgres::Database& database_;
  const Calls& calls_;
};

}  // namespace emporion::fulfillment
