#include "apps/emporion/moving/seat.hpp"

#include <algorithm>
#include <utility>

#include "contracts/remotes.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::app {
namespace {

using moving::Part;
using remote::Route;

constexpr milliseconds look_idle{1'000};
constexpr milliseconds look_near{50};  ///< While a move is announced that this process has a part in.
constexpr milliseconds look_switching{10};
constexpr milliseconds slice{50};           ///< How long a stop may have to wait.
constexpr milliseconds drain_limit{1'500};  ///< Then the move is put off: callers are to wait for two seconds at most.
constexpr milliseconds put_off{500};
constexpr seconds reach_limit{2};

constexpr postgres::Statement decide{"move.decide", "SELECT move_decide($1)", postgres::Effect::writes};
constexpr postgres::Statement arrive_here{"move.arrive", "SELECT move_arrive($1)", postgres::Effect::writes};
constexpr postgres::Statement note_seat{
    "move.note",
    "INSERT INTO module_seat (process, replica, state, epoch, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (process, replica) DO UPDATE SET state = "
    "excluded.state, epoch = excluded.epoch, note = excluded.note, at = clock_timestamp()",
    postgres::Effect::writes};

/// What others read while the module is here.
class FeedForOthers final : public messaging::EventFeed {
 public:
  FeedForOthers(std::shared_ptr<SeatFeed> feed, std::function<Result<>()> admit) : feed_(std::move(feed)), admit_(std::move(admit)) {}
  const std::string& producer() const noexcept override { return feed_->producer(); }
  Task<Result<messaging::FeedPage>> read(messaging::Position after, std::vector<std::string> topics, int count) override {
    EMP_CO_TRY(admit_());
    co_return co_await feed_->read(after, std::move(topics), count);
  }
  void on_hint(std::function<void()> wake) override { feed_->on_hint(std::move(wake)); }

 private:
  std::shared_ptr<SeatFeed> feed_;
  std::function<Result<>()> admit_;
};

}  // namespace

Seat::Seat(ModuleDefinition definition, SeatContext context)
    : definition_(std::move(definition)),
      context_(std::move(context)),
      route_(context_.unit.runtime),
      way_(remote::follow(context_.unit.runtime, {.module = std::string(definition_.name), .addresses = {}, .credentials = std::nullopt})),
      feed_(std::make_shared<SeatFeed>(std::string(definition_.name))),
      module_(definition_.name) {}

Seat::~Seat() = default;

void Seat::bind(Calls& calls) { contracts::bind_routed(module_, route_, way_, calls); }

void Seat::serve(const Calls& calls, remote::Services& services) {
  remote::Services own;
  contracts::serve(module_, calls, own);
  for (const auto& [path, method] : own.methods()) {
    services.add(path, *method.operation, [this, handler = method.handler](CallContext context, std::string request) {
      return answer(this, handler, std::move(context), std::move(request));
    });
  }
}

/// Who asks from another process while the module is elsewhere is told where, and asks there itself: only it can show its own certificate.
Task<Result<std::string>> Seat::answer(Seat* seat, remote::Handler handler, CallContext context, std::string request) {
  if (seat->route_.state() == Route::State::held) EMP_CO_TRY(co_await seat->route_.settle(context.deadline));
  if (seat->route_.state() == Route::State::away) co_return fail(remote::moved(seat->module_, seat->away_at_, seat->epoch_));
  const UtcTime deadline = context.deadline;
  auto result = co_await handler(std::move(context), std::move(request));
  if (result || result.error().reason() != "DATABASE_MOVED") co_return result;
  // The move was decided without this process. What it had not done it is asked for there, once it knows where.
  while (seat->route_.state() != Route::State::away && !seat->stopping_ && seat->context_.unit.clock.now() < deadline) {
    co_await seat->context_.unit.runtime.sleep_for(look_switching);
  }
  if (seat->route_.state() != Route::State::away) co_return result;
  co_return fail(remote::moved(seat->module_, seat->away_at_, seat->epoch_));
}

std::shared_ptr<messaging::EventFeed> Seat::feed_for_others() {
  return std::make_shared<FeedForOthers>(feed_, [this]() -> Result<> {
    if (route_.state() != Route::State::away) return {};
    return fail(remote::moved(module_, away_at_, epoch_));
  });
}

void Seat::make_unit() {
  unit_ = std::make_unique<Unit>(definition_, context_.unit);
  unit_->subscribe(context_.feeds());
}

void Seat::create() { make_unit(); }

postgres::Database& Seat::database() {
  if (unit_) return unit_->database();
  if (!control_) {
    control_ = std::make_unique<postgres::Database>(
        context_.unit.runtime, postgres::DatabaseOptions{.dsn = context_.unit.dsn, .module = module_, .connections_shared = 1, .connections_exclusive = 1});
  }
  return *control_;
}

void Seat::open() {
  feed_->turn_to(messaging::local_feed(unit_->database()));
  route_.open(unit_->offered());
}

void Seat::turn_away(const std::vector<std::string>& addresses, std::int64_t epoch) {
  if (addresses.empty()) return route_.hold();
  if (route_.state() == Route::State::away && away_at_ == addresses && epoch_ == epoch) return;
  if (const auto credentials = context_.credentials()) {
    way_->use(*credentials);
  } else {
    observe::error("a module elsewhere cannot be reached", {{"module", module_}, {"error", credentials.error().to_string()}});
  }
  way_->point_to(addresses, epoch);
  away_at_ = addresses;
  epoch_ = epoch;
  if (!remote_feed_) remote_feed_ = remote::remote_feed(context_.unit.runtime, way_, {.producer = module_, .reader = context_.reader});
  feed_->turn_to(remote_feed_);
  route_.send_away();
}

Task<Result<>> Seat::look() {
  auto record = co_await moving::read_record(database());
  if (!record) {
    // Where it should be elsewhere, the database takes nothing from us.
    observe::warning("where a module serves could not be read; it serves here", {{"module", module_}, {"error", record.error().to_string()}});
    record = moving::Record();
  }
  if (context_.process.empty()) co_return look_as_tool(*record);
  if (record->last && record->last->from.process == context_.process) own_addresses_ = record->last->from.addresses;
  const auto verdict = moving::judge(*record, context_.process);
  switch (verdict.part) {
    case Part::serve:
    case Part::make_ready:
    case Part::leave:
      if (record->waits) EMP_CO_TRY(co_await database().query(arrive_here, verdict.epoch));
      epoch_ = verdict.epoch;
      open();
      break;
    case Part::hold: break;
    case Part::stand_by:
    case Part::away: turn_away(verdict.addresses, verdict.epoch); break;
  }
  if (!is_here()) observe::info("a module is not served here", {{"module", module_}, {"address", away_at_.empty() ? "none yet" : away_at_.front()}});
  co_return Result<>();
}

/// A tool works on the database beside the processes that serve, if it is the one that they serve from.
Result<> Seat::look_as_tool(const moving::Record& record) {
  const bool is_elsewhere = record.last ? record.last->to.place != record.place : record.waits;
  if (!is_elsewhere) {
    open();
    return {};
  }
  return fail(ErrorKind::conflict, "MODULE_MOVED",
              text(module_, " has moved to another database", record.last ? text(", of process ", record.last->to.process) : std::string(),
                   "; give the placement that names it under databases"));
}

Task<Result<>> Seat::start() {
  if (is_here()) co_return co_await unit_->start();
  co_return Result<>();
}

void Seat::work() {
  if (is_here()) {
    unit_->work();
  } else if (!own_addresses_.empty()) {
    if (const auto opened = context_.open_to_others(own_addresses_); !opened) {
      observe::error("other processes cannot reach this one", {{"module", module_}, {"error", opened.error().to_string()}});
    }
  }
  if (!context_.process.empty()) scope_.spawn(watch());  // Tools do not stay for long.
}

Task<void> Seat::pause(microseconds span) {
  for (microseconds left = span; left > microseconds(0) && !stopping_; left -= slice)
    co_await context_.unit.runtime.sleep_for(std::min<microseconds>(left, slice));
}

Task<void> Seat::watch() {
  milliseconds span = look_near;
  while (!stopping_) {
    co_await pause(span);
    if (stopping_) break;
    const auto record = co_await moving::read_record(database());
    span = look_idle;
    if (!record || stopping_) continue;  // The database is away just now; nothing is decided meanwhile.
    const auto verdict = moving::judge(*record, context_.process);
    if (verdict.part == Part::hold || verdict.part == Part::leave) span = look_switching;
    if (verdict.part == Part::stand_by || verdict.part == Part::make_ready) span = look_near;
    co_await act(verdict, record->waits);
  }
}

Task<void> Seat::act(moving::Verdict verdict, bool waits) {
  switch (verdict.part) {
    case Part::serve:
      if (!is_here()) co_await arrive(verdict, waits);
      if (is_here()) co_await note("serves", verdict.epoch, "");
      break;
    case Part::make_ready:
      if (!is_here()) co_await arrive({Part::serve, verdict.epoch, {}}, waits);
      co_await make_ready(verdict);
      break;
    case Part::leave:
      if (is_here()) co_await leave(verdict);
      break;
    case Part::hold:
      if (is_here()) co_await depart(verdict);
      route_.hold();
      feed_->turn_to(nullptr);
      break;
    case Part::stand_by:
      if (is_here()) co_await depart(verdict);
      turn_away(verdict.addresses, verdict.epoch);
      co_await note("stands_by", verdict.epoch, "");
      break;
    case Part::away:
      if (is_here()) co_await depart(verdict);
      turn_away(verdict.addresses, verdict.epoch);
      co_await note("away", verdict.epoch, "");
      break;
  }
}

Task<void> Seat::arrive(moving::Verdict verdict, bool waits) {
  route_.hold();
  feed_->turn_to(nullptr);
  if (waits) {
    const auto arrived = co_await database().query(arrive_here, verdict.epoch);
    if (!arrived) co_return observe::error("a module cannot be served here yet", {{"module", module_}, {"error", arrived.error().to_string()}});
  }
  if (!unit_) make_unit();
  if (const auto started = co_await unit_->start(); !started) {
    observe::error("a module that came here does not start", {{"module", module_}, {"error", started.error().to_string()}});
    co_return co_await retire_unit();
  }
  epoch_ = verdict.epoch;
  open();
  unit_->work();
  observe::info("a module serves here", {{"module", module_}, {"move", std::to_string(verdict.epoch)}});
}

Task<void> Seat::make_ready(moving::Verdict verdict) {
  const auto record = co_await moving::read_record(database());
  if (!record || !record->under_way) co_return;
  Result<> ready = context_.open_to_others(record->under_way->from.addresses);
  if (ready) {
    auto credentials = context_.credentials();
    if (!credentials) {
      ready = fail(credentials.error());
    } else {
      way_->use(std::move(*credentials));
      way_->point_to(verdict.addresses, verdict.epoch);
      ready = co_await way_->wait_until_serving(context_.unit.clock.now() + reach_limit);
    }
  }
  co_await note(ready ? "ready_to_leave" : "stays", verdict.epoch, ready ? "" : ready.error().to_string());
}

/// What the module does by itself ends first: until then its callers notice nothing. Then they wait, those under way are answered, the module ends, and the
/// database decides.
Task<void> Seat::leave(moving::Verdict verdict) {
  const UtcTime began = context_.unit.clock.now();
  co_await unit_->rest();
  const UtcTime held = context_.unit.clock.now();
  route_.hold();
  if (!co_await route_.drained(drain_limit)) co_return co_await come_back(verdict, "calls to it did not end in time");
  const UtcTime drained = context_.unit.clock.now();
  co_await unit_->end();
  const UtcTime ended = context_.unit.clock.now();
  const auto decided = co_await database().query(decide, verdict.epoch);
  if (!decided) {
    const bool definite = !decided.error().is_transient();
    if (definite || !co_await was_decided(verdict.epoch)) co_return co_await come_back(verdict, decided.error().to_string());
  }
  const auto ms = [](microseconds span) { return std::to_string(span.count() / 1000); };
  observe::info("a module left this process", {{"module", module_},
                                               {"address", verdict.addresses.front()},
                                               {"move", std::to_string(verdict.epoch)},
                                               {"rest_ms", ms(held - began)},
                                               {"drain_ms", ms(drained - held)},
                                               {"end_ms", ms(ended - drained)},
                                               {"decide_ms", ms(context_.unit.clock.now() - ended)}});
  turn_away(verdict.addresses, verdict.epoch);
  co_await retire_unit();
  co_await note("away", verdict.epoch, "");
}

/// Asks until it is known.
Task<bool> Seat::was_decided(std::int64_t epoch) {
  for (;;) {
    const auto record = co_await moving::read_record(database());
    if (record) co_return record->last && record->last->epoch >= epoch;
    co_await context_.unit.runtime.sleep_for(look_near);
  }
}

/// It serves elsewhere although this process did not decide so: what still runs is refused by the database.
Task<void> Seat::depart(moving::Verdict verdict) {
  co_await unit_->rest();
  route_.hold();
  (void)co_await route_.drained(drain_limit);
  co_await unit_->end();
  observe::warning("a module was taken from this process", {{"module", module_}, {"move", std::to_string(verdict.epoch)}});
  co_await retire_unit();
}

Task<void> Seat::come_back(moving::Verdict verdict, std::string why) {
  observe::warning("a module stays here for now", {{"module", module_}, {"move", std::to_string(verdict.epoch)}, {"why", why}});
  co_await unit_->end();
  co_await retire_unit();
  co_await arrive({Part::serve, epoch_, {}}, false);
  co_await note("stays", verdict.epoch, std::move(why));
  co_await pause(put_off);
}

Task<void> Seat::retire_unit() {
  auto unit = std::move(unit_);
  co_await unit->close();
  ended_.push_back(std::move(unit));
}

Task<void> Seat::note(std::string state, std::int64_t epoch, std::string text) {
  const std::string whole = emporion::text(state, ' ', epoch, ' ', text);
  if (whole == noted_) co_return;
  const auto written = co_await database().query(note_seat, context_.process, context_.replica, state, epoch, text);
  if (written) noted_ = whole;
}

Task<void> Seat::stop_watching() {
  stopping_ = true;
  co_await scope_.join();
}
Task<void> Seat::rest() {
  if (unit_) co_await unit_->rest();
}
Task<void> Seat::end() {
  if (unit_) co_await unit_->end();
}
Task<void> Seat::close() {
  co_await way_->close();
  if (remote_feed_) co_await remote_feed_->close();
  if (unit_) co_await unit_->close();
  if (control_) co_await control_->close();
}

}  // namespace emporion::app
