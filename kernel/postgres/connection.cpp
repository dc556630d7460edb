#include "kernel/postgres/connection.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/postgres/dialer.hpp"
#include "kernel/postgres/failure.hpp"
#include "kernel/postgres/prepared.hpp"

namespace emporion::postgres {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;
using Time = std::chrono::steady_clock::time_point;

constexpr seconds silence_grace{5};  ///< Beyond the server's own timeouts: then the network or the server is gone.

Time now() { return std::chrono::steady_clock::now(); }
asio::io_context& context_of(Runtime& runtime) { return *static_cast<asio::io_context*>(runtime.native_handle()); }

struct Step {
  enum class Kind : std::uint8_t { control, prepare, statement };
  Kind kind;
  Prepared* prepared;  ///< Null for a control.
  std::string_view name;
};

/// What follows in the transaction is planned for its parameters, with any kind of scan.
constexpr std::string_view plan_each_time = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'on', true)";

/// What one Sync will end. Without a unit it only prepares.
struct Entry {
  Unit* unit = nullptr;
  std::vector<Step> steps;
  std::size_t at = 0;
  Time sent_at;
  std::vector<Rows> rows;
  std::optional<Error> error;
  std::string sqlstate;
  bool rolled_back = false;
};

}  // namespace

struct Connection::Impl : std::enable_shared_from_this<Impl> {
  enum class Phase : std::uint8_t { closed, connecting, ready };

  Impl(Runtime& runtime, const DatabaseOptions& given, Use given_use, std::shared_ptr<StatementMetrics> given_metrics)
      : options(given), use(given_use), metrics(std::move(given_metrics)), dialer(runtime, given), socket(context_of(runtime)), timer(context_of(runtime)) {}

  DatabaseOptions options;
  Use use;
  std::shared_ptr<StatementMetrics> metrics;
  Dialer dialer;
  Descriptor socket;
  asio::steady_timer timer;
  PGconn* pg = nullptr;
  Phase phase = Phase::closed;
  bool is_deserted = false;  ///< The server takes no writes any more: nothing new goes to it, and when all is answered the session ends.
  std::uint64_t session = 0;
  std::vector<OneShot<Result<>>*> connecting;

  std::deque<Entry> in_flight;
  PreparedStatements prepared;
  bool waiting_to_write = false;
  bool watched = false;
  Time last_progress;
  std::function<void()> listener;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;

  // Connecting.

  void start_connecting() {
    phase = Phase::connecting;
    dialer.dial([self = shared_from_this()](PGconn* opened) {
      if (opened == nullptr) return self->connect_failed();
      self->connected(opened);
    });
  }

  void connected(PGconn* opened) {
    pg = opened;
    boost::system::error_code error;
    socket.assign(PQsocket(pg), error);
    if (error) {
      dialer.put_off(error.message());
      return connect_failed();
    }
    phase = Phase::ready;
    is_deserted = false;
    watched = false;
    waiting_to_write = false;
    await_input();
    answer_connecting({});
  }

  void connect_failed() {
    observe::warning("no connection to the database", {{"module", options.module}, {"error", dialer.problem()}});
    metrics->failed("DATABASE_UNAVAILABLE");
    end_session();
    answer_connecting(fail(database_unavailable("the database cannot be reached")));
  }

  void answer_connecting(const Result<>& result) {
    for (auto* waiter : std::exchange(connecting, {})) waiter->set(result);
    if (listener) listener();
  }

  void end_session() {
    dialer.hang_up();
    timer.cancel();
    if (socket.is_open()) socket.release();
    if (pg != nullptr) PQfinish(std::exchange(pg, nullptr));
    phase = Phase::closed;
    ++session;
    prepared.clear();
  }

  // Sending.

