#include "kernel/saga/engine.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/rpc/error_codec.hpp"
#include "kernel/saga/interventions.hpp"
#include "kernel/saga/live.hpp"
#include "kernel/saga/overseer.hpp"
#include "kernel/saga/saga_spans.hpp"
#include "kernel/saga/store.hpp"
#include "kernel/saga/trying.hpp"

namespace emporion::saga {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement begin_one{"saga.begin", "SELECT saga_begin($1, $2, $3, $4, $5, $6, $7, $8)", Effect::writes};

constexpr milliseconds tick{25};
constexpr milliseconds recheck{250};
constexpr seconds undo_retry_first{1};
constexpr milliseconds busy_pause{20};
constexpr int busy_looks = 150;  // Three seconds: longer than a step that is not waiting for a provider.

}  // namespace

struct Engine::Impl {
  Runtime& runtime;
  postgres::Database& database;
  const Clock& clock;
  Random& random;
  std::string module;
  ErasedDefinition definition;
  EngineOptions options;
  std::string owner;
  Store store;
  Interventions interventions;
  Overseer overseer;
  Scope scope;
  std::unordered_map<Uuid, Live*> driving;
  struct Watcher {
    Uuid saga;
    UtcTime look_again;
    OneShot<std::optional<Snapshot>> answer;
  };
  std::vector<Watcher*> watchers;
  bool stopping = false;
  bool poked = false;

  Impl(Runtime& r, postgres::Database& db, const Clock& c, Random& rnd, std::string m, ErasedDefinition d, EngineOptions o)
      : runtime(r),
        database(db),
        clock(c),
        random(rnd),
        module(std::move(m)),
        definition(std::move(d)),
        options(o),
        owner(Uuid::v7(c.now(), rnd).to_string()),
        store(r, db, definition.name, owner, static_cast<std::int32_t>(o.lease.count())),
        interventions(db, c, module, definition),
        overseer(db, interventions, definition) {}

  const ErasedStep& step_of(const Live& live) const { return definition.steps[live.index]; }

  void notify(const Live& live) {
    std::vector<Watcher*> ready;
    std::erase_if(watchers, [&](Watcher* watcher) {
      if (watcher->saga != live.id) return false;
      ready.push_back(watcher);
      return true;
    });
    for (Watcher* watcher : ready) watcher->answer.set(snapshot_of(live, definition, clock.now()));
  }

  LogEntry entry(Live& live, const ErasedStep& step, std::string state, const std::optional<Error>& error = {}) {
    const std::string key = live.id.to_string() + (live.undoing ? ":c:" : ":") + step.name;
    auto response = state == "started" ? std::nullopt : changed_members(live.context_asked, live.context);
    return {++live.log_seq,
            step.name,
            live.undoing ? "comp" : "fwd",
            live.tries + 1,
            key,
            std::move(state),
            error ? std::optional(rpc::to_json(*error)) : std::nullopt,
            std::move(response)};
  }

  /// Persists where `live` stands. `keep`: the lease is kept and driving goes on.
  Task<Result<>> save(Live& live, std::vector<LogEntry> log, bool keep) {
    Save save;
    save.id = live.id;
    save.version = live.version;
    save.save_id = Uuid::v7(clock.now(), random);
    save.state = live.state;
    save.step = step_of(live).name;
    save.direction = live.undoing ? "comp" : "fwd";
    save.tries = live.tries;
    if (live.context != live.context_saved) save.context = live.context;
    if (live.error_is_new && live.error) save.error = rpc::to_json(*live.error);
    save.next_run_at = live.next_run_at;
    save.deadline = live.deadline;
    if (keep) save.owner = owner;
    save.log_seq = live.log_seq;
    save.log = std::exchange(live.unsaved, {});
    std::ranges::move(log, std::back_inserter(save.log));
    if (definition.on_state && live.state != live.state_saved) save.with = definition.on_state(live.context, live.state, live.error, live.id);
    const auto saved = co_await store.save(std::move(save));
    if (!saved) co_return fail(saved.error());
    ++live.version;
    live.context_saved = live.context;
    live.state_saved = live.state;
    live.error_is_new = false;
    if (!keep) notify(live);
    co_return Result<>();
  }

