#include "modules/commerce/order/app/housekeeping.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::order {
namespace {

constexpr hours completion_after{24 * 7};
constexpr hours dispatch_within{48};

/// One order's failure does not hold up the others; the next run comes back to it.
void report(std::string_view what, const Uuid& id, const Error& error) { observe::warning(what, {{"order_id", id.to_string()}, {"error", error.to_string()}}); }

}  // namespace

Task<Result<>> Housekeeping::end_one(CallContext context, JobRow row) {
  EMP_CO_ASSIGN(const bool saga_ended, co_await neighbours_.has_saga_ended(context, row.saga_id));
  if (!saga_ended) co_return Result<>();
  EMP_CO_ASSIGN(const bool payment_over, co_await neighbours_.is_payment_over(context, row.id));
  if (!payment_over) co_return Result<>();
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto order, co_await store_.lock(work, row.id));
  Facts facts = order.facts();
  facts.undo_requested = true;  // Payment says that nothing is held.
  if (!judge(order.status, Status::cancelled, Actor::job, facts)) co_return Result<>();
  Move move{.order_id = row.id, .to = Status::cancelled, .actor = "system"};
  move.reason = "the payment window ended and its checkout did not come back";
  move.cancel_by = "system";
  move.trace = context.trace;
  EMP_CO_TRY(co_await store_.move(work, std::move(move)));
  co_return co_await work.commit();
}

Task<Result<>> Housekeeping::end_overdue(CallContext context) {
  for (JobCursor after;;) {
    EMP_CO_ASSIGN(const auto rows, co_await store_.overdue_pending(clock_.now(), after, options_.page_rows));
    if (rows.empty()) co_return Result<>();
    for (const JobRow& row : rows) {
      if (const auto ended = co_await end_one(context, row); !ended) report("an overdue order could not be ended", row.id, ended.error());
    }
    after = rows.back().cursor;
  }
}

Task<Result<>> Housekeeping::complete_one(CallContext context, JobRow row) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto order, co_await store_.lock(work, row.id));
  if (!judge(order.status, Status::completed, Actor::job, order.facts())) co_return Result<>();
  Move move{.order_id = row.id, .to = Status::completed, .actor = "system"};
  move.reason = "seven days after delivery";
  move.trace = context.trace;
  EMP_CO_TRY(co_await store_.move(work, std::move(move)));
  co_return co_await work.commit();
}

Task<Result<>> Housekeeping::complete_delivered(CallContext context) {
  for (JobCursor after;;) {
    EMP_CO_ASSIGN(const auto rows, co_await store_.due_for_completion(clock_.now() - completion_after, after, options_.page_rows));
    if (rows.empty()) co_return Result<>();
    for (const JobRow& row : rows) {
      if (const auto completed = co_await complete_one(context, row); !completed) report("a delivered order could not be completed", row.id, completed.error());
    }
    after = rows.back().cursor;
  }
}

Task<Result<bool>> Housekeeping::prove_one(CallContext context, CancelledOrder row) {
  EMP_CO_ASSIGN(const auto missing, co_await neighbours_.not_given_back(std::move(context), row));
  if (missing.empty()) {
    EMP_CO_TRY(co_await store_.set_undone(row.id));
    observe::counter("emporion_order_cancellations_proven_total", "Cancelled orders of which payment, stock, coupons and points were seen to be given back.")
        .increment();
    co_return true;
  }
  std::string all;
  for (const std::string& what : missing) all += (all.empty() ? "" : ", ") + what;
  observe::error("a cancelled order is not given back after an hour", {{"order_id", row.id.to_string()}, {"missing", all}});
  co_return false;
}

Task<Result<>> Housekeeping::check_cancellations(CallContext context) {
  std::int64_t unfinished = 0;
  for (JobCursor after;;) {
    EMP_CO_ASSIGN(const auto rows, co_await store_.unproven_cancellations(clock_.now() - options_.give_back_within, after, options_.page_rows));
    if (rows.empty()) break;
    for (const CancelledOrder& row : rows) {
      const auto proven = co_await prove_one(context, row);
      if (!proven) report("a cancellation could not be checked", row.id, proven.error());
      unfinished += proven && *proven ? 0 : 1;
    }
    after = rows.back().cursor;
  }
  observe::gauge("emporion_order_cancellations_unfinished",
                 "Orders cancelled more than an hour ago of which something is not given back, or could not be asked for. Page on more than 0.")
      .set(static_cast<double>(unfinished));
  co_return Result<>();
}

Task<Result<>> Housekeeping::flag_late(CallContext) {
  const UtcTime now = clock_.now();
  while (true) {
    EMP_CO_ASSIGN(const auto late, co_await store_.flag_late_dispatch(now - dispatch_within, now, options_.page_rows));
    for (const Uuid& id : late) observe::warning("a confirmed order waits for its dispatch for longer than 48 hours", {{"order_id", id.to_string()}});
    if (static_cast<std::int32_t>(late.size()) < options_.page_rows) break;
  }
  EMP_CO_TRY(co_await store_.forget_moves());
  co_return co_await store_.forget_track_tries();
}

}  // namespace emporion::order
