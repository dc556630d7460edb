#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/logistics/fulfillment/app/fulfillment.hpp"

namespace emporion::fulfillment {

/// What is remembered of an order. Locked before its fulfillments are made or cancelled, so the two never pass each other.
struct OrderBook {
  Uuid order_id;
  bool is_cancelled = false;
  bool is_started = false;
  std::vector<std::string> causes;
  std::map<std::int32_t, std::int32_t> credits;  ///< Line → units taken out by consent, whose event is yet to come.
  bool has_news = false;                         ///< Of its reservation, told before its confirmation.
  std::optional<Uuid> reservation_id = std::nullopt;
  std::optional<std::int64_t> reservation_version = std::nullopt;  ///< Of the confirmation's allocations; without: as the reservation was bound.

  /// Whether the confirmation's allocations have it already.
  bool knows(const Uuid& reservation, std::int64_t version) const noexcept {
    return reservation_version && reservation_id == reservation && version <= *reservation_version;
  }
};

/// What an event told of an order's reservation before the order was confirmed.
struct EarlyNews {
  Uuid event_id;
  Uuid order_id;
  Uuid reservation_id;
  std::int64_t version = 0;  ///< Of the reservation.
  std::string topic;
  std::string data;  ///< The event's JSON.
  Uuid trace;
};

class FulfillmentStore {
 public:
  virtual ~FulfillmentStore() = default;

  virtual Task<Result<std::optional<Fulfillment>>> find(Uuid id) = 0;
  virtual Task<Result<std::vector<Fulfillment>>> of_order(Uuid order_id) = 0;
  virtual Task<Result<std::vector<Fulfillment>>> list(std::optional<Status> status, std::optional<Uuid> warehouse_id, std::optional<Uuid> before,
                                                      std::int32_t limit) = 0;
  virtual Task<Result<std::optional<Fulfillment>>> find_by_picklist(Uuid picklist_id) = 0;
  virtual Task<Result<std::vector<Fulfillment>>> list_picklists(std::optional<std::string> status, std::optional<Uuid> warehouse_id,
                                                                std::optional<Uuid> assignee_id, std::int32_t offset, std::int32_t limit) = 0;

  // Orders are locked before fulfillments, fulfillments by id.
  virtual Task<Result<std::vector<OrderBook>>> lock_orders(postgres::UnitOfWork& work, std::vector<Uuid> order_ids) = 0;
  virtual Task<Result<>> save_order(postgres::UnitOfWork& work, OrderBook book) = 0;
  virtual Task<Result<>> keep_news(postgres::UnitOfWork& work, EarlyNews news) = 0;
  /// Takes them out, in the order in which they happened.
  virtual Task<Result<std::vector<EarlyNews>>> take_news(postgres::UnitOfWork& work, Uuid order_id) = 0;
  virtual Task<Result<std::vector<Fulfillment>>> lock(postgres::UnitOfWork& work, std::vector<Uuid> ids) = 0;
  virtual Task<Result<std::vector<Fulfillment>>> lock_of_order(postgres::UnitOfWork& work, Uuid order_id) = 0;
  /// Writes those whose (order, warehouse, generation) is not there yet, and that they were created.
  virtual Task<Result<>> insert(postgres::UnitOfWork& work, std::vector<Fulfillment> fulfillments) = 0;
  /// Writes those that changed and their events, in one round trip.
  virtual Task<Result<>> save(postgres::UnitOfWork& work, std::vector<Fulfillment> fulfillments) = 0;

  virtual Task<Result<std::optional<Scan>>> find_scan(postgres::UnitOfWork& work, Uuid fulfillment_id, std::int32_t line_no, std::string scan_id) = 0;
  virtual Task<Result<>> insert_scans(postgres::UnitOfWork& work, std::vector<Scan> scans) = 0;
  virtual Task<Result<>> finish_scans(postgres::UnitOfWork& work, std::vector<Scan> scans) = 0;
  virtual Task<Result<>> drop_scan(postgres::UnitOfWork& work, Scan scan) = 0;
  virtual Task<Result<std::vector<Scan>>> stale_scans(std::int32_t limit) = 0;

  /// Ids and orders of fulfillments that nobody works on and whose state is one of those, oldest first.
  struct Waiting {
    Uuid id;
    Uuid order_id;
  };
  virtual Task<Result<std::vector<Waiting>>> waiting(std::vector<std::string> statuses, std::int32_t limit) = 0;
  virtual Task<Result<std::vector<Waiting>>> waiting_for_handover(std::int32_t limit) = 0;
};

}  // namespace emporion::fulfillment
