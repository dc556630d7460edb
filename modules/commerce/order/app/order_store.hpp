#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/commerce/order/v1/order_api.hpp"
#include "contracts/commerce/order/v1/order_records_api.hpp"
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
  std::string actor;  ///< customer, staff, system, or a module's name.
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
  std::optional<std::string> email = std::nullopt;  ///< ASCII lower case.
  std::optional<bool> late_dispatch = std::nullopt;
  std::optional<UtcTime> before_at = std::nullopt;
  std::optional<Uuid> before_id = std::nullopt;
  std::int32_t count = 20;
};

/// Units of a reservation that Warehouse moved, as its version came to be `version`.
struct ReservationMove {
  Uuid reservation_id;
  std::int64_t version = 0;
  std::int32_t line_no = 0;
  Uuid from;
  Uuid to;
  std::int32_t qty = 0;
};

/// Where a job goes on: after this order.
struct JobCursor {
  UtcTime at = {};
  Uuid id = {};
};

/// An order that a job looks at.
struct JobRow {
  JobCursor cursor;
  Uuid id;
  Uuid saga_id;
};

/// A cancelled order of which it is not proven yet that everything was given back.
struct CancelledOrder {
  JobCursor cursor;
  Uuid id;
  Uuid saga_id;
  Uuid reservation_id;
  bool has_points = false;
  bool owes_credit = false;  ///< It was paid by gift card or store credit that is not back.
  bool has_shipped = false;  ///< Cancelled after a failed delivery: its stock had left.
};

/// An order as a line of an export.
struct ExportedOrder {
  Uuid id;
  UtcTime placed_at;
  std::vector<std::optional<std::string>> cells;  ///< In the order of export_columns.
};

struct ExportRecord {
  Uuid id;
  Uuid actor_id;
  std::string address;
  std::string filters;  ///< JSON.
  UtcTime started_at;
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
  /// Lets a try of that address through and counts it: 0; or answers the seconds until the next one is. At most `max` in `window`, however many come at once.
  virtual Task<Result<std::int32_t>> take_track_try(std::string address, std::int32_t max, seconds window) = 0;
  virtual Task<Result<>> forget_track_tries() = 0;

  virtual Task<Result<postgres::UnitOfWork>> begin(CallContext context) = 0;
  virtual Task<Result<OrderState>> lock(postgres::UnitOfWork& work, Uuid id) = 0;  ///< Errors: ORDER_NOT_FOUND.
  virtual Task<Result<>> move(postgres::UnitOfWork& work, Move move) = 0;
  /// As `confirm_batch`, for one, in `work`.
  virtual Task<Result<ConfirmationAnswer>> confirm_in(postgres::UnitOfWork& work, Confirmation confirmation) = 0;
  /// What the lines, saved before, name now. Shipment groups follow.
  virtual Task<Result<>> set_reservation(postgres::UnitOfWork& work, Uuid order_id, Uuid reservation_id, std::int64_t version) = 0;
  /// Keeps a move for the confirmation; one that is kept stays.
  virtual Task<Result<>> keep_move(postgres::UnitOfWork& work, Uuid order_id, ReservationMove move) = 0;
  /// The kept moves of that reservation that are later than `version`, in their order.
  virtual Task<Result<std::vector<ReservationMove>>> moves_after(postgres::UnitOfWork& work, Uuid order_id, Uuid reservation_id, std::int64_t version) = 0;
  virtual Task<Result<>> note_event(postgres::UnitOfWork& work, Uuid order_id, std::string actor, std::optional<Uuid> actor_id, std::string reason,
                                    std::optional<Uuid> event_id) = 0;
  virtual Task<Result<>> save_lines(postgres::UnitOfWork& work, OrderState order) = 0;
  virtual Task<Result<std::int32_t>> add_edit(postgres::UnitOfWork& work, Uuid order_id, Edit edit) = 0;
  virtual Task<Result<>> set_review(postgres::UnitOfWork& work, OrderState order, std::string decision, Uuid staff_id, std::string reason, Uuid trace) = 0;
  virtual Task<Result<>> set_address(postgres::UnitOfWork& work, Uuid order_id, std::string address_json) = 0;
  virtual Task<Result<>> add_note(postgres::UnitOfWork& work, Uuid order_id, v1::Note note) = 0;
  virtual Task<Result<>> leave_tombstone(Uuid order_id, std::optional<Uuid> saga_id) = 0;

