#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/logistics/shipping/app/shipment.hpp"
#include "modules/logistics/shipping/domain/rates.hpp"

namespace emporion::shipping {

/// A webhook whose signature was good.
struct Receipt {
  std::int64_t id = 0;  ///< 0 before it is stored.
  std::string carrier;
  std::string dedupe_key;
  std::string tracking_number;
  std::string body;
  std::string signature;
  UtcTime received_at;
};

/// Parcels and what is said of them. Every lock is taken in the order of ids.
class ShipmentStore {
 public:
  virtual ~ShipmentStore() = default;

  struct Filter {
    std::optional<Uuid> order_id;
    std::optional<Uuid> fulfillment_id;
    std::optional<Uuid> customer_id;
    std::optional<Status> status;
    std::optional<std::string> tracking_number;
    std::optional<Uuid> before;
    std::int32_t limit = 20;
  };
  virtual Task<Result<std::optional<Shipment>>> find(Uuid id) = 0;
  virtual Task<Result<std::optional<Shipment>>> find_by_package(Uuid package_id) = 0;
  virtual Task<Result<std::vector<Shipment>>> list(Filter filter) = 0;
  virtual Task<Result<std::vector<TimelineRow>>> timeline(Uuid shipment_id) = 0;

  /// False: the package has a live shipment already (S-I1), nothing was written.
  virtual Task<Result<bool>> insert(postgres::UnitOfWork& work, Shipment shipment) = 0;
  virtual Task<Result<std::vector<Shipment>>> lock(postgres::UnitOfWork& work, std::vector<Uuid> ids) = 0;
  virtual Task<Result<std::vector<Shipment>>> lock_of_order(postgres::UnitOfWork& work, Uuid order_id) = 0;
  virtual Task<Result<std::vector<Shipment>>> lock_of_package(postgres::UnitOfWork& work, Uuid package_id) = 0;
  virtual Task<Result<std::vector<Shipment>>> lock_tracked(postgres::UnitOfWork& work, std::string carrier, std::vector<std::string> tracking_numbers) = 0;
  /// Writes what may change, of all of them in one statement.
  virtual Task<Result<>> save(postgres::UnitOfWork& work, std::vector<Shipment> shipments) = 0;
  virtual Task<Result<>> mark_handed_over(postgres::UnitOfWork& work, Uuid fulfillment_id) = 0;
  virtual Task<Result<>> add_to_timeline(postgres::UnitOfWork& work, std::vector<TimelineRow> rows) = 0;
  /// Which of these keys are on a timeline already.
  virtual Task<Result<std::vector<std::string>>> known_keys(postgres::UnitOfWork& work, std::string carrier, std::vector<std::string> keys) = 0;

  /// Takes bookings that are due, but of those carriers; counts the try and sets the time of the next one.
  virtual Task<Result<std::vector<Shipment>>> claim_bookings(std::int32_t limit, std::vector<std::string> but_of) = 0;
  /// Parcels whose carrier is to be told of a hand-over or a cancellation.
  virtual Task<Result<std::vector<Shipment>>> to_tell(std::int32_t limit) = 0;
  virtual Task<Result<>> told(std::vector<Uuid> handed_over, std::vector<Uuid> cancelled) = 0;

  virtual Task<Result<>> store_receipts(std::vector<Receipt> receipts) = 0;
  virtual Task<Result<std::vector<Receipt>>> lock_receipts(postgres::UnitOfWork& work, std::int32_t limit) = 0;
  /// Those without a parcel come back later, and are orphans after a day.
  virtual Task<Result<>> finish_receipts(postgres::UnitOfWork& work, std::vector<std::int64_t> done, std::vector<std::int64_t> without_parcel) = 0;
  virtual Task<Result<>> clean_up() = 0;
};

struct BookingRequest {
  Uuid reference;  ///< Our shipment's id: how the carrier's order is found again.
  v1::Address to;
  std::int32_t weight_g = 0;
  v1::ServiceLevel service_level = v1::ServiceLevel::standard;
  std::optional<Money> cod;
  std::string currency;
};
struct Booking {
  std::string tracking_number;
  UtcTime at;  ///< The carrier's time.
};

/// A carrier, in our words. A timeout is not a refusal: `find` tells what became of a booking.
class CarrierGateway {
 public:
  virtual ~CarrierGateway() = default;
  virtual Task<Result<Booking>> book(CallContext context, BookingRequest request) = 0;
  virtual Task<Result<std::optional<Booking>>> find(CallContext context, Uuid reference) = 0;
  /// The parcel is with the courier. Safe to repeat.
  virtual Task<Result<>> hand_over(CallContext context, std::string tracking_number) = 0;
  /// Cancels, or asks for its return if the carrier has it. Safe to repeat.
  virtual Task<Result<>> cancel(CallContext context, std::string tracking_number) = 0;
};
using Carriers = std::map<std::string, std::unique_ptr<CarrierGateway>, std::less<>>;

/// All methods and tables, as of one revision.
struct RateBook {
  std::int64_t revision = 0;
  std::vector<Method> methods;
  std::vector<RateTable> tables;
};
struct StoredQuote {
  Uuid id;
  std::string body;
  UtcTime expires_at;
};
struct StoredMethod {
  Uuid id;
  v1::MethodInput method;
  std::int64_t version = 1;
};

class RateStore {
 public:
  virtual ~RateStore() = default;
  virtual Task<Result<std::int64_t>> revision() = 0;
  virtual Task<Result<RateBook>> load() = 0;
  virtual Task<Result<>> store_quotes(std::vector<StoredQuote> quotes) = 0;
  virtual Task<Result<std::optional<StoredQuote>>> find_quote(Uuid id) = 0;

  virtual Task<Result<std::vector<StoredMethod>>> list_methods(std::optional<bool> enabled, std::int32_t offset, std::int32_t limit) = 0;
  virtual Task<Result<std::optional<StoredMethod>>> find_method(Uuid id) = 0;
  /// Errors: CODE_TAKEN, RATE_TABLE_NOT_FOUND.
  virtual Task<Result<>> insert_method(postgres::UnitOfWork& work, StoredMethod method) = 0;
  /// Errors: METHOD_NOT_FOUND, VERSION_CONFLICT, CODE_TAKEN, RATE_TABLE_NOT_FOUND.
  virtual Task<Result<StoredMethod>> update_method(StoredMethod method) = 0;
  /// Errors: METHOD_NOT_FOUND, VERSION_CONFLICT.
  virtual Task<Result<>> delete_method(Uuid id, std::int64_t version) = 0;
  virtual Task<Result<v1::RateTable>> put_table(v1::RateTable table) = 0;
  virtual Task<Result<std::optional<v1::RateTable>>> find_table(Uuid id) = 0;
};

Method method_of(const StoredMethod& stored);
RateTable table_of(const v1::RateTable& table);

}  // namespace emporion::shipping
