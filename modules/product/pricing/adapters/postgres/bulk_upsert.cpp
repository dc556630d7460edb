#include "modules/product/pricing/adapters/postgres/bulk_upsert.hpp"

#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "modules/product/pricing/app/price_terms.hpp"

namespace emporion::pricing {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr std::int32_t chunk_rows = 500;
constexpr std::size_t errors_kept = 1'000;

constexpr Statement begin_job{"pricing.begin_bulk_job",
                              "SELECT id, is_same FROM bulk_job_begin($1::uuid, $2::text, $3::text, $4::uuid, $5::text, $6::bool, $7::uuid, $8::int4, "
                              "$9::int4[], $10::jsonb[], $11::jsonb, "
                              "$12::int4, $13::timestamptz)",
                              Effect::writes};
constexpr Statement step_job{"pricing.step_bulk_job", "SELECT bulk_job_step($1::uuid, $2::int4, $3::timestamptz)", Effect::writes};
constexpr Statement get_job{"pricing.get_bulk_job", "SELECT status, rows, applied, errors::text, created_at, finished_at FROM bulk_job WHERE id = $1::uuid"};
constexpr Statement open_jobs{"pricing.open_bulk_jobs", "SELECT id FROM bulk_job WHERE status IN ('queued', 'running') ORDER BY created_at LIMIT 10"};

v1::BulkRowError refusal(std::size_t row, const v1::BulkPriceRow& given, const Error& error) {
  return {.row = static_cast<std::int32_t>(row), .sku = given.sku, .reason = error.reason(), .detail = error.detail()};
}

}  // namespace

Task<Result<v1::BulkJob>> BulkUpsert::upsert(CallContext context, v1::BulkUpsertPricesRequest request) {
  std::vector<std::int32_t> numbers;
  std::vector<json::Raw> rows;
  std::vector<v1::BulkRowError> errors;
  std::int32_t refused = 0;
  for (std::size_t i = 0; i < request.rows.size(); ++i) {
    const auto& row = request.rows[i];
    auto json = price_json({row.product_id, row.sku, row.warehouse_id, row.customer_group}, row.terms);
    if (json) {
      numbers.push_back(static_cast<std::int32_t>(i));
      rows.push_back(std::move(*json));
    } else {
      ++refused;
      if (errors.size() < errors_kept) errors.push_back(refusal(i, row, json.error()));
    }
  }
  json::Raw errors_json{"["};
  for (const auto& error : errors) {
    if (errors_json.json.size() > 1) errors_json.json += ',';
    append_json(errors_json.json, error);
  }
  errors_json.json += ']';
  const UtcTime now = clock_.now();
  const std::string caller = postgres::caller_of(context.principal);
  EMP_CO_ASSIGN(const auto begun,
                co_await database_.query(begin_job, Uuid::v7(now, random_), caller, context.idempotency_key, Uuid::from_name(to_json(request)), caller,
                                         context.principal.may("pricing.price.override"), context.trace, static_cast<std::int32_t>(request.rows.size()),
                                         numbers, rows, errors_json, refused, now));
  if (!begun[0].get<bool>(1)) co_return fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "the key was used for another request");
  const Uuid job = begun[0].get<Uuid>(0);
  // What is not done a second before the caller stops waiting goes on in the background; the answer then says "running".
  EMP_CO_TRY(co_await run_to_end(job, context.deadline - seconds(1)));
  co_return co_await get(std::move(context), {.id = job});
}

Task<Result<>> BulkUpsert::run_to_end(Uuid job, UtcTime until) {
  bool finished = false;
  while (!finished && clock_.now() < until) {
    const auto stepped = co_await database_.query(step_job, job, chunk_rows, clock_.now());
    if (!stepped && stepped.error().reason() == "LOCK_TIMEOUT") continue;  // Another runner is at it, for longer than we wait.
    if (!stepped) co_return fail(stepped.error());
    finished = (*stepped)[0].get<bool>(0);
    changed_();
  }
  co_return Result<>();
}

Task<Result<v1::BulkJob>> BulkUpsert::get(CallContext context, v1::GetBulkJobRequest request) {
  static_cast<void>(context);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_job, request.id));
  if (rows.empty()) co_return fail(Error(ErrorKind::not_found, "BULK_JOB_NOT_FOUND").with("id", request.id.to_string()));
  const auto row = rows[0];
  v1::BulkJob job{.id = request.id,
                  .rows = row.get<std::int32_t>(1),
                  .applied = row.get<std::int32_t>(2),
                  .created_at = row.get<UtcTime>(4),
                  .finished_at = row.get<std::optional<UtcTime>>(5)};
  EMP_ASSERT(v1::from_string(row.get<std::string>(0), job.status));
  EMP_CO_ASSIGN(const auto errors, json::Document::parse(row.get<std::string>(3)));
  json::Reader reader;
  errors.root().for_each_element([&](json::Value element) {
    read_json(element, reader, job.errors.emplace_back());
    return job.errors.size() < errors_kept;
  });
  if (!reader.ok()) co_return fail(reader.to_error());
  co_return job;
}

Task<Result<>> BulkUpsert::resume(CallContext context) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(open_jobs));
  for (const auto row : rows) EMP_CO_TRY(co_await run_to_end(row.get<Uuid>(0), context.deadline));
  co_return Result<>();
}

}  // namespace emporion::pricing