  void send(Unit& unit) {
    EMP_ASSERT(phase == Phase::ready);
    Entry entry;
    entry.unit = &unit;
    entry.sent_at = now();
    bool sent = true;
    for (const std::string_view control : unit.controls) {
      sent = sent && send_control(control);
      entry.steps.push_back({Step::Kind::control, nullptr, control});
    }
    if (use == Use::shared) {
      for (const Bound& bound : unit.bounds) sent = sent && prepare_apart(bound);
    }
    if (options.planning == Planning::once && std::ranges::any_of(unit.bounds, [this](const Bound& each) { return prepared.find(each).filters_optionally; })) {
      sent = sent && send_control(plan_each_time);
      entry.steps.push_back({Step::Kind::control, nullptr, plan_each_time});
    }
    for (const Bound& bound : unit.bounds) {
      Prepared& known = prepared.find(bound);
      if (known.state == Prepared::State::absent) {
        sent = sent && prepared.send(pg, known);
        entry.steps.push_back({Step::Kind::prepare, &known, bound.statement.name});
      }
      sent = sent && send_bound(known, bound.parameters);
      entry.steps.push_back({Step::Kind::statement, &known, bound.statement.name});
    }
    sent = sent && PQpipelineSync(pg) == 1;
    enlist(std::move(entry));
    after_sending(sent);
  }

  bool send_control(std::string_view sql) { return PQsendQueryParams(pg, sql.data(), 0, nullptr, nullptr, nullptr, nullptr, 1) == 1; }

  /// The server's silence counts from the first thing that it is asked.
  void enlist(Entry entry) {
    if (in_flight.empty()) last_progress = now();
    in_flight.push_back(std::move(entry));
  }

  void after_sending(bool sent) {
    if (!sent) return lose(PQerrorMessage(pg));
    flush();
    if (pg != nullptr && !watched) watch();
  }

  /// In an entry and a Sync of its own.
  bool prepare_apart(const Bound& bound) {
    Prepared& known = prepared.find(bound);
    if (known.state != Prepared::State::absent) return true;
    const bool sent = prepared.send(pg, known) && PQpipelineSync(pg) == 1;
    Entry entry;
    entry.sent_at = now();
    entry.steps.push_back({Step::Kind::prepare, &known, bound.statement.name});
    enlist(std::move(entry));
    return sent;
  }