  /// Answers what was known of the parcel before.
  virtual Task<Result<std::optional<std::string>>> shipment_status(postgres::UnitOfWork& work, Uuid shipment_id) = 0;
  virtual Task<Result<>> save_shipment(postgres::UnitOfWork& work, Uuid order_id, Uuid shipment_id, Uuid warehouse_id, std::string status,
                                       std::optional<std::string> tracking) = 0;
  virtual Task<Result<>> set_payment(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int32_t attempt, std::int64_t version,
                                     std::string provider, std::string status, Uuid trace) = 0;
  virtual Task<Result<>> set_dispute_open(postgres::UnitOfWork& work, Uuid order_id, bool open) = 0;
  virtual Task<Result<>> set_refunded(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int64_t total_refunded) = 0;
  virtual Task<Result<>> set_credit_returned(postgres::UnitOfWork& work, Uuid order_id, std::int64_t total_returned) = 0;

  /// Groups that did not arrive are to go out again.
  virtual Task<Result<>> reopen_groups(postgres::UnitOfWork& work, Uuid order_id) = 0;
  /// Remembers what is known of a return; false if it was known already, or is over.
  virtual Task<Result<bool>> take_return(postgres::UnitOfWork& work, Uuid order_id, Uuid return_id, std::string status) = 0;
  virtual Task<Result<int>> open_returns(postgres::UnitOfWork& work, Uuid order_id) = 0;
  virtual Task<Result<>> set_return_state(postgres::UnitOfWork& work, const OrderState& order, ReturnState to) = 0;

  /// Links guests' orders of an e-mail, or one order, to the customer, and answers which.
  virtual Task<Result<std::vector<Uuid>>> claim_guest_orders(postgres::UnitOfWork& work, Uuid customer_id, std::optional<std::string> email,
                                                             std::optional<Uuid> order_id) = 0;

  virtual Task<Result<std::vector<Uuid>>> orders_of(postgres::UnitOfWork& work, Uuid customer_id) = 0;
  virtual Task<Result<std::vector<Uuid>>> guests_to_mask(UtcTime placed_before, std::int32_t count) = 0;
  /// Takes personal data out of these orders; answers of how many. A repeat masks nothing.
  virtual Task<Result<std::int64_t>> mask(postgres::UnitOfWork& work, std::vector<Uuid> ids, std::optional<Uuid> pseudonym) = 0;

  virtual Task<Result<>> begin_export(ExportRecord record) = 0;
  virtual Task<Result<std::optional<ExportRecord>>> find_export(Uuid id) = 0;
  /// A page of an export; its size is added to the record, and the last one finishes it.
  virtual Task<Result<std::vector<ExportedOrder>>> export_page(Uuid export_id, OrderFilter filter) = 0;
  virtual Task<Result<std::vector<v1::OrderExport>>> list_exports(std::optional<JobCursor> before, std::int32_t count) = 0;

  // Pages for jobs, oldest first, after a cursor.
  virtual Task<Result<std::vector<JobRow>>> overdue_pending(UtcTime now, JobCursor after, std::int32_t count) = 0;
  virtual Task<Result<std::vector<JobRow>>> due_for_completion(UtcTime delivered_before, JobCursor after, std::int32_t count) = 0;
  virtual Task<Result<std::vector<CancelledOrder>>> unproven_cancellations(UtcTime cancelled_before, JobCursor after, std::int32_t count) = 0;
  virtual Task<Result<>> set_undone(Uuid order_id) = 0;
  /// Drops kept moves of orders that do not wait for a confirmation any more.
  virtual Task<Result<>> forget_moves() = 0;
  /// Flags at most `count` and answers which.
  virtual Task<Result<std::vector<Uuid>>> flag_late_dispatch(UtcTime confirmed_before, UtcTime now, std::int32_t count) = 0;
};

}  // namespace emporion::order
