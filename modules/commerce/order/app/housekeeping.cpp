#include "modules/commerce/order/app/housekeeping.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::order {
namespace {

constexpr std::int32_t rows_per_run = 500;
constexpr hours completion_after{24 * 7};
constexpr hours dispatch_within{48};

}  // namespace

Task<Result<bool>> Housekeeping::may_end(CallContext context, const JobRow& row) {
  EMP_CO_ASSIGN(const bool saga_ended, co_await neighbours_.has_saga_ended(context, row.saga_id));
  if (!saga_ended) co_return false;
  co_return co_await neighbours_.is_payment_over(std::move(context), row.id);
}

Task<Result<>> Housekeeping::end_overdue(CallContext context) {
  EMP_CO_ASSIGN(const auto rows, co_await store_.overdue_pending(clock_.now(), rows_per_run));
  for (const JobRow& row : rows) {
    EMP_CO_ASSIGN(const bool ends, co_await may_end(context, row));
    if (!ends) continue;
    EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
    EMP_CO_ASSIGN(const auto order, co_await store_.lock(work, row.id));
    Facts facts = order.facts();
    facts.undo_requested = true;  // Payment says that nothing is held.
    if (!judge(order.status, Status::cancelled, Actor::job, facts)) continue;
    Move move{.order_id = row.id, .to = Status::cancelled, .actor = "system"};
    move.reason = "the payment window ended and its checkout did not come back";
    move.cancel_by = "system";
    move.trace = context.trace;
    EMP_CO_TRY(co_await store_.move(work, std::move(move)));
    EMP_CO_TRY(co_await work.commit());
  }
  co_return Result<>();
}

Task<Result<>> Housekeeping::complete_delivered(CallContext context) {
  EMP_CO_ASSIGN(const auto rows, co_await store_.due_for_completion(clock_.now() - completion_after, rows_per_run));
  for (const JobRow& row : rows) {
    EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
    EMP_CO_ASSIGN(const auto order, co_await store_.lock(work, row.id));
    if (!judge(order.status, Status::completed, Actor::job, order.facts())) continue;
    Move move{.order_id = row.id, .to = Status::completed, .actor = "system"};
    move.reason = "seven days after delivery";
    move.trace = context.trace;
    EMP_CO_TRY(co_await store_.move(work, std::move(move)));
    EMP_CO_TRY(co_await work.commit());
  }
  co_return Result<>();
}

Task<Result<>> Housekeeping::check_cancellations(CallContext) {
  EMP_CO_ASSIGN(const auto rows, co_await store_.unfinished_cancellations(clock_.now() - hours(1), rows_per_run));
  for (const JobRow& row : rows) {
    observe::error("a cancelled order's payment is not undone after an hour", {{"order_id", row.id.to_string()}, {"payment_status", row.payment_status}});
  }
  co_return Result<>();
}

Task<Result<>> Housekeeping::flag_late(CallContext) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const std::int64_t late, co_await store_.flag_late_dispatch(now - dispatch_within, now));
  if (late > 0) observe::warning("confirmed orders wait for dispatch longer than 48 hours", {{"orders", text(late)}});
  co_return co_await store_.forget_track_tries();
}

}  // namespace emporion::order
