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
#include <unordered_map>
#include <utility>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/postgres/failure.hpp"

namespace emporion::postgres {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;
using Time = std::chrono::steady_clock::time_point;

constexpr seconds connect_timeout{5};
constexpr milliseconds backoff_first{50};
constexpr milliseconds backoff_most{2'000};
constexpr seconds silence_grace{5};  ///< Beyond the server's own timeouts: then the network or the server is gone.

Time now() { return std::chrono::steady_clock::now(); }

/// A statement as this session knows it.
struct Prepared {
  enum class State : std::uint8_t { absent, pending, ready };
  std::string_view statement;  ///< The key it is found by.
  std::string name;            ///< On the server; new at each attempt.
  std::string sql;
  std::vector<Oid> oids;
  State state = State::absent;
  std::optional<Error> error;  ///< Why the last attempt failed.
};

struct Step {
  enum class Kind : std::uint8_t { control, prepare, statement };
  Kind kind;
  Prepared* prepared;  ///< Null for a control.
  std::string_view name;
};

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

std::string field_of(const PGresult* result, int field) {
  const char* value = PQresultErrorField(result, field);
  return value == nullptr ? std::string() : std::string(value);
}

Failure failure_of(const PGresult* result) {
  Failure failure{field_of(result, PG_DIAG_SQLSTATE),     field_of(result, PG_DIAG_MESSAGE_PRIMARY), field_of(result, PG_DIAG_MESSAGE_DETAIL),
                  field_of(result, PG_DIAG_MESSAGE_HINT), field_of(result, PG_DIAG_CONSTRAINT_NAME), field_of(result, PG_DIAG_CONTEXT)};
  if (failure.message.empty()) failure.message = std::string(trimmed(PQresultErrorMessage(result)));
  return failure;
}

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
};

}  // namespace

struct Connection::Impl : std::enable_shared_from_this<Impl> {
  enum class Phase : std::uint8_t { closed, connecting, ready };

  Impl(asio::io_context& context, const DatabaseOptions& given, Use given_use, std::shared_ptr<StatementMetrics> given_metrics)
      : options(given), use(given_use), metrics(std::move(given_metrics)), socket(context), timer(context) {}

  DatabaseOptions options;
  Use use;
  std::shared_ptr<StatementMetrics> metrics;
  Descriptor socket;
  asio::steady_timer timer;
  PGconn* pg = nullptr;
  Phase phase = Phase::closed;
  std::uint64_t session = 0;
  std::vector<OneShot<Result<>>*> connecting;
  milliseconds backoff{0};
  Time next_try;
  std::string last_problem;
  SystemRandom random;

  std::deque<Entry> in_flight;
  std::unordered_map<std::string, Prepared, NameHash, std::equal_to<>> prepared;
  std::uint64_t names = 0;
  bool waiting_to_write = false;
  bool watched = false;
  Time last_progress;
  std::function<void()> listener;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;

  // Connecting.

  void start_connecting() {
    phase = Phase::connecting;
    const std::string settings = text("-c lock_timeout=", options.lock_timeout.count(), " -c statement_timeout=", options.statement_timeout.count(),
                                      " -c idle_in_transaction_session_timeout=", options.idle_in_transaction_timeout.count(), " -c timezone=UTC -c jit=off");
    const std::string application = text("emporion ", options.module);
    const char* names_of[] = {"dbname", "application_name", "options", "client_encoding", "tcp_user_timeout", nullptr};
    const char* values_of[] = {options.dsn.c_str(), application.c_str(), settings.c_str(), "UTF8", "15000", nullptr};
    pg = PQconnectStartParams(names_of, values_of, 1);
    if (pg == nullptr || PQstatus(pg) == CONNECTION_BAD) return connect_failed();
    PQsetNoticeProcessor(pg, [](void*, const char*) {}, nullptr);
    timer.expires_after(connect_timeout);
    timer.async_wait([self = shared_from_this(), of = session](const boost::system::error_code& cancelled) {
      if (!cancelled && self->session == of && self->phase == Phase::connecting) self->connect_failed("no answer");
    });
    await_connect(Descriptor::wait_write);
  }

  /// libpq may close its socket and open another one while connecting, so we hold it only while we wait.
  void await_connect(Descriptor::wait_type what) {
    boost::system::error_code error;
    socket.assign(PQsocket(pg), error);
    if (error) return connect_failed(error.message());
    socket.async_wait(what, [self = shared_from_this(), of = session](const boost::system::error_code& cancelled) {
      if (cancelled || self->session != of || self->phase != Phase::connecting) return;
      self->socket.release();
      self->connect_further();
    });
  }

  void connect_further() {
    switch (PQconnectPoll(pg)) {
      case PGRES_POLLING_READING: return await_connect(Descriptor::wait_read);
      case PGRES_POLLING_WRITING: return await_connect(Descriptor::wait_write);
      case PGRES_POLLING_OK: return connected();
      default: return connect_failed();
    }
  }

