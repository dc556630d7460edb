#include "modules/commerce/payment/app/reconciliation_operations.hpp"

#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

constexpr hours day{24};
constexpr hours span_max{24 * 31};
constexpr std::int32_t items_shown = 500;

template <typename Enum>
Enum enum_of(std::string_view word) {
  Enum out{};
  const bool known = from_string(word, out);
  EMP_ASSERT(known);  // We wrote it ourselves.
  return out;
}

v1::ReconciliationReport to_contract(const Reconciliation& run) {
  v1::ReconciliationReport out;
  out.id = run.id;
  out.provider = run.provider;
  out.from = run.from;
  out.to = run.to;
  out.status = enum_of<v1::ReconciliationStatus>(run.status);
  out.rows_read = run.rows_read;
  out.mismatches = run.mismatches;
  out.noted = run.noted;
  out.error = run.error;
  out.started_at = run.started_at;
  out.finished_at = run.finished_at;
  return out;
}

v1::ReconciliationItem to_contract(const ReconItem& item) {
  v1::ReconciliationItem out;
  out.id = item.id;
  out.kind = enum_of<v1::ReconciliationKind>(item.kind);
  out.subject = item.subject;
  out.payment_id = item.payment_id;
  out.ours = item.ours;
  out.theirs = item.theirs;
  out.noted = item.noted;
  out.found_at = item.found_at;
  out.resolved_at = item.resolved_at;
  return out;
}

}  // namespace

Task<Result<v1::RunReconciliationResponse>> ReconciliationOperations::run_reconciliation(CallContext context, v1::RunReconciliationRequest request) {
  const UtcTime now = clock_.now();
  const std::int64_t day_micros = std::chrono::duration_cast<microseconds>(day).count();
  const UtcTime today = UtcTime::from_micros(now.micros_since_epoch() / day_micros * day_micros);
  const UtcTime to = request.to.value_or(today);
  const UtcTime from = request.from.value_or(to - day);
  if (from >= to || to > now || to - from > span_max) {
    co_return fail(Error(ErrorKind::rule_violated, "SPAN_OUT_OF_RANGE", "from before to, to not in the future, at most 31 days")
                       .with("from", from.to_string())
                       .with("to", to.to_string()));
  }
  const auto providers = request.provider ? std::vector{*request.provider} : reconciler_.compared();
  v1::RunReconciliationResponse out;
  for (const std::string& provider : providers) {
    EMP_CO_ASSIGN(const auto run,
                  co_await reconciler_.begin(provider, from, to, text("staff:", context.principal.id, ":", context.idempotency_key, ":", provider)));
    out.reports.push_back(to_contract(run));
  }
  if (on_run) on_run();
  co_return out;
}

Task<Result<v1::ReconciliationReport>> ReconciliationOperations::get_reconciliation_report(CallContext, v1::GetReconciliationReportRequest request) {
  EMP_CO_ASSIGN(const auto run, co_await runs_.find(request.id));
  EMP_CO_ASSIGN(const auto items, co_await runs_.items(request.id, items_shown));
  v1::ReconciliationReport out = to_contract(run);
  for (const ReconItem& item : items) out.items.push_back(to_contract(item));
  co_return out;
}

}  // namespace emporion::payment
