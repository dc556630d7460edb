#include "modules/commerce/payment/app/reconciler.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::payment {
namespace {

constexpr hours daily_at{2};  // UTC. Source: commerce.md §3.6.
constexpr hours day{24};
constexpr hours margin{6};  // A provider books a movement a little earlier or later than we do: rows around the span are read too.
constexpr seconds lease{300};
constexpr int tries_max = 20;
constexpr int asked_at_once = 20;

/// What a provider answers about a payment, as a row of a report.
std::optional<ReportRow> row_of(const Payment& payment, const Result<ProviderReport>& answer) {
  if (!answer) return std::nullopt;
  ReportRow row{.ref = payment.id.to_string(), .type = "charge", .at = payment.captured_at.value_or(payment.updated_at)};
  const bool is_captured = answer->state == ProviderReport::State::captured;
  row.amount = is_captured ? Money(answer->captured, answer->amount.currency()) : answer->amount;
  if (!is_captured) row.state = "not captured";
  return row;
}

}  // namespace

std::vector<std::string> Reconciler::compared() const {
  std::vector<std::string> out;
  for (const ProviderGateway* gateway : providers_.all()) {
    if (gateway->is_enabled()) out.emplace_back(gateway->name());
  }
  return out;
}

Task<Result<Reconciliation>> Reconciler::begin(std::string provider, UtcTime from, UtcTime to, std::string run_key) {
  const auto known = compared();
  if (std::ranges::find(known, provider) == known.end())
    co_return fail(Error(ErrorKind::rule_violated, "PROVIDER_NOT_COMPARED", "this shop does not use the provider").with("provider", provider));
  const UtcTime now = clock_.now();
  Reconciliation run{.id = Uuid::v7(now, random_), .provider = std::move(provider), .from = from, .to = to, .run_key = std::move(run_key), .started_at = now};
  co_return co_await runs_.begin_run(std::move(run), now);
}

Task<Result<>> Reconciler::run_daily(CallContext) {
  const UtcTime now = clock_.now();
  const std::int64_t day_micros = std::chrono::duration_cast<microseconds>(day).count();
  const UtcTime today = UtcTime::from_micros(now.micros_since_epoch() / day_micros * day_micros);
  if (now < today + daily_at) co_return Result<>();
  for (const std::string& provider : compared()) {
    EMP_CO_TRY(co_await begin(provider, today - day, today, text("daily:", provider, ":", (today - day).to_string().substr(0, 10))));
  }
  co_return Result<>();
}

Task<Result<>> Reconciler::run_due(CallContext context) {
  EMP_CO_ASSIGN(auto due, co_await runs_.claim_due(clock_.now(), lease, 4));
  for (Reconciliation& run : due) {
    const auto done = co_await advance(context.as_service("payment"), run);
    if (done) continue;
    const UtcTime now = clock_.now();
    const bool gives_up = run.tries + 1 >= tries_max;
    observe::warning("a reconciliation waits", {{"report_id", run.id.to_string()}, {"provider", run.provider}, {"error", done.error().to_string()}});
    if (gives_up) observe::error("a reconciliation was given up", {{"report_id", run.id.to_string()}, {"provider", run.provider}});
    const auto next = gives_up ? std::nullopt : std::optional(now + minutes(1) * std::min(run.tries + 1, 30));
    EMP_CO_TRY(co_await runs_.postpone(run.id, done.error().to_string(), gives_up, next, now));
  }
  co_return Result<>();
}

Task<Result<>> Reconciler::advance(CallContext context, Reconciliation run) {
  ProviderGateway* gateway = providers_.find(run.provider);
  if (gateway == nullptr || !gateway->is_enabled())
    co_return fail(ErrorKind::rule_violated, "PROVIDER_NOT_COMPARED", "this shop does not use the provider any more");
  if (run.provider == "bank_transfer") co_return co_await finish(std::move(context), std::move(run), Comparison::statement);
  if (ReportGateway* reports = gateway->reports()) {
    EMP_CO_TRY(co_await read_report(run, *reports));
    co_return co_await finish(std::move(context), std::move(run), Comparison::report);
  }
  EMP_CO_TRY(co_await ask_for_each(run, *gateway));
  co_return co_await finish(std::move(context), std::move(run), Comparison::queries);
}

Task<Result<>> Reconciler::read_report(Reconciliation& run, ReportGateway& gateway) {
  if (run.cursor == "end") co_return Result<>();  // Read whole, and not compared yet.
  for (bool more = true; more;) {
    EMP_CO_ASSIGN(auto page, co_await gateway.report_page(run.from - margin, run.to + margin, run.cursor));
    more = page.next.has_value();
    run.cursor = page.next.value_or("end");
    run.rows_read += static_cast<std::int32_t>(page.rows.size());
    EMP_CO_TRY(co_await runs_.keep_page(run.id, std::move(page.rows), run.cursor, clock_.now()));
  }
  co_return Result<>();
}

Task<Result<>> Reconciler::ask_for_each(Reconciliation& run, ProviderGateway& gateway) {
  if (run.cursor == "end") co_return Result<>();
  for (;;) {
    std::optional<Uuid> after;
    if (run.cursor) {
      EMP_CO_ASSIGN(after, Uuid::parse(*run.cursor));
    }
    EMP_CO_ASSIGN(const auto payments, co_await runs_.captured(run, after, asked_at_once));
    std::vector<ReportRow> rows;
    for (const Payment& payment : payments) {
      const auto answer = co_await gateway.query(payment);
      // Unknown there is an answer too: the payment has no row. Anything else is asked again.
      if (!answer && answer.error().reason() != "PROVIDER_REFUSED") co_return fail(answer.error());
      if (auto row = row_of(payment, answer)) rows.push_back(std::move(*row));
    }
    run.cursor = payments.empty() ? "end" : payments.back().id.to_string();
    run.rows_read += static_cast<std::int32_t>(rows.size());
    EMP_CO_TRY(co_await runs_.keep_page(run.id, std::move(rows), run.cursor, clock_.now()));
    if (payments.empty()) co_return Result<>();
  }
}

Task<Result<>> Reconciler::finish(CallContext context, Reconciliation run, Comparison comparison) {
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto items, co_await runs_.compare(work, run, comparison, options_.tiny));
  for (ReconItem& item : items) {
    item.id = Uuid::v7(now, random_);
    (item.noted ? run.noted : run.mismatches) += 1;
    EMP_CO_ASSIGN(const bool is_new, co_await runs_.enter_item(work, run, item, now));
    if (!is_new || item.noted) continue;
    observe::error("our ledger and a provider disagree",
                   {{"provider", run.provider}, {"kind", item.kind}, {"subject", item.subject}, {"ours", item.ours}, {"theirs", item.theirs}});
    observe::counter("emporion_payment_reconciliation_mismatches_total", "Differences between our ledger and a provider.",
                     {{"provider", run.provider}, {"kind", item.kind}})
        .increment();
    EMP_CO_TRY(co_await runs_.publish(work, run, item, context.trace));
  }
  if (comparison == Comparison::report) EMP_CO_TRY(co_await runs_.post_fees(work, run, now));
  EMP_CO_TRY(co_await runs_.finish(work, run, now));
  co_return co_await work.commit();
}

}  // namespace emporion::payment
