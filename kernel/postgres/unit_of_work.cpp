#include <optional>
#include <utility>

#include "kernel/async/fault_pause.hpp"
#include "kernel/postgres/database_impl.hpp"
#include "kernel/postgres/failure.hpp"
#include "kernel/postgres/transaction_span.hpp"

namespace emporion::postgres {

/// Transaction control travels with the next statement: BEGIN and SAVEPOINT cost no round trip of their own.
struct UnitOfWork::State {
  State(std::shared_ptr<Database::Impl> given_database, std::shared_ptr<Connection> given_connection, CallContext given_context)
      : database(std::move(given_database)),
        connection(std::move(given_connection)),
        context(std::move(given_context)),
        session(connection->session()),
        span(database->options.module) {
    context.transaction_opened();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!connection) return;
    span.rolled_back();
    context.transaction_closed();
    if (begun && is_connected()) {
      start_detached(roll_back(database, std::move(connection)));
    } else {
      database->give_back(std::move(connection));
    }
  }

  bool is_connected() const { return connection->is_connected() && connection->session() == session; }

  /// After a lost session no later statement may run: it would be outside the transaction.
  Task<Result<std::vector<Rows>>> send(std::vector<Bound> bounds, std::string_view last_control = {}) {
    if (!is_connected()) co_return fail(database_unavailable("the connection to the database broke"));
    Unit unit;
    unit.controls = std::exchange(pending, {});
    if (!last_control.empty()) unit.controls.push_back(last_control);
    unit.bounds = std::move(bounds);
    unit.unknown_if_lost = last_control == "COMMIT";
    begun = true;
    connection->send(unit);
    co_return co_await unit.answer;
  }

  void release() {
    context.transaction_closed();
    database->give_back(std::move(connection));
    connection = nullptr;
  }

  static Task<void> roll_back(std::shared_ptr<Database::Impl> database, std::shared_ptr<Connection> connection) {
    Unit unit;
    unit.controls = {"ROLLBACK"};
    connection->send(unit);
    const auto done = co_await unit.answer;
    if (!done) connection->close();
    database->give_back(std::move(connection));
  }

  std::shared_ptr<Database::Impl> database;
  std::shared_ptr<Connection> connection;  ///< Null once spent.
  CallContext context;
  std::uint64_t session;
  TransactionSpan span;
  std::vector<std::string_view> pending{"BEGIN"};
  bool begun = false;
  bool has_savepoint = false;
  std::optional<Error> failure;  ///< Of a statement; the server refuses all others until a rollback.
};

Task<Result<UnitOfWork>> Database::begin(CallContext context) {
  const auto impl = impl_;
  auto connection = co_await impl->take_exclusive(context.deadline);
  if (!connection) co_return fail(std::move(connection).error());
  co_return UnitOfWork(std::make_unique<UnitOfWork::State>(impl, std::move(*connection), std::move(context)));
}

UnitOfWork::UnitOfWork(std::unique_ptr<State> state) : state_(std::move(state)) {}
UnitOfWork::UnitOfWork(UnitOfWork&&) noexcept = default;
UnitOfWork::~UnitOfWork() = default;

Task<Result<Rows>> UnitOfWork::run(Bound bound) {
  std::vector<Bound> bounds;
  bounds.push_back(std::move(bound));
  auto answers = co_await run_together(std::move(bounds));
  if (!answers) co_return fail(std::move(answers).error());
  co_return std::move(answers->front());
}

Task<Result<std::vector<Rows>>> UnitOfWork::run_together(std::vector<Bound> bounds) {
  State& state = *state_;
  EMP_ASSERT(state.connection);
  if (state.failure) co_return fail(*state.failure);
  if (bounds.empty()) co_return std::vector<Rows>();
  state.span.before(bounds);
  auto answers = co_await state.send(std::move(bounds));
  state.span.after(answers);
  if (!answers) state.failure = answers.error();
  co_return answers;
}

Task<Result<>> UnitOfWork::savepoint() {
  State& state = *state_;
  EMP_ASSERT(state.connection);
  if (state.failure) co_return fail(*state.failure);
  if (state.has_savepoint) state.pending.push_back("RELEASE SAVEPOINT kept");
  state.pending.push_back("SAVEPOINT kept");
  state.has_savepoint = true;
  co_return Result<>();
}

Task<Result<>> UnitOfWork::rollback_to_savepoint() {
  State& state = *state_;
  EMP_ASSERT(state.connection && state.has_savepoint);
  if (!state.is_connected()) co_return fail(database_unavailable("the connection to the database broke"));
  if (!state.pending.empty() && state.pending.back() == "SAVEPOINT kept") co_return Result<>();  // Nothing ran since.
  state.failure.reset();
  state.pending.push_back("ROLLBACK TO SAVEPOINT kept");
  co_return Result<>();
}

Task<Result<>> UnitOfWork::commit() {
  // Whatever happens, the object is spent; a State that dies with its connection rolls back.
  const std::unique_ptr<State> state = std::move(state_);
  EMP_ASSERT(state && state->connection);
  if (state->failure) co_return fail(*state->failure);
  if (!state->begun) co_return Result<>();
  EMP_FAULT_PAUSE(state->database->fault_before);
  if (EMP_FAULT_POINT(state->database->fault_before)) co_return fail(outcome_unknown("ordered by a fault point"));
  const auto done = co_await state->send({}, "COMMIT");
  state->span.committed(done ? nullptr : &done.error());
  const auto database = state->database;
  state->release();
  if (!done) co_return fail(done.error());
  database->committed_write();
  EMP_FAULT_PAUSE(database->fault_after);
  if (EMP_FAULT_POINT(database->fault_after)) co_return fail(outcome_unknown("ordered by a fault point"));
  co_return Result<>();
}

}  // namespace emporion::postgres
