#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/saga/outcome.hpp"

namespace emporion::saga {

/// What a step may ask about its saga. Lives as long as the saga is being driven.
class Context {
 public:
  Context(CallContext call, Uuid saga_id) : call_(std::move(call)), saga_(saga_id) {}
  Uuid saga() const noexcept { return saga_; }
  const std::string& step() const noexcept { return step_; }
  /// "{saga}:{step}": one key for all tries, so a repeat after a crash gets the first answer.
  std::string step_key() const { return saga_.to_string() + ":" + step_; }
  /// "{saga}:c:{step}"
  std::string undo_key() const { return saga_.to_string() + ":c:" + step_; }
  UtcTime deadline() const noexcept { return deadline_; }
  UtcTime now() const noexcept { return now_; }
  /// Why the saga is being undone; empty while it goes forward.
  const std::optional<Error>& failure() const noexcept { return failure_; }
  /// A context for one call to another module, in the name of the saga's owner: at most `budget` long.
  CallContext call(std::string key, microseconds budget = seconds(2)) const {
    CallContext out = call_;
    out.idempotency_key = std::move(key);
    out.deadline = now_ + budget;
    return out;
  }
  /// Moves the saga's deadline, e.g. to the payment window; persisted with the step's outcome.
  void set_deadline(UtcTime deadline) noexcept { deadline_ = deadline; }

 private:
  friend class Engine;
  CallContext call_;
  Uuid saga_;
  std::string step_;
  UtcTime deadline_;
  UtcTime now_;
  std::optional<Error> failure_;
};

/// What to do when a step's outcome stays unknown after the tries in a row.
enum class WhenUnknown : std::uint8_t {
  abort,             ///< Undo, this step included: its undo also refuses a late forward call (tombstone), which makes the outcome known.
  wait_to_deadline,  ///< Ask again with back-off until the deadline, then abort.
  retry,             ///< Ask again for ever: after the pivot.
};

/// A step without its types: what the engine runs.
struct ErasedStep {
  std::string name;
  bool pivot = false;
  WhenUnknown when_unknown = WhenUnknown::abort;
  std::function<Task<StepOutcome>(std::string&, Context&)> forward;
  std::function<Task<StepOutcome>(std::string&, Context&)> undo;  ///< Empty: nothing to undo.
  std::function<bool(const std::string&)> is_idle;                ///< Empty: the step always has something to do.
};

struct ErasedDefinition {
  std::string name;
  std::vector<ErasedStep> steps;
  std::size_t pivot = 0;  ///< Index of the pivot. From its success the saga only goes forward.
  /// Statements that commit with each change of the saga's state; each must be safe to repeat (a guard in its WHERE).
  std::function<std::vector<postgres::Bound>(const std::string& context, const std::string& state, const std::optional<Error>& failure, Uuid saga)> on_state;
  std::size_t index_of(std::string_view step) const;
};

/// `Definition<PlaceOrder, PlaceOrderState>(owner, "checkout.place_order").step(…).pivot(…).then(…)`. `State` is a struct with append_json and read_json
/// (contracts' codegen makes them). Forward and undo members are `Task<StepOutcome> f(State&, Context&)`; changes to the state are persisted with the outcome.
template <typename Owner, typename State>
class Definition {
 public:
  using Member = Task<StepOutcome> (Owner::*)(State&, Context&);

  Definition(Owner* owner, std::string name) : owner_(owner) { out_.name = std::move(name); }

  Definition& step(std::string name, Member forward, Member undo = nullptr, WhenUnknown when_unknown = WhenUnknown::abort) {
    add(std::move(name), forward, undo, when_unknown, false);
    return *this;
  }
  /// From its success on there is no undo.
  Definition& pivot(std::string name, Member forward, Member undo = nullptr, WhenUnknown when_unknown = WhenUnknown::wait_to_deadline) {
    out_.pivot = out_.steps.size();
    add(std::move(name), forward, undo, when_unknown, true);
    return *this;
  }
  Definition& then(std::string name, Member forward) {
    add(std::move(name), forward, nullptr, WhenUnknown::retry, false);
    return *this;
  }
  /// The step added last has nothing to do in such a state: it calls nobody, changes nothing and is done. What came of the step before it then needs no commit
  /// of its own: both are written when there is something to do again. After a crash in between the step before is repeated, as after any crash before a
  /// commit.
  Definition& idle_when(bool (Owner::*is_idle)(const State&) const) {
    out_.steps.back().is_idle = [owner = owner_, is_idle](const std::string& json) {
      const auto state = parse_json<State>(json);
      EMP_ASSERT(state.has_value());
      return (owner->*is_idle)(*state);
    };
    return *this;
  }
  Definition& on_state(std::vector<postgres::Bound> (Owner::*hook)(const State&, const std::string&, const std::optional<Error>&, Uuid)) {
    out_.on_state = [owner = owner_, hook](const std::string& context, const std::string& state, const std::optional<Error>& failure, Uuid saga) {
      const auto decoded = parse_json<State>(context);
      EMP_ASSERT(decoded.has_value());
      return (owner->*hook)(*decoded, state, failure, saga);
    };
    return *this;
  }
  ErasedDefinition erased() const { return out_; }

 private:
  void add(std::string name, Member forward, Member undo, WhenUnknown when_unknown, bool pivot) {
    ErasedStep step{std::move(name), pivot, when_unknown, {}, {}};
    step.forward = [owner = owner_, forward](std::string& state, Context& context) { return run(owner, forward, state, context); };
    if (undo) step.undo = [owner = owner_, undo](std::string& state, Context& context) { return run(owner, undo, state, context); };
    out_.steps.push_back(std::move(step));
  }
  static Task<StepOutcome> run(Owner* owner, Member member, std::string& json, Context& context) {
    auto state = parse_json<State>(json);
    EMP_ASSERT(state.has_value());  // We wrote it ourselves.
    auto outcome = co_await (owner->*member)(*state, context);
    json = to_json(*state);
    co_return outcome;
  }
  Owner* owner_;
  ErasedDefinition out_;
};

}  // namespace emporion::saga