  bool send_bound(const Prepared& known, const Parameters& parameters) {
    const auto& slots = parameters.slots();
    values.resize(slots.size());
    lengths.resize(slots.size());
    formats.assign(slots.size(), 1);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      values[i] = slots[i].offset < 0 ? nullptr : parameters.bytes().data() + slots[i].offset;
      lengths[i] = slots[i].length;
    }
    return PQsendQueryPrepared(pg, known.name.c_str(), static_cast<int>(slots.size()), values.data(), lengths.data(), formats.data(), 1) == 1;
  }

  void flush() {
    const int left = PQflush(pg);
    if (left < 0) return lose(PQerrorMessage(pg));
    if (left == 0 || waiting_to_write) return;
    waiting_to_write = true;
    socket.async_wait(Descriptor::wait_write, [self = shared_from_this(), of = session](const boost::system::error_code& cancelled) {
      if (cancelled || self->session != of) return;
      self->waiting_to_write = false;
      self->flush();
    });
  }

  // Receiving.

  /// Always, also while idle, so that a lost connection is noticed before it is used.
  void await_input() {
    socket.async_wait(Descriptor::wait_read, [self = shared_from_this(), of = session](const boost::system::error_code& cancelled) {
      if (cancelled || self->session != of) return;
      const bool alive = PQconsumeInput(self->pg) == 1;
      self->take_results();
      if (self->session != of) return;
      if (!alive) return self->lose(PQerrorMessage(self->pg));
      self->await_input();
    });
  }

  void take_results() {
    const std::uint64_t of = session;
    int boundaries = 0;  // libpq answers null between two statements; more than that would be a loop
    while (PQisBusy(pg) == 0 && !in_flight.empty() && boundaries < 3) {
      PGresult* raw = PQgetResult(pg);
      if (raw == nullptr) {
        ++boundaries;
        continue;
      }
      boundaries = 0;
      last_progress = now();
      std::shared_ptr<const void> result(raw, [](const void* each) { PQclear(static_cast<PGresult*>(const_cast<void*>(each))); });
      if (PQresultStatus(raw) == PGRES_PIPELINE_SYNC) {
        finish_first();
        if (session == of && is_deserted && in_flight.empty()) lose("the server takes no writes");
        if (session != of) return;
      } else {
        take_result(raw, std::move(result));
      }
    }
  }

  void take_result(PGresult* raw, std::shared_ptr<const void> result) {
    Entry& entry = in_flight.front();
    const Step* step = entry.at < entry.steps.size() ? &entry.steps[entry.at++] : nullptr;
    switch (PQresultStatus(raw)) {
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
        if (step == nullptr) break;
        if (step->kind == Step::Kind::prepare) step->prepared->state = Prepared::State::ready;
        if (step->kind == Step::Kind::control)
          entry.rolled_back = entry.rolled_back || (step->name == "COMMIT" && std::string_view(PQcmdStatus(raw)) != "COMMIT");
        if (step->kind == Step::Kind::statement) {
          metrics->answered(step->name, last_progress - entry.sent_at);
          expect_effect(entry, *step, PQcmdStatus(raw));
          entry.rows.emplace_back(std::move(result));
        }
        break;
      case PGRES_PIPELINE_ABORTED:
        if (step != nullptr && step->kind == Step::Kind::prepare) step->prepared->state = Prepared::State::absent;
        break;
      default:
        if (step != nullptr && step->kind == Step::Kind::prepare) step->prepared->state = Prepared::State::absent;
        if (entry.error) break;
        const Failure failure = failure_of(raw);
        entry.sqlstate = failure.sqlstate;
        entry.error = to_error(failure, step == nullptr ? std::string_view("commit") : step->name);
        if (step != nullptr && step->kind == Step::Kind::prepare) step->prepared->error = entry.error;
    }
  }

  /// Who says `reads` and writes would have a lost commit taken for a refusal.
  void expect_effect(const Entry& entry, const Step& step, std::string_view tag) const {
    if (!tag.starts_with("INSERT") && !tag.starts_with("UPDATE") && !tag.starts_with("DELETE") && !tag.starts_with("MERGE")) return;
    for (const Bound& bound : entry.unit->bounds) {
      if (bound.statement.name != step.name || bound.statement.effect == Effect::writes) continue;
      observe::error("a statement that says Effect::reads wrote", {{"statement", std::string(step.name)}});
      EMP_ASSERT(bound.statement.effect == Effect::writes);
    }
  }

  void finish_first() {
    Entry entry = std::move(in_flight.front());
    in_flight.pop_front();
    if (entry.unit != nullptr) {
      if (entry.sqlstate == "26000" || entry.sqlstate == "0A000") forget_statements(entry);
      if (entry.sqlstate == "25006") is_deserted = true;  // A standby, or a primary that is being replaced: the next session looks for one that writes.
      if (!entry.error && entry.rolled_back) entry.error = Error(ErrorKind::internal, "DATABASE_ERROR", "the transaction was rolled back");
      if (entry.error) {
        metrics->failed(entry.error->reason());
        entry.unit->answer.set(fail(std::move(*entry.error)));
      } else {
        entry.unit->answer.set(std::move(entry.rows));
      }
    }
    if (listener) listener();
  }

  /// The unit met a statement that is not there (its preparation failed meanwhile: that is the error to tell) or that no longer fits the schema.
  void forget_statements(Entry& entry) {
    for (const Step& step : entry.steps) {
      if (step.prepared == nullptr) continue;
      if (step.prepared->error) entry.error = step.prepared->error;
      if (step.prepared->state == Prepared::State::ready) step.prepared->state = Prepared::State::absent;
    }
  }

  // Losing.

  /// Without in-flight units the server has nothing to say but notices, or goodbye.
  bool hung_up() {
    char byte = 0;
    for (;;) {
      const ssize_t seen = recv(PQsocket(pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      if (seen < 0) return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
      if (seen == 0 || PQconsumeInput(pg) != 1) return true;
      take_results();
    }
  }

  void lose(std::string_view why) {
    std::string problem(trimmed(why));
    for (const Entry& entry : in_flight) {
      if (entry.error && !entry.sqlstate.empty()) problem = text(entry.sqlstate, " ", problem);
    }
    observe::warning("connection to the database lost", {{"module", options.module}, {"error", problem}, {"in_flight", std::to_string(in_flight.size())}});
    close();
  }

  void close() {
    auto lost = std::exchange(in_flight, {});
    end_session();
    for (Entry& entry : lost) {
      if (entry.unit == nullptr) continue;
      Error error = entry.unit->unknown_if_lost ? outcome_unknown("the connection to the database broke before the answer")
                                                : database_unavailable("the connection to the database broke");
      metrics->failed(error.reason());
      entry.unit->answer.set(fail(std::move(error)));
    }
    if (listener) listener();
  }

  /// A server that is gone without a word is noticed by its silence.
  void watch() {
    watched = true;
    timer.expires_after(seconds(1));
    timer.async_wait([self = shared_from_this(), of = session, due = now() + seconds(1)](const boost::system::error_code& cancelled) {
      if (cancelled || self->session != of) return;
      if (now() - due > seconds(1)) self->last_progress = now();  // This process stood still, not the server: its answer may lie here unread.
      if (self->in_flight.empty()) {
        self->watched = false;
      } else if (self->options.statement_timeout > milliseconds(0) &&
                 now() - self->last_progress > self->options.statement_timeout + self->options.lock_timeout + silence_grace) {
        self->lose("no answer from the server");
      } else {
        self->watch();
      }
    });
  }
};

Connection::Connection(Runtime& runtime, const DatabaseOptions& options, Use use, std::shared_ptr<StatementMetrics> metrics)
    : impl_(std::make_shared<Impl>(runtime, options, use, std::move(metrics))) {}

Connection::~Connection() {
  impl_->listener = nullptr;
  impl_->end_session();
}

Task<Result<>> Connection::connect() {
  const auto impl = impl_;
  if (is_still_connected()) co_return Result<>();
  if (impl->is_deserted && impl->phase == Impl::Phase::ready && impl->in_flight.empty()) impl->lose("the server takes no writes");
  if (!may_connect() && impl->phase == Impl::Phase::closed) co_return fail(database_unavailable("the database cannot be reached"));
  OneShot<Result<>> answer;
  impl->connecting.push_back(&answer);
  if (impl->phase == Impl::Phase::closed) impl->start_connecting();
  co_return co_await answer;
}

bool Connection::is_connected() const noexcept { return impl_->phase == Impl::Phase::ready && !impl_->is_deserted; }
bool Connection::is_still_connected() {
  if (!is_connected()) return false;
  if (!impl_->in_flight.empty() || !impl_->hung_up()) return true;
  const auto impl = impl_;
  impl->lose("the server hung up while the connection was idle");
  return false;
}
bool Connection::is_connecting() const noexcept { return impl_->phase == Impl::Phase::connecting; }
bool Connection::may_connect() const noexcept { return impl_->phase == Impl::Phase::closed && impl_->dialer.may_dial(); }
std::uint64_t Connection::session() const noexcept { return impl_->session; }
std::size_t Connection::in_flight() const noexcept { return impl_->in_flight.size(); }
void Connection::send(Unit& unit) { impl_->send(unit); }
void Connection::on_change(std::function<void()> listener) { impl_->listener = std::move(listener); }
void Connection::close() {
  if (impl_->phase == Impl::Phase::ready) impl_->close();
}

}  // namespace emporion::postgres
