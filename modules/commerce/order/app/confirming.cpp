#include "modules/commerce/order/app/confirming.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::order {
namespace {

/// The order's lines as they are sent, for its history.
std::string sources_json(const OrderState& order) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const LineState& line : order.lines) {
    for (const AllocatedUnits& row : line.allocations) {
      writer.begin_object().key("line_no").integer(line.line_no).key("warehouse_id").string(row.warehouse_id.to_string());
      writer.key("qty").integer(row.qty).end_object();
    }
  }
  writer.end_array();
  return out;
}

}  // namespace

Error refusal_of_confirmation(const ConfirmationAnswer& answer) {
  if (answer.outcome == "ORDER_NOT_FOUND") return Error(ErrorKind::not_found, "ORDER_NOT_FOUND", "no such order");
  if (answer.outcome == "NOT_PAYABLE")
    return Error(ErrorKind::conflict, answer.outcome, "payment captured, cash on delivery accepted, or nothing to pay")
        .with("status", answer.status.value_or(""));
  return Error(ErrorKind::conflict, "INVALID_TRANSITION",
               answer.outcome == "REVIEW_NOT_APPROVED" ? "the review has not approved it" : "it cannot be confirmed any more")
      .with("from", answer.status.value_or(""))
      .with("to", "confirmed");
}

Task<Result<ConfirmationAnswer>> Confirming::confirm(CallContext context, v1::ConfirmOrderRequest request, Confirmation confirmation) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(std::move(context)));
  EMP_CO_ASSIGN(auto order, co_await store_.lock(work, request.id));
  const bool waits = order.status == Status::pending_payment || order.status == Status::fraud_review;
  if (waits) EMP_CO_TRY(co_await take_over(work, std::move(order), std::move(*request.reservation)));
  EMP_CO_ASSIGN(auto answer, co_await store_.confirm_in(work, std::move(confirmation)));
  if (answer.outcome != "confirmed") co_return answer;  // Rolls back.
  EMP_CO_TRY(co_await work.commit());
  co_return answer;
}

Task<Result<>> Confirming::take_over(postgres::UnitOfWork& work, OrderState order, v1::ConfirmedReservation reservation) {
  const Uuid id = order.id;
  const std::string before = sources_json(order);
  std::vector<UnitsOfLine> units;
  for (const auto& row : reservation.units) units.push_back({row.line_no, row.warehouse_id, row.qty});
  EMP_CO_TRY(allocate_anew(order, reservation.reservation_id, units));
  EMP_CO_ASSIGN(const auto moves, co_await store_.moves_after(work, id, reservation.reservation_id, reservation.version));
  std::int64_t version = reservation.version;
  for (const ReservationMove& move : moves) {
    LineState* line = order.find_line(move.line_no);
    // Warehouse moves what it holds, so it fits what it says it held; if not, the audit names the order.
    if (line == nullptr || !move_allocated(*line, move.from, move.to, move.reservation_id, move.qty)) {
      observe::error("a move does not fit the reservation that it is of",
                     {{"order_id", id.to_string()}, {"reservation_id", move.reservation_id.to_string()}, {"version", text(move.version)}});
    }
    version = move.version;
  }
  std::string after = sources_json(order);
  EMP_CO_TRY(co_await store_.save_lines(work, std::move(order)));
  EMP_CO_TRY(co_await store_.set_reservation(work, id, reservation.reservation_id, version));
  EMP_CO_TRY(co_await store_.add_edit(work, id, Edit{.kind = "allocation", .before = before, .after = std::move(after), .actor = "checkout"}));
  co_return Result<>();
}

}  // namespace emporion::order