  Task<void> drive(Live live) {
    if (!driving.emplace(live.id, &live).second) co_return;
    const DriveSpan span(definition, live);
    CallContext call(clock.now() + options.lease, live.trace, Principal::of_service(module));
    Context context(call, live.id);
    bool go_on = true;
    while (go_on && !stopping) {
      context.step_ = step_of(live).name;
      context.deadline_ = live.deadline;
      context.failure_ = live.error;
      context.now_ = clock.now();
      live.context_asked = live.context;
      const Result<bool> moved = live.undoing ? co_await undo_step(live, context) : co_await forward_step(live, context);
      if (!moved) {
        // Fenced, or the log cannot be written: whoever holds the row goes on from what is written there.
        observe::warning("saga drive dropped", {{"saga", live.id.to_string()}, {"step", context.step_}, {"error", moved.error().to_string()}});
        break;
      }
      go_on = *moved;
    }
    if (go_on && stopping) {
      live.next_run_at = clock.now();
      (void)co_await save(live, {}, false);
    }
    driving.erase(live.id);
  }

  Task<StepOutcome> try_in_a_row(Live& live, Context& context) {
    for (int tried = 1;; ++tried) {
      context.now_ = clock.now();
      auto outcome = co_await try_step(definition, live, context);
      if (outcome.kind() != StepOutcome::Kind::unknown) co_return outcome;
      live.may_have_asked = true;
      if (tried >= options.tries_in_a_row || stopping) co_return outcome;
      microseconds pause = options.retry_first;
      for (int i = 1; i < tried; ++i) pause *= 3;
      co_await runtime.sleep_for(pause + microseconds(random.below(static_cast<std::uint64_t>(pause.count()) / 4 + 1)));
    }
  }

  /// Answers whether to go on driving.
  Task<Result<bool>> forward_step(Live& live, Context& context) {
    const ErasedStep& step = step_of(live);
    const bool may_undo = live.index <= definition.pivot;
    auto outcome = co_await try_in_a_row(live, context);
    const bool overdue = may_undo && clock.now() >= live.deadline && live.tries > 0;  // Of the deadline as the step may have moved it.
    switch (outcome.kind()) {
      case StepOutcome::Kind::done: {
        std::vector<LogEntry> log;
        log.push_back(entry(live, step, "succeeded"));
        live.tries = 0;
        live.may_have_asked = false;
        live.next_run_at = clock.now();
        if (live.index + 1 == definition.steps.size()) {
          live.state = "completed";
          EMP_CO_TRY(co_await save(live, std::move(log), false));
          co_return false;
        }
        ++live.index;
        live.state = "running";
        log.push_back(entry(live, step_of(live), "started"));
        if (step_of(live).is_idle && step_of(live).is_idle(live.context) && live.state == live.state_saved) {
          std::ranges::move(log, std::back_inserter(live.unsaved));
          co_return true;
        }
        EMP_CO_TRY(co_await save(live, std::move(log), true));
        co_return true;
      }
      case StepOutcome::Kind::refused:
        // A refusal speaks of its own try. One before it that was never answered may still be on its way.
        if (may_undo) co_return co_await turn(live, *outcome.error(), live.may_have_asked, "failed");
        co_return co_await pause(live, step, "unknown", outcome.error());
      case StepOutcome::Kind::unknown:
        if (may_undo && (step.when_unknown == WhenUnknown::abort || overdue)) co_return co_await turn(live, *outcome.error(), true, "unknown");
        co_return co_await pause(live, step, "unknown", outcome.error());
      case StepOutcome::Kind::waiting:
        if (overdue)
          co_return co_await turn(live, Error(ErrorKind::gone, "SAGA_DEADLINE", "nobody acted in time").with("awaited", outcome.waiting_state()), true,
                                  "unknown");
        live.state = outcome.waiting_state();
        live.next_run_at = std::min(clock.now() + outcome.wait_at_most(), std::max(live.deadline, clock.now() + seconds(1)));
        live.tries += 1;
        std::vector<LogEntry> log;
        log.push_back(entry(live, step, "waiting"));
        EMP_CO_TRY(co_await save(live, std::move(log), false));
        co_return false;
    }
    co_return false;
  }

  /// Starts undoing. `include_current`: this step may have taken effect, so its own undo comes first. `said` is what the log keeps of the last try.
  Task<Result<bool>> turn(Live& live, Error failure, bool include_current, std::string said) {
    std::vector<LogEntry> log;
    log.push_back(entry(live, step_of(live), std::move(said), failure));
    live.error = std::move(failure);
    live.error_is_new = true;
    live.undoing = true;
    live.undoing_since = clock.now();
    live.tries = 0;
    live.next_run_at = clock.now();
    const bool found = include_current ? (step_of(live).undo || step_down(live)) : step_down(live);
    live.state = found ? "compensating" : "failed";
    if (found) log.push_back(entry(live, step_of(live), "started"));
    EMP_CO_TRY(co_await save(live, std::move(log), found));
    co_return found;
  }

