#include "modules/product/catalog/adapters/postgres/imports.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "modules/product/catalog/app/import_rows.hpp"

namespace emporion::catalog {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr std::size_t rows_max = 100'000;
constexpr std::int32_t chunk_rows = 100;  // In one transaction.

constexpr Statement find_job{"catalog.find_import_job", "SELECT id, request_hash FROM import_job WHERE caller = $1::text AND key = $2::text"};
constexpr Statement insert_job{"catalog.insert_import_job",
                               "INSERT INTO import_job (id, caller, key, request_hash, trace, dry_run, atomic, rows, refused, errors, created_at) VALUES "
                               "($1::uuid, $2::text, $3::text, $4::uuid, "
                               "$5::uuid, $6::bool, $7::bool, $8::int4, $9::int4, $10::jsonb, $11::timestamptz) ON CONFLICT (caller, key) DO NOTHING",
                               Effect::writes};
constexpr Statement insert_job_rows{
    "catalog.insert_import_rows",
    "INSERT INTO import_row (job_id, row_no, external_reference, new_id, data, codes, has_slug, publish) "
    "SELECT $1::uuid, u.* FROM unnest($2::int4[], $3::text[], $4::uuid[], $5::jsonb[], $6::jsonb[], $7::bool[], $8::bool[]) AS u",
    Effect::writes};
constexpr Statement step_job{"catalog.step_import_job", "SELECT import_job_step($1::uuid, $2::int4, $3::timestamptz)", Effect::writes};
constexpr Statement get_job{"catalog.get_import_job", "SELECT import_job_document(j) FROM import_job j WHERE id = $1::uuid"};
constexpr Statement cancel_job{"catalog.cancel_import_job", "SELECT import_job_cancel($1::uuid, $2::timestamptz)", Effect::writes};
constexpr Statement open_jobs{"catalog.open_import_jobs", "SELECT id FROM import_job WHERE status IN ('queued', 'running') ORDER BY created_at LIMIT 10"};
constexpr Statement is_atomic{"catalog.is_import_atomic", "SELECT atomic FROM import_job WHERE id = $1::uuid"};
constexpr Statement allow_long_statement{"catalog.allow_long_statement", "SELECT set_config('statement_timeout', '120000', true)"};

json::Raw errors_json(const std::vector<v1::ImportError>& errors) {
  json::Raw out{"["};
  for (const auto& error : errors) {
    if (out.json.size() > 1) out.json += ',';
    append_json(out.json, error);
  }
  out.json += ']';
  return out;
}

}  // namespace

Task<Result<v1::ImportJob>> Imports::begin(CallContext context, v1::ImportProductsRequest request) {
  const std::string caller = postgres::caller_of(context.principal);
  const Uuid request_hash = Uuid::from_name(text(request.dry_run.value_or(false), request.atomic.value_or(false), request.content));
  EMP_CO_ASSIGN(const auto known, co_await database_.query(find_job, caller, context.idempotency_key));
  if (!known.empty() && known[0].get<Uuid>(1) != request_hash)
    co_return fail(ErrorKind::rule_violated, "IDEMPOTENCY_KEY_REUSED", "this key was used for another import; take a new key");
  if (!known.empty()) {
    EMP_CO_TRY(co_await run_to_end(known[0].get<Uuid>(0), context.deadline - seconds(1)));
    co_return co_await get(std::move(context), {.id = known[0].get<Uuid>(0)});
  }

  EMP_CO_ASSIGN(const auto definitions, co_await attributes_.definitions());
  ParsedImport import;
  std::string_view rest = request.content;
  while (const auto line = next_import_line(rest)) {
    if (static_cast<std::size_t>(++import.rows) > rows_max)
      co_return fail(
          Error(ErrorKind::payload_too_large, "TOO_MANY_ROWS", "an import has at most 100,000 lines").with("max", static_cast<std::int64_t>(rows_max)));
    take_import_line(*line, *definitions, Uuid::v7(clock_.now(), random_), import);
    if (import.rows % 100 == 0) co_await runtime_.yield();
  }
  if (import.rows == 0) co_return fail(ErrorKind::invalid_argument, "IMPORT_EMPTY", "an import has at least one line");

  const Uuid job = Uuid::v7(clock_.now(), random_);
  EMP_CO_ASSIGN(auto work, co_await database_.begin(context));
  EMP_CO_ASSIGN(const auto inserted,
                co_await work.query(insert_job, job, caller, context.idempotency_key, request_hash, context.trace, request.dry_run.value_or(false),
                                    request.atomic.value_or(false), import.rows, import.refused, errors_json(import.errors), clock_.now()));
  if (inserted.affected() == 0) co_return fail(ErrorKind::conflict, "REQUEST_IN_PROGRESS", "the first request with this key is still running");
  for (const auto& chunk : import.chunks) {
    EMP_CO_TRY(
        co_await work.query(insert_job_rows, job, chunk.numbers, chunk.references, chunk.ids, chunk.products, chunk.codes, chunk.has_slug, chunk.publish));
  }
  EMP_CO_TRY(co_await work.commit());
  // What is not done a second before the caller stops waiting goes on in the background; the answer then says "running".
  EMP_CO_TRY(co_await run_to_end(job, context.deadline - seconds(1)));
  co_return co_await get(std::move(context), {.id = job});
}

Task<Result<>> Imports::run_to_end(Uuid job, UtcTime until) {
  EMP_CO_ASSIGN(const auto atomic, co_await database_.query(is_atomic, job));
  if (atomic.empty()) co_return Result<>();
  bool finished = false;
  while (!finished && clock_.now() < until) {
    std::vector<postgres::Bound> together;
    if (atomic[0].get<bool>(0)) together.push_back(postgres::bind(allow_long_statement));  // All rows are one statement then.
    together.push_back(postgres::bind(step_job, job, chunk_rows, clock_.now()));
    const auto stepped = co_await database_.run_together(std::move(together));
    if (!stepped && stepped.error().reason() == "LOCK_TIMEOUT") continue;  // Another runner is at it, for longer than we wait.
    if (!stepped) co_return fail(stepped.error());
    finished = stepped->back()[0].get<bool>(0);
    changed_();
  }
  co_return Result<>();
}

Task<Result<v1::ImportJob>> Imports::get(CallContext, v1::GetImportJobRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_job, request.id));
  if (rows.empty()) co_return fail(Error(ErrorKind::not_found, "IMPORT_JOB_NOT_FOUND").with("id", request.id.to_string()));
  co_return parse_json<v1::ImportJob>(rows[0].get<std::string>(0));
}

Task<Result<v1::ImportJob>> Imports::cancel(CallContext, v1::CancelImportJobRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(cancel_job, request.id, clock_.now()));
  co_return parse_json<v1::ImportJob>(rows[0].get<std::string>(0));
}

Task<Result<>> Imports::resume(CallContext context) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(open_jobs));
  for (const auto row : rows) EMP_CO_TRY(co_await run_to_end(row.get<Uuid>(0), context.deadline));
  co_return Result<>();
}

}  // namespace emporion::catalog
