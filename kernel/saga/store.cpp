#include "kernel/saga/store.hpp"

#include "kernel/rpc/error_codec.hpp"

namespace emporion::saga {
namespace {

using postgres::Effect;
using postgres::Statement;

#define EMP_SAGA_COLUMNS \
  "id, subject, state, step, direction, tries, context, error, deadline_at, next_run_at, created_at, updated_at, version, log_seq, compensating_since"

constexpr Statement save_batch{
    "saga.save_batch", "SELECT saga_save_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
    Effect::writes};
constexpr Statement claim_due{"saga.claim", "SELECT " EMP_SAGA_COLUMNS " FROM saga_claim_due($1, $2, $3, $4, $5)", Effect::writes};
constexpr Statement renew_leases{"saga.renew", "SELECT saga_renew($1, $2, $3)", Effect::writes};
constexpr Statement select_one{"saga.find", "SELECT " EMP_SAGA_COLUMNS " FROM saga WHERE id = $1"};
constexpr Statement select_log{
    "saga.log",
    "SELECT seq, step, direction, try, idem_key, state, error, at, encode(request_sha256, 'hex'), response FROM saga_step WHERE saga_id = $1 ORDER BY seq"};
constexpr Statement select_list{"saga.list", "SELECT " EMP_SAGA_COLUMNS
                                             " FROM saga WHERE definition = $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR id < $3) "
                                             "ORDER BY id DESC LIMIT $4"};

std::vector<Snapshot> read_all(const postgres::Rows& rows) {
  std::vector<Snapshot> out;
  out.reserve(rows.size());
  for (const auto row : rows) out.push_back(read_snapshot(row));
  return out;
}

}  // namespace

Snapshot read_snapshot(const postgres::Row& row) {
  Snapshot out;
  out.id = row.get<Uuid>(0);
  out.subject = row.get<std::string>(1);
  out.state = row.get<std::string>(2);
  out.step = row.get<std::string>(3);
  out.direction = row.get<std::string>(4);
  out.tries = row.get<std::int32_t>(5);
  out.context = row.get<std::string>(6);
  if (const auto error = row.get<std::optional<std::string>>(7)) out.error = rpc::error_from_json(*error);
  out.deadline = row.get<UtcTime>(8);
  out.next_run_at = row.get<UtcTime>(9);
  out.created_at = row.get<UtcTime>(10);
  out.updated_at = row.get<UtcTime>(11);
  out.version = row.get<std::int64_t>(12);
  out.log_seq = row.get<std::int64_t>(13);
  out.undoing_since = row.get<std::optional<UtcTime>>(14);
  return out;
}

Store::Store(Runtime& runtime, postgres::Database& database, std::string definition, std::string owner, std::int32_t lease_s)
    : database_(database),
      definition_(std::move(definition)),
      owner_(std::move(owner)),
      lease_s_(lease_s),
      lane_(runtime, {.name = definition_ + ".log"}, [this](SaveLane::Batch batch) { return run(std::move(batch)); }) {}

Task<Result<Store::SaveLane::Answers>> Store::run(SaveLane::Batch batch) {
  std::vector<Uuid> ids, saves, log_sagas;
  std::vector<std::int64_t> versions, log_seqs, entry_seqs;
  std::vector<std::string> states, steps, directions, entry_steps, entry_directions, entry_keys, entry_states;
  std::vector<std::int32_t> tries, leases, entry_tries;
  std::vector<std::optional<std::string>> contexts, errors, owners, entry_errors, entry_responses;
  std::vector<UtcTime> next, deadlines;
  std::vector<postgres::Bound> unit;
  unit.emplace_back();
  for (auto& save : batch) {
    ids.push_back(save.id);
    versions.push_back(save.version);
    saves.push_back(save.save_id);
    states.push_back(std::move(save.state));
    steps.push_back(std::move(save.step));
    directions.push_back(std::move(save.direction));
    tries.push_back(save.tries);
    contexts.push_back(std::move(save.context));
    errors.push_back(std::move(save.error));
    next.push_back(save.next_run_at);
    deadlines.push_back(save.deadline);
    owners.push_back(std::move(save.owner));
    leases.push_back(lease_s_);
    log_seqs.push_back(save.log_seq);
    for (auto& entry : save.log) {
      log_sagas.push_back(save.id);
      entry_seqs.push_back(entry.seq);
      entry_steps.push_back(std::move(entry.step));
      entry_directions.push_back(std::move(entry.direction));
      entry_tries.push_back(entry.try_number);
      entry_keys.push_back(std::move(entry.key));
      entry_states.push_back(std::move(entry.state));
      entry_errors.push_back(std::move(entry.error));
      entry_responses.push_back(std::move(entry.response));
    }
    for (auto& bound : save.with) unit.push_back(std::move(bound));
  }
  unit.front() = postgres::bind(save_batch, ids, versions, saves, states, steps, directions, tries, contexts, errors, next, deadlines, owners, leases, log_seqs,
                                log_sagas, entry_seqs, entry_steps, entry_directions, entry_tries, entry_keys, entry_states, entry_errors, entry_responses);
  EMP_CO_TRY(co_await database_.run_together(std::move(unit)));
  co_return SaveLane::Answers(ids.size(), Result<bool>(true));
}

Task<Result<std::vector<Snapshot>>> Store::claim(std::int32_t count, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(claim_due, definition_, owner_, lease_s_, count, now));
  co_return read_all(rows);
}

Task<Result<>> Store::renew(std::vector<Uuid> sagas) {
  EMP_CO_TRY(co_await database_.query(renew_leases, sagas, owner_, lease_s_));
  co_return Result<>();
}

Task<Result<Snapshot>> Store::find(Uuid saga) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_one, saga));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "SAGA_NOT_FOUND", saga.to_string());
  co_return read_snapshot(rows[0]);
}

Task<Result<std::vector<StepRecord>>> Store::log_of(Uuid saga) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_log, saga));
  std::vector<StepRecord> out;
  for (const auto row : rows) {
    out.push_back({row.get<std::int64_t>(0), row.get<std::string>(1), row.get<std::string>(2), row.get<std::int32_t>(3), row.get<std::string>(4),
                   row.get<std::string>(5), row.get<std::optional<std::string>>(6), row.get<UtcTime>(7), row.get<std::optional<std::string>>(8).value_or(""),
                   row.get<std::optional<std::string>>(9)});
  }
  co_return out;
}

Task<Result<std::vector<Snapshot>>> Store::list(std::optional<std::string> state, std::optional<Uuid> after, std::int32_t count) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(select_list, definition_, state, after, count));
  co_return read_all(rows);
}

}  // namespace emporion::saga