  /// Moves down to the next step that has an undo. False: there is none left.
  bool step_down(Live& live) const {
    while (live.index > 0) {
      --live.index;
      if (step_of(live).undo) return true;
    }
    return false;
  }

  Task<Result<bool>> undo_step(Live& live, Context& context) {
    const ErasedStep& step = step_of(live);
    if (!step.undo) {  // A saga that was turned while it waited at a step without undo.
      const bool found = step_down(live);
      if (!found) live.state = "failed";
      EMP_CO_TRY(co_await save(live, {}, found));
      co_return found;
    }
    auto outcome = co_await try_in_a_row(live, context);
    if (outcome.kind() == StepOutcome::Kind::done) {
      std::vector<LogEntry> log;
      log.push_back(entry(live, step, "succeeded"));
      live.tries = 0;
      live.next_run_at = clock.now();
      const bool found = step_down(live);
      if (found) {
        log.push_back(entry(live, step_of(live), "started"));
      } else {
        live.state = "failed";
      }
      EMP_CO_TRY(co_await save(live, std::move(log), found));
      co_return found;
    }
    co_return co_await pause(live, step, "unknown", outcome.error());
  }

  /// Gives the lease back and comes again after a pause that doubles. An undo that fails for `undo_patience` is stuck.
  Task<Result<bool>> pause(Live& live, const ErasedStep& step, std::string outcome, const std::optional<Error>& error) {
    std::vector<LogEntry> log;
    log.push_back(entry(live, step, std::move(outcome), error));
    live.tries += 1;
    microseconds wait = undo_retry_first;
    for (int i = 1; i < live.tries && wait < options.retry_most; ++i) wait *= 2;
    live.next_run_at = clock.now() + std::min<microseconds>(wait, options.retry_most);
    if (live.undoing && live.undoing_since && clock.now() - *live.undoing_since > options.undo_patience) {
      live.state = "stuck";
      tell_stuck(definition, live.id, step.name, error ? error->to_string() : "");
    }
    EMP_CO_TRY(co_await save(live, std::move(log), false));
    co_return false;
  }

  Task<void> watch() {
    UtcTime scan_at = clock.now();
    UtcTime renew_at = clock.now() + microseconds(options.lease) / 3;
    UtcTime oversee_at = clock.now() + options.oversee_period;
    while (!stopping) {
      co_await runtime.sleep_for(tick);
      if (!watchers.empty()) look_again();
      if (clock.now() >= renew_at) {
        renew_at = clock.now() + microseconds(options.lease) / 3;
        co_await renew();
      }
      if (clock.now() >= oversee_at) {
        oversee_at = clock.now() + options.oversee_period;
        if (const auto looked = co_await overseer.look(clock.now()); !looked)
          observe::warning("sagas could not be looked after", {{"error", looked.error().to_string()}});
      }
      if (!poked && clock.now() < scan_at) continue;
      poked = false;
      scan_at = clock.now() + options.scan_period;
      const auto claimed = co_await store.claim(options.claim_count, clock.now());
      if (!claimed) {
        observe::warning("saga scan failed", {{"saga", definition.name}, {"error", claimed.error().to_string()}});
        continue;
      }
      for (const auto& row : *claimed) scope.spawn(drive(live_of(row, definition)));
      if (claimed->size() == static_cast<std::size_t>(options.claim_count)) poked = true;
    }
    while (!watchers.empty()) {
      Watcher* const watcher = watchers.back();
      watchers.pop_back();
      watcher->answer.set(std::nullopt);
    }
  }

  /// A step may take longer than a lease: a provider that does not answer, three times in a row.
  Task<void> renew() {
    std::vector<Uuid> mine;
    for (const auto& [saga, live] : driving) mine.push_back(saga);
    if (mine.empty()) co_return;
    if (const auto kept = co_await store.renew(std::move(mine)); !kept)
      observe::warning("saga leases could not be renewed", {{"error", kept.error().to_string()}});
  }

