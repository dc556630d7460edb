#pragma once

#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

class PostgresOrderStore final : public OrderStore {
 public:
  PostgresOrderStore(postgres::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  Task<Result<std::vector<Result<CreationAnswer>>>> create_batch(std::vector<NewOrder> batch) override;
  Task<Result<std::vector<Result<ConfirmationAnswer>>>> confirm_batch(std::vector<Confirmation> batch) override;
  Task<Result<v1::Order>> load(Uuid id) override;
  Task<Result<v1::Order>> load_in(postgres::UnitOfWork& work, Uuid id) override;
  Task<Result<std::optional<Uuid>>> find_by_saga(Uuid saga_id) override;
  Task<Result<std::optional<Uuid>>> find_by_number(std::string order_number) override;
  Task<Result<std::vector<v1::OrderSummary>>> list(OrderFilter filter) override;
  Task<Result<std::vector<v1::StatusChange>>> history(Uuid id) override;
  Task<Result<std::vector<v1::Edit>>> edits(Uuid id) override;
  Task<Result<std::vector<v1::Note>>> notes(Uuid id) override;
  Task<Result<std::int32_t>> take_track_try(std::string address, std::int32_t max, seconds window) override;
  Task<Result<>> forget_track_tries() override;
  Task<Result<postgres::UnitOfWork>> begin(CallContext context) override;
  Task<Result<OrderState>> lock(postgres::UnitOfWork& work, Uuid id) override;
  Task<Result<>> move(postgres::UnitOfWork& work, Move move) override;
  Task<Result<ConfirmationAnswer>> confirm_in(postgres::UnitOfWork& work, Confirmation confirmation) override;
  Task<Result<>> set_reservation(postgres::UnitOfWork& work, Uuid order_id, Uuid reservation_id, std::int64_t version) override;
  Task<Result<>> keep_move(postgres::UnitOfWork& work, Uuid order_id, ReservationMove move) override;
  Task<Result<std::vector<ReservationMove>>> moves_after(postgres::UnitOfWork& work, Uuid order_id, Uuid reservation_id, std::int64_t version) override;
  Task<Result<>> note_event(postgres::UnitOfWork& work, Uuid order_id, std::string actor, std::optional<Uuid> actor_id, std::string reason,
                            std::optional<Uuid> event_id) override;
  Task<Result<>> save_lines(postgres::UnitOfWork& work, OrderState order) override;
  Task<Result<std::int32_t>> add_edit(postgres::UnitOfWork& work, Uuid order_id, Edit edit) override;
  Task<Result<>> set_review(postgres::UnitOfWork& work, OrderState order, std::string decision, Uuid staff_id, std::string reason, Uuid trace) override;
  Task<Result<>> set_address(postgres::UnitOfWork& work, Uuid order_id, std::string address_json) override;
  Task<Result<>> add_note(postgres::UnitOfWork& work, Uuid order_id, v1::Note note) override;
  Task<Result<>> leave_tombstone(Uuid order_id, std::optional<Uuid> saga_id) override;
  Task<Result<std::optional<std::string>>> shipment_status(postgres::UnitOfWork& work, Uuid shipment_id) override;
  Task<Result<>> save_shipment(postgres::UnitOfWork& work, Uuid order_id, Uuid shipment_id, Uuid warehouse_id, std::string status,
                               std::optional<std::string> tracking) override;
  Task<Result<>> set_payment(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int32_t attempt, std::int64_t version, std::string provider,
                             std::string status, Uuid trace) override;
  Task<Result<>> set_dispute_open(postgres::UnitOfWork& work, Uuid order_id, bool open) override;
  Task<Result<>> set_refunded(postgres::UnitOfWork& work, Uuid order_id, Uuid payment_id, std::int64_t total_refunded) override;
  Task<Result<>> set_credit_returned(postgres::UnitOfWork& work, Uuid order_id, std::int64_t total_returned) override;
  Task<Result<>> reopen_groups(postgres::UnitOfWork& work, Uuid order_id) override;
  Task<Result<bool>> take_return(postgres::UnitOfWork& work, Uuid order_id, Uuid return_id, std::string status) override;
  Task<Result<int>> open_returns(postgres::UnitOfWork& work, Uuid order_id) override;
  Task<Result<>> set_return_state(postgres::UnitOfWork& work, const OrderState& order, ReturnState to) override;
  Task<Result<std::vector<Uuid>>> claim_guest_orders(postgres::UnitOfWork& work, Uuid customer_id, std::optional<std::string> email,
                                                     std::optional<Uuid> order_id) override;
  Task<Result<std::vector<Uuid>>> orders_of(postgres::UnitOfWork& work, Uuid customer_id) override;
  Task<Result<std::vector<Uuid>>> guests_to_mask(UtcTime placed_before, std::int32_t count) override;
  Task<Result<std::int64_t>> mask(postgres::UnitOfWork& work, std::vector<Uuid> ids, std::optional<Uuid> pseudonym) override;
  Task<Result<>> begin_export(ExportRecord record) override;
  Task<Result<std::optional<ExportRecord>>> find_export(Uuid id) override;
  Task<Result<std::vector<ExportedOrder>>> export_page(Uuid export_id, OrderFilter filter) override;
  Task<Result<std::vector<v1::OrderExport>>> list_exports(std::optional<JobCursor> before, std::int32_t count) override;
  Task<Result<std::vector<JobRow>>> overdue_pending(UtcTime now, JobCursor after, std::int32_t count) override;
  Task<Result<std::vector<JobRow>>> due_for_completion(UtcTime delivered_before, JobCursor after, std::int32_t count) override;
  Task<Result<std::vector<CancelledOrder>>> unproven_cancellations(UtcTime cancelled_before, JobCursor after, std::int32_t count) override;
  Task<Result<>> set_undone(Uuid order_id) override;
  Task<Result<>> forget_moves() override;
  Task<Result<std::vector<Uuid>>> flag_late_dispatch(UtcTime confirmed_before, UtcTime now, std::int32_t count) override;

 private:
  postgres::Database& database_;
  const Clock& clock_;
};

}  // namespace emporion::order
