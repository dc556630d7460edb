#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/commerce/order/v1/order_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/rpc/call_context.hpp"
#include "modules/commerce/order/domain/order_state.hpp"

namespace emporion::order {

struct NewOrder {
  v1::CreateOrderRequest request;
  std::string order_number;
  Uuid digest;  ///< Of the request.
  Uuid trace;
};
struct CreationAnswer {
  std::string outcome;  ///< See create_orders_batch.
  UtcTime placed_at;    ///< Of the batch.
};
struct Confirmation {
  Uuid order_id;
  std::optional<Uuid> payment_id;
  std::string payment_status;
  std::optional<std::string> provider;
  Uuid trace;
};
struct ConfirmationAnswer {
  std::string outcome;  ///< See confirm_orders_batch.
  std::optional<std::string> status;
};

/// One move along the table, judged already.
struct Move {
  Uuid order_id;
  Status to;
  std::string actor;                 ///< customer, staff, system, or a module's name.
  std::optional<Uuid> actor_id = std::nullopt;
  std::optional<std::string> reason = std::nullopt;
  std::optional<Uuid> event_id = std::nullopt;
  Uuid trace = {};
  std::optional<Uuid> assessment_id = std::nullopt;
  std::optional<std::string> cancel_by = std::nullopt;  ///< customer, staff, system.
};

struct Edit {
  std::string kind;  ///< shipping_address, cancel_items, allocation
  std::string before;
  std::string after;
  std::string actor;
  std::optional<Uuid> actor_id = std::nullopt;
};

struct OrderFilter {
  std::optional<std::string> status = std::nullopt;
  std::optional<Uuid> customer_id = std::nullopt;
  std::optional<std::string> sku = std::nullopt;
  std::optional<UtcTime> placed_from = std::nullopt;
  std::optional<UtcTime> placed_to = std::nullopt;
  std::optional<UtcTime> before_at = std::nullopt;
  std::optional<Uuid> before_id = std::nullopt;
  std::int32_t count = 20;
};

/// An order that a job looks at.
struct JobRow {
  Uuid id;
  Uuid saga_id;
  std::string payment_status;
};

/// The module's tables; each operation is one statement or one round trip.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  virtual Task<Result<std::vector<Result<CreationAnswer>>>> create_batch(std::vector<NewOrder> batch) = 0;
  virtual Task<Result<std::vector<Result<ConfirmationAnswer>>>> confirm_batch(std::vector<Confirmation> batch) = 0;

  virtual Task<Result<v1::Order>> load(Uuid id) = 0;  ///< Errors: ORDER_NOT_FOUND.
  virtual Task<Result<v1::Order>> load_in(postgres::UnitOfWork& work, Uuid id) = 0;
  virtual Task<Result<std::optional<Uuid>>> find_by_saga(Uuid saga_id) = 0;
  virtual Task<Result<std::optional<Uuid>>> find_by_number(std::string order_number) = 0;
  virtual Task<Result<std::vector<v1::OrderSummary>>> list(OrderFilter filter) = 0;
  virtual Task<Result<std::vector<v1::StatusChange>>> history(Uuid id) = 0;
  virtual Task<Result<std::vector<v1::Edit>>> edits(Uuid id) = 0;
  virtual Task<Result<std::vector<v1::Note>>> notes(Uuid id) = 0;
  /// Counts a try of that address and answers how many there were in 15 minutes, this one included.
  virtual Task<Result<std::int64_t>> count_track_try(std::string address) = 0;
  virtual Task<Result<>> forget_track_tries() = 0;

  virtual Task<Result<postgres::UnitOfWork>> begin(CallContext context) = 0;
  virtual Task<Result<OrderState>> lock(postgres::UnitOfWork& work, Uuid id) = 0;  ///< Errors: ORDER_NOT_FOUND.
  virtual Task<Result<>> move(postgres::UnitOfWork& work, Move move) = 0;
  virtual Task<Result<>> note_event(postgres::UnitOfWork& work, Uuid order_id, std::string actor, std::optional<Uuid> actor_id, std::string reason, std::optional<Uuid> event_id) = 0;
  virtual Task<Result<>> save_lines(postgres::UnitOfWork& work, OrderState order) = 0;
  virtual Task<Result<std::int32_t>> add_edit(postgres::UnitOfWork& work, Uuid order_id, Edit edit) = 0;
  virtual Task<Result<>> set_review(postgres::UnitOfWork& work, OrderState order, std::string decision, Uuid staff_id, std::string reason, Uuid trace) = 0;
  virtual Task<Result<>> set_address(postgres::UnitOfWork& work, Uuid order_id, std::string address_json) = 0;
  virtual Task<Result<>> add_note(postgres::UnitOfWork& work, Uuid order_id, v1::Note note) = 0;
  virtual Task<Result<>> leave_tombstone(Uuid order_id, std::optional<Uuid> saga_id) = 0;

  /// Answers what was known of the parcel before.
  virtual Task<Result<std::optional<std::string>>> shipment_status(postgres::UnitOfWork& work, Uuid shipment_id) = 0;
  virtual Task<Result<>> save_shipment(postgres::UnitOfWork& work, Uuid order_id, Uuid shipment_id, Uuid warehouse_id, std::string status, std::optional<std::string> tracking) = 0;
  virtual Task<Result<>> set_payment(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int32_t attempt, std::int64_t version, std::string provider, std::string status, Uuid trace) = 0;
  virtual Task<Result<>> set_refunded(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int64_t total_refunded) = 0;

  virtual Task<Result<std::vector<JobRow>>> overdue_pending(UtcTime now, std::int32_t count) = 0;
  virtual Task<Result<std::vector<JobRow>>> due_for_completion(UtcTime delivered_before, std::int32_t count) = 0;
  virtual Task<Result<std::vector<JobRow>>> unfinished_cancellations(UtcTime cancelled_before, std::int32_t count) = 0;
  virtual Task<Result<std::int64_t>> flag_late_dispatch(UtcTime confirmed_before, UtcTime now) = 0;
};

}  // namespace emporion::order