  /// Does `work` again while the saga is at work.
  template <typename Work>
  Task<Result<>> when_idle(Work work) {
    for (int look = 1;; ++look) {
      auto done = co_await work();
      if (done || done.error().reason() != "SAGA_BUSY" || look == busy_looks || stopping) co_return done;
      co_await runtime.sleep_for(busy_pause);
    }
  }

  void look_again() {
    const UtcTime now = clock.now();
    std::vector<Watcher*> due;
    std::erase_if(watchers, [&](Watcher* watcher) {
      if (watcher->look_again > now) return false;
      due.push_back(watcher);
      return true;
    });
    for (Watcher* watcher : due) watcher->answer.set(std::nullopt);
  }
};

Engine::Engine(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random, std::string module, ErasedDefinition definition,
               EngineOptions options)
    : impl_(std::make_shared<Impl>(runtime, database, clock, random, std::move(module), std::move(definition), options)) {}
Engine::~Engine() = default;

postgres::Bound Engine::begin_statement(Uuid saga, const std::string& subject, const std::string& context, UtcTime deadline) const {
  return postgres::bind(begin_one, saga, impl_->definition.name, subject, context, first_step(), deadline, impl_->owner,
                        static_cast<std::int32_t>(lease_seconds()));
}
const std::string& Engine::owner() const noexcept { return impl_->owner; }
const std::string& Engine::first_step() const noexcept { return impl_->definition.steps.front().name; }
int Engine::lease_seconds() const noexcept { return static_cast<int>(impl_->options.lease.count()); }

void Engine::run_begun(Uuid saga, std::string subject, std::string context, UtcTime deadline, Uuid trace) {
  if (impl_->stopping) return;  // The lease lapses and the next start takes it over.
  Live live;
  live.id = saga;
  live.trace = trace;
  live.subject = std::move(subject);
  live.state = "running";
  live.state_saved = "running";
  live.context = context;
  live.context_saved = std::move(context);
  live.deadline = deadline;
  live.created_at = impl_->clock.now();
  live.next_run_at = live.created_at;
  impl_->scope.spawn(impl_->drive(std::move(live)));
}

Task<Result<Snapshot>> Engine::wait_settled(Uuid saga, UtcTime until) {
  for (;;) {
    if (!impl_->driving.contains(saga)) {
      auto found = co_await impl_->store.find(saga);
      if (!found || found->is_settled() || impl_->clock.now() >= until || impl_->stopping) co_return found;
    }
    Impl::Watcher watcher{saga, std::min(until, impl_->clock.now() + recheck), {}};
    if (impl_->driving.contains(saga)) watcher.look_again = until;
    impl_->watchers.push_back(&watcher);
    auto answer = co_await watcher.answer;
    if (answer && answer->is_settled()) co_return std::move(*answer);
    if (impl_->clock.now() >= until || impl_->stopping) co_return co_await impl_->store.find(saga);
  }
}

Task<Result<Snapshot>> Engine::find(Uuid saga) { return impl_->store.find(saga); }
Task<Result<std::vector<StepRecord>>> Engine::log_of(Uuid saga) { return impl_->store.log_of(saga); }
Task<Result<std::vector<Snapshot>>> Engine::list(std::optional<std::string> state, std::optional<Uuid> after, int count) {
  return impl_->store.list(std::move(state), after, count);
}
void Engine::poke() { impl_->poked = true; }

Task<Result<>> Engine::amend(Uuid saga, std::string expected_state, std::function<Result<std::string>(const std::string&)> change) {
  EMP_CO_TRY(co_await impl_->when_idle([&] { return impl_->interventions.amend(saga, expected_state, change); }));
  poke();
  co_return Result<>();
}

Task<Result<>> Engine::abort(Uuid saga, Error failure, std::string note) {
  EMP_CO_TRY(co_await impl_->when_idle([&] { return impl_->interventions.abort(saga, failure, note); }));
  poke();
  co_return Result<>();
}

Task<Result<>> Engine::retry(Uuid saga, std::string note) {
  EMP_CO_TRY(co_await impl_->interventions.retry(saga, std::move(note)));
  poke();
  co_return Result<>();
}

Task<Result<>> Engine::oversee() { return impl_->overseer.look(impl_->clock.now()); }

void Engine::start() {
  publish_steps(impl_->definition);
  impl_->scope.spawn(impl_->watch());
}

Task<void> Engine::stop() {
  impl_->stopping = true;
  co_await impl_->scope.join();
  co_await impl_->store.close();
}

}  // namespace emporion::saga