  void connected() {
    boost::system::error_code error;
    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1) return connect_failed();
    socket.assign(PQsocket(pg), error);
    if (error) return connect_failed(error.message());
    timer.cancel();
    phase = Phase::ready;
    backoff = milliseconds(0);
    last_problem.clear();
    watched = false;
    waiting_to_write = false;
    await_input();
    answer_connecting({});
  }

  void connect_failed(std::string_view why = {}) {
    last_problem = why.empty() ? (pg == nullptr ? std::string("out of memory") : std::string(trimmed(PQerrorMessage(pg)))) : std::string(why);
    backoff = std::clamp(backoff * 2, backoff_first, backoff_most);
    next_try = now() + milliseconds(backoff.count() / 2 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(backoff.count() / 2 + 1))));
    observe::warning("no connection to the database", {{"module", options.module}, {"error", last_problem}});
    metrics->failed("DATABASE_UNAVAILABLE");
    end_session();
    answer_connecting(fail(database_unavailable("the database cannot be reached")));
  }

  void answer_connecting(const Result<>& result) {
    for (auto* waiter : std::exchange(connecting, {})) waiter->set(result);
    if (listener) listener();
  }

  void end_session() {
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
      sent = sent && PQsendQueryParams(pg, control.data(), 0, nullptr, nullptr, nullptr, nullptr, 1) == 1;
      entry.steps.push_back({Step::Kind::control, nullptr, control});
    }
    if (use == Use::shared) {
      for (const Bound& bound : unit.bounds) sent = sent && prepare_apart(bound);
    }
    for (const Bound& bound : unit.bounds) {
      Prepared& known = prepared_for(bound);
      if (known.state == Prepared::State::absent) {
        sent = sent && send_prepare(known);
        entry.steps.push_back({Step::Kind::prepare, &known, bound.statement.name});
      }
      sent = sent && send_bound(known, bound.parameters);
      entry.steps.push_back({Step::Kind::statement, &known, bound.statement.name});
    }
    sent = sent && PQpipelineSync(pg) == 1;
    in_flight.push_back(std::move(entry));
    after_sending(sent);
  }

  void after_sending(bool sent) {
    if (in_flight.size() == 1) last_progress = now();
    if (!sent) return lose(PQerrorMessage(pg));
    flush();
    if (pg != nullptr && !watched) watch();
  }

  Prepared& prepared_for(const Bound& bound) {
    auto found = prepared.find(bound.statement.name);
    if (found == prepared.end()) {
      found = prepared.emplace(bound.statement.name, Prepared{}).first;
      found->second.statement = found->first;
      found->second.sql = bound.statement.sql;
      for (const auto& slot : bound.parameters.slots()) found->second.oids.push_back(slot.oid);
    }
    Prepared& known = found->second;
    const auto& slots = bound.parameters.slots();
    const bool same = known.sql == bound.statement.sql && known.oids.size() == slots.size() &&
                      std::ranges::equal(known.oids, slots, [](Oid oid, const auto& slot) { return oid == slot.oid; });
    if (!same) {
      observe::error("one statement name for two texts or two lists of parameter types", {{"statement", std::string(bound.statement.name)}});
      EMP_ASSERT(same);
    }
    return known;
  }

  /// In an entry and a Sync of its own.
  bool prepare_apart(const Bound& bound) {
    Prepared& known = prepared_for(bound);
    if (known.state != Prepared::State::absent) return true;
    const bool sent = send_prepare(known) && PQpipelineSync(pg) == 1;
    Entry entry;
    entry.sent_at = now();
    entry.steps.push_back({Step::Kind::prepare, &known, bound.statement.name});
    in_flight.push_back(std::move(entry));
    return sent;
  }

  bool send_prepare(Prepared& known) {
    known.name = text(known.statement, "#", ++names);
    known.state = Prepared::State::pending;
    known.error.reset();
    return PQsendPrepare(pg, known.name.c_str(), known.sql.c_str(), static_cast<int>(known.oids.size()), known.oids.data()) == 1;
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
    timer.async_wait([self = shared_from_this(), of = session](const boost::system::error_code& cancelled) {
      if (cancelled || self->session != of) return;
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
    : impl_(std::make_shared<Impl>(*static_cast<asio::io_context*>(runtime.native_handle()), options, use, std::move(metrics))) {}

Connection::~Connection() {
  impl_->listener = nullptr;
  impl_->end_session();
}

Task<Result<>> Connection::connect() {
  const auto impl = impl_;
  if (is_still_connected()) co_return Result<>();
  if (!may_connect() && impl->phase == Impl::Phase::closed) co_return fail(database_unavailable("the database cannot be reached"));
  OneShot<Result<>> answer;
  impl->connecting.push_back(&answer);
  if (impl->phase == Impl::Phase::closed) impl->start_connecting();
  co_return co_await answer;
}

bool Connection::is_connected() const noexcept { return impl_->phase == Impl::Phase::ready; }
bool Connection::is_still_connected() {
  if (impl_->phase != Impl::Phase::ready) return false;
  if (!impl_->in_flight.empty() || !impl_->hung_up()) return true;
  const auto impl = impl_;
  impl->lose("the server hung up while the connection was idle");
  return false;
}
bool Connection::is_connecting() const noexcept { return impl_->phase == Impl::Phase::connecting; }
bool Connection::may_connect() const noexcept { return impl_->phase == Impl::Phase::closed && now() >= impl_->next_try; }
std::uint64_t Connection::session() const noexcept { return impl_->session; }
std::size_t Connection::in_flight() const noexcept { return impl_->in_flight.size(); }
void Connection::send(Unit& unit) { impl_->send(unit); }
void Connection::on_change(std::function<void()> listener) { impl_->listener = std::move(listener); }
void Connection::close() {
  if (impl_->phase == Impl::Phase::ready) impl_->close();
}

}  // namespace emporion::postgres
