#include "kernel/saga/interventions.hpp"

#include "kernel/base/text.hpp"
#include "kernel/rpc/error_codec.hpp"

namespace emporion::saga {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement lock_one{
    "saga.lock",
    "SELECT state, step, direction, context, (lease_until IS NOT NULL AND lease_until > now()) AS leased, log_seq, tries FROM saga WHERE id = $1 FOR UPDATE",
    Effect::writes};
constexpr Statement amend_one{
    "saga.amend",
    "UPDATE saga SET context = $2, state = 'running', next_run_at = now(), version = version + 1, last_save = NULL, updated_at = now() WHERE id = $1",
    Effect::writes};
constexpr Statement turn_one{"saga.turn",
                             "UPDATE saga SET state = 'compensating', direction = 'comp', tries = 0, error = $2, compensating_since = now(), next_run_at = "
                             "now(), log_seq = log_seq + 1, "
                             "version = version + 1, last_save = NULL, updated_at = now() WHERE id = $1",
                             Effect::writes};
constexpr Statement unstick_one{
    "saga.unstick",
    "UPDATE saga SET state = CASE direction WHEN 'comp' THEN 'compensating' ELSE 'running' END, compensating_since = now(), next_run_at = now(), "
    "log_seq = log_seq + 1, version = version + 1, last_save = NULL, updated_at = now() WHERE id = $1",
    Effect::writes};
constexpr Statement hasten_one{
    "saga.hasten", "UPDATE saga SET next_run_at = now(), log_seq = log_seq + 1, version = version + 1, last_save = NULL, updated_at = now() WHERE id = $1",
    Effect::writes};
constexpr Statement stick_one{
    "saga.stick",
    "UPDATE saga SET state = 'stuck', error = coalesce(error, $2), log_seq = log_seq + 1, version = version + 1, last_save = NULL, updated_at = "
    "now() WHERE id = $1",
    Effect::writes};
constexpr Statement note_one{"saga.note",
                             "INSERT INTO saga_step (saga_id, seq, step, direction, try, idem_key, state, error) SELECT id, log_seq, step, direction, tries, "
                             "'', 'note', $2 FROM saga WHERE id = $1",
                             Effect::writes};

Error busy() { return Error(ErrorKind::conflict, "SAGA_BUSY", "the saga is at work; repeat in a moment"); }

}  // namespace

Task<Result<>> Interventions::amend(Uuid saga, std::string expected_state, std::function<Result<std::string>(const std::string&)> change) {
  CallContext call(clock_.now() + seconds(5), saga, Principal::of_service(module_));
  EMP_CO_ASSIGN(auto work, co_await database_.begin(call));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_one, saga));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "SAGA_NOT_FOUND", saga.to_string());
  if (rows[0].get<std::string>(0) != expected_state) co_return fail(ErrorKind::conflict, "SAGA_STATE", text("the saga is ", rows[0].get<std::string>(0)));
  if (rows[0].get<bool>(4)) co_return fail(busy());
  EMP_CO_ASSIGN(const auto context, change(rows[0].get<std::string>(3)));
  EMP_CO_TRY(co_await work.query(amend_one, saga, context));
  if (definition_.on_state) {
    for (auto& bound : definition_.on_state(context, "running", std::nullopt, saga)) EMP_CO_TRY(co_await work.run(std::move(bound)));
  }
  EMP_CO_TRY(co_await work.commit());
  co_return Result<>();
}

Task<Result<>> Interventions::abort(Uuid saga, Error failure, std::string note) {
  CallContext call(clock_.now() + seconds(5), saga, Principal::of_service(module_));
  EMP_CO_ASSIGN(auto work, co_await database_.begin(call));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_one, saga));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "SAGA_NOT_FOUND", saga.to_string());
  const auto state = rows[0].get<std::string>(0);
  if (state == "completed" || state == "failed") co_return fail(ErrorKind::conflict, "SAGA_STATE", text("the saga is ", state));
  if (rows[0].get<std::string>(2) == "comp") co_return Result<>();  // Being undone already.
  if (definition_.index_of(rows[0].get<std::string>(1)) > definition_.pivot) {
    co_return fail(ErrorKind::conflict, "PAST_PIVOT", "the saga only goes forward from here");
  }
  if (rows[0].get<bool>(4)) co_return fail(busy());
  EMP_CO_TRY(co_await work.query(turn_one, saga, rpc::to_json(failure)));
  EMP_CO_TRY(co_await work.query(note_one, saga, note));
  if (definition_.on_state) {
    for (auto& bound : definition_.on_state(rows[0].get<std::string>(3), "compensating", failure, saga)) EMP_CO_TRY(co_await work.run(std::move(bound)));
  }
  EMP_CO_TRY(co_await work.commit());
  co_return Result<>();
}

Task<Result<>> Interventions::retry(Uuid saga, std::string note) {
  CallContext call(clock_.now() + seconds(5), saga, Principal::of_service(module_));
  EMP_CO_ASSIGN(auto work, co_await database_.begin(call));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_one, saga));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "SAGA_NOT_FOUND", saga.to_string());
  const auto state = rows[0].get<std::string>(0);
  if (state == "completed" || state == "failed") co_return fail(ErrorKind::conflict, "SAGA_STATE", text("the saga is ", state));
  if (state != "stuck" && rows[0].get<bool>(4)) co_return Result<>();  // It runs this very moment.
  EMP_CO_TRY(co_await work.query(state == "stuck" ? unstick_one : hasten_one, saga));
  EMP_CO_TRY(co_await work.query(note_one, saga, note));
  EMP_CO_TRY(co_await work.commit());
  co_return Result<>();
}

Task<Result<bool>> Interventions::stick(Uuid saga, Error why) {
  CallContext call(clock_.now() + seconds(5), saga, Principal::of_service(module_));
  EMP_CO_ASSIGN(auto work, co_await database_.begin(call));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_one, saga));
  if (rows.empty()) co_return false;
  const auto state = rows[0].get<std::string>(0);
  if (state == "completed" || state == "failed" || state == "stuck" || rows[0].get<bool>(4)) co_return false;
  EMP_CO_TRY(co_await work.query(stick_one, saga, rpc::to_json(why)));
  EMP_CO_TRY(co_await work.query(note_one, saga, why.to_string()));
  if (definition_.on_state) {
    for (auto& bound : definition_.on_state(rows[0].get<std::string>(3), "stuck", why, saga)) EMP_CO_TRY(co_await work.run(std::move(bound)));
  }
  EMP_CO_TRY(co_await work.commit());
  co_return true;
}

}  // namespace emporion::saga
