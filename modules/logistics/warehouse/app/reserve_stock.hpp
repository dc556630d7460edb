#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/momentary_gate.hpp"
#include "kernel/lanes/lane.hpp"
#include "modules/logistics/warehouse/app/options.hpp"
#include "modules/logistics/warehouse/app/placement.hpp"
#include "modules/logistics/warehouse/app/stores.hpp"
#include "modules/logistics/warehouse/app/topology_cache.hpp"

namespace emporion::warehouse {

/// Holds every line of a request or none: plans over a snapshot, lets the reserve lane decide over the rows, and on a shortage frees overdue holds of the short
/// SKUs and plans again, at most 3 times.
class ReserveStock {
 public:
  ReserveStock(Runtime& runtime, StockStore& stock, ReservationStore& reservations, TopologyCache& topology, MomentaryGate& gate, Options options);

  Task<Result<v1::Reservation>> reserve(CallContext context, v1::ReserveRequest request);
  Task<Result<v1::AllocationPlan>> plan(CallContext context, v1::PlanAllocationRequest request);
  Task<void> close();

 private:
  using Snapshot = std::shared_ptr<const Availability>;
  using Skus = std::shared_ptr<const std::vector<std::string>>;

  Result<> check(const v1::ReserveRequest& request) const;
  Task<Result<std::vector<PlacedLine>>> place_lines(PlacementQuestion question, bool frees_overdue);
  Task<Result<v1::Reservation>> stored(Uuid id, Uuid body);
  /// The stored answer of a repeat, else `refusal`.
  Task<Result<v1::Reservation>> refuse(Uuid id, Uuid body, Error refusal);
  Task<Result<std::vector<Result<Snapshot>>>> read_snapshots(std::vector<Skus> batch);
  Task<Result<std::vector<Result<Snapshot>>>> free_and_read(std::vector<Skus> batch);

  StockStore& stock_;
  ReservationStore& reservations_;
  TopologyCache& topology_;
  MomentaryGate& gate_;
  Options options_;
  Lane<std::shared_ptr<const Hold>, HoldAnswer> reserve_lane_;
  Lane<Skus, Snapshot> snapshot_lane_;  ///< Reads that are asked together are one statement.
  Lane<Skus, Snapshot> free_lane_;      ///< Expires what is overdue of these SKUs, then reads.
};

}  // namespace emporion::warehouse
