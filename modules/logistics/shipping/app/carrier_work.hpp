#pragma once

#include "modules/logistics/shipping/app/ports.hpp"

namespace emporion::shipping {

/// Tells carriers what is on record: record first, commit, then call. A call whose outcome is unknown is looked up by our reference before it is tried again
/// (S-A6).
class CarrierWork {
 public:
  /// `dormant`: carriers that are known but switched off; their parcels wait on record.
  CarrierWork(ShipmentStore& store, postgres::Database& database, const Carriers& carriers, const Clock& clock, std::vector<std::string> dormant = {})
      : store_(store), database_(database), carriers_(carriers), clock_(clock), dormant_(std::move(dormant)) {}

  /// Job: books what is due.
  Task<Result<>> book(CallContext context);
  /// Job: reports hand-overs and cancellations.
  Task<Result<>> tell(CallContext context);

 private:
  Task<Result<Booking>> book_one(CallContext context, Shipment shipment);
  Task<Result<>> record(CallContext context, std::vector<Shipment> claimed, std::vector<Result<Booking>> answers);
  Task<Result<>> tell_one(CallContext context, Shipment shipment);

  ShipmentStore& store_;
  postgres::Database& database_;
  const Carriers& carriers_;
  const Clock& clock_;
  std::vector<std::string> dormant_;
};

}  // namespace emporion::shipping
