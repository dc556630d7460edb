#include "kernel/postgres/database.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "kernel/async/fault_pause.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/database_impl.hpp"
#include "kernel/postgres/failure.hpp"
#include "kernel/postgres/transaction_span.hpp"

namespace emporion::postgres {
namespace {

namespace asio = boost::asio;

constexpr std::size_t in_flight_max = 64;  ///< Units per shared connection: libpq itself would buffer without bound.
constexpr std::size_t queue_max = 20'000;  ///< Units that wait for a place on a connection.
constexpr seconds line_wait_max{60};       ///< Callers without a sensible deadline leave the line then.
const SystemClock machine_clock;

bool writes(const std::vector<Bound>& bounds) {
  return std::ranges::any_of(bounds, [](const Bound& bound) { return bound.statement.effect == Effect::writes; });
}

Error busy(std::string_view why) { return Error(ErrorKind::resource_exhausted, "DATABASE_BUSY", std::string(why)).with("retry_after", 1); }

}  // namespace

/// A caller in the line for an exclusive connection.
struct Database::Impl::Waiter {
  explicit Waiter(asio::io_context& context) : timer(context) {}
  OneShot<Result<ConnectionPtr>> done;
  bool in_line = true;  ///< Until a connection is on its way, or the time is up.
  asio::steady_timer timer;
};

Database::Impl::Impl(Runtime& given_runtime, DatabaseOptions given_options)
    : runtime(given_runtime),
      options(std::move(given_options)),
      metrics(std::make_shared<StatementMetrics>(options.module)),
      fault_before(options.module + ".commit.before"),
      fault_after(options.module + ".commit.after") {
  if (options.clock == nullptr) options.clock = &machine_clock;
  EMP_ASSERT(options.connections_shared > 0 && options.connections_exclusive > 0);
}

Task<Result<std::vector<Rows>>> Database::Impl::execute(std::vector<Bound> bounds) {
  const auto self = shared_from_this();
  if (bounds.empty()) co_return std::vector<Rows>();
  const bool is_write = writes(bounds);
  if (is_write) EMP_FAULT_PAUSE(fault_before);
  if (is_write && EMP_FAULT_POINT(fault_before)) co_return fail(outcome_unknown("ordered by a fault point"));
  Unit unit;
  unit.bounds = std::move(bounds);
  unit.unknown_if_lost = is_write;
  TransactionSpan span(options.module);
  span.before(unit.bounds);
  submit(unit);
  auto answer = co_await unit.answer;
  span.after(answer);
  span.committed(answer ? nullptr : &answer.error());
  if (is_write && answer) {
    committed_write();
    EMP_FAULT_PAUSE(fault_after);
    if (EMP_FAULT_POINT(fault_after)) co_return fail(outcome_unknown("ordered by a fault point"));
  }
  co_return answer;
}

void Database::Impl::committed_write() {
  for (const auto& listener : listeners) listener();
}

// Shared connections.

void Database::Impl::submit(Unit& unit) {
  if (closed) return unit.answer.set(fail(database_unavailable("the database is closed")));
  if (queue_.size() >= queue_max) return unit.answer.set(fail(busy("too many statements wait")));
  const ConnectionPtr free = queue_.empty() ? room() : nullptr;
  if (free) {
    free->send(unit);
  } else {
    queue_.push_back(&unit);
  }
  grow();
}

Database::Impl::ConnectionPtr Database::Impl::room() {
  for (;;) {
    ConnectionPtr best;
    for (const auto& connection : shared_) {
      if (connection->is_connected() && connection->in_flight() < in_flight_max && (!best || connection->in_flight() < best->in_flight())) best = connection;
    }
    if (!best || best->is_still_connected()) return best;
  }
}

/// Sends what waits as far as there is room.
void Database::Impl::pump() {
  while (!queue_.empty()) {
    const ConnectionPtr free = room();
    if (!free || queue_.empty()) break;
    Unit* const unit = queue_.front();
    queue_.pop_front();
    free->send(*unit);
  }
  if (!queue_.empty()) grow();
}

/// Opens a connection when those that are open are all at work; refuses the queue when none can be had.
void Database::Impl::grow() {
  bool alive = false;
  for (const auto& connection : shared_) {
    alive = alive || connection->is_connected() || connection->is_connecting();
    if (connection->is_connecting() || (connection->is_connected() && connection->in_flight() < 2 && queue_.empty())) return;
  }
  if (shared_.size() < static_cast<std::size_t>(options.connections_shared)) {
    auto made = std::make_shared<Connection>(runtime, options, Connection::Use::shared, metrics);
    made->on_change([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->pump();
    });
    shared_.push_back(made);
  }
  const auto next = std::ranges::find_if(shared_, [](const auto& connection) { return connection->may_connect(); });
  if (next != shared_.end()) {
    start_detached(connect_in_background(shared_from_this(), *next));
  } else if (!alive) {
    fail_queued(database_unavailable("the database cannot be reached"));
  }
}

Task<void> Database::Impl::connect_in_background(std::shared_ptr<Impl> self, ConnectionPtr connection) {
  const auto connected = co_await connection->connect();
  if (self->closed) connection->close();
  const bool alive = std::ranges::any_of(self->shared_, [](const auto& each) { return each->is_connected() || each->is_connecting(); });
  if (!connected && !alive) self->fail_queued(connected.error());
}

void Database::Impl::fail_queued(const Error& error) {
  for (Unit* unit : std::exchange(queue_, {})) unit->answer.set(fail(error));
}

// Exclusive connections.

Task<Result<Database::Impl::ConnectionPtr>> Database::Impl::take_exclusive(UtcTime deadline) {
  const auto self = shared_from_this();
  if (closed) co_return fail(database_unavailable("the database is closed"));
  ConnectionPtr connection;
  if (exclusive_taken_ < static_cast<std::size_t>(options.connections_exclusive)) {
    ++exclusive_taken_;
    if (idle_.empty()) {
      connection = std::make_shared<Connection>(runtime, options, Connection::Use::exclusive, metrics);
    } else {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  } else {
    const microseconds left = std::min<microseconds>(deadline - options.clock->now(), line_wait_max);
    if (left <= microseconds(0)) co_return fail(busy("no connection was free before the deadline"));
    const auto waiter = std::make_shared<Waiter>(*static_cast<asio::io_context*>(runtime.native_handle()));
    waiter->timer.expires_after(left);
    waiter->timer.async_wait([waiter, weak = weak_from_this()](const boost::system::error_code& cancelled) {
      const auto alive = weak.lock();
      if (cancelled || !alive || !std::exchange(waiter->in_line, false)) return;
      std::erase(alive->line_, waiter);
      waiter->done.set(fail(busy("no connection was free before the deadline")));
    });
    line_.push_back(waiter);
    auto given = co_await waiter->done;
    waiter->timer.cancel();
    if (!given) co_return fail(given.error());
    connection = std::move(*given);
  }
  auto connected = co_await connection->connect();
  if (!connected) {
    give_back(std::move(connection));
    co_return fail(connected.error());
  }
  co_return connection;
}

void Database::Impl::give_back(ConnectionPtr connection) {
  if (!line_.empty()) {
    const auto next = line_.front();
    line_.pop_front();
    next->in_line = false;
    // Not inline: who gives back goes on first.
    return runtime.post([next, connection = std::move(connection)]() mutable { next->done.set(std::move(connection)); });
  }
  --exclusive_taken_;
  if (closed) {
    connection->close();
  } else {
    idle_.push_back(std::move(connection));
  }
}

bool Database::Impl::is_at_work() const {
  return exclusive_taken_ > 0 || !queue_.empty() ||
         std::ranges::any_of(shared_, [](const auto& connection) { return connection->in_flight() > 0 || connection->is_connecting(); });
}

void Database::Impl::end_idle_connections() {
  for (const auto& connection : shared_) connection->close();
  for (const auto& connection : std::exchange(idle_, {})) connection->close();
  fail_queued(database_unavailable("the database is closed"));
}

// The public face.

Database::Database(Runtime& runtime, DatabaseOptions options) : impl_(std::make_shared<Impl>(runtime, std::move(options))) {}
Database::~Database() = default;

Task<Result<Rows>> Database::run(Bound bound) {
  const auto impl = impl_;
  std::vector<Bound> bounds;
  bounds.push_back(std::move(bound));
  auto answers = co_await impl->execute(std::move(bounds));
  if (!answers) co_return fail(std::move(answers).error());
  co_return std::move(answers->front());
}

Task<Result<std::vector<Rows>>> Database::run_together(std::vector<Bound> bounds) {
  const auto impl = impl_;
  co_return co_await impl->execute(std::move(bounds));
}

void Database::on_committed_write(std::function<void()> listener) { impl_->listeners.push_back(std::move(listener)); }
const std::string& Database::module() const noexcept { return impl_->options.module; }

Task<void> Database::close() {
  const auto impl = impl_;
  impl->closed = true;
  for (int pauses = 0; impl->is_at_work() && pauses < 1'000; ++pauses) co_await impl->runtime.sleep_for(milliseconds(10));
  impl->end_idle_connections();
}

}  // namespace emporion::postgres
