#include "kernel/saga/trying.hpp"

#include "kernel/async/fault_pause.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/saga/saga_spans.hpp"

namespace emporion::saga {
namespace {

[[maybe_unused]] std::string fault_point(const ErasedDefinition& definition, const Live& live, std::string_view when) {
  return text(definition.name, '.', definition.steps[live.index].name, live.undoing ? ".undo." : ".do.", when);
}

[[maybe_unused]] StepOutcome lost() { return StepOutcome::unknown(Error(ErrorKind::deadline_exceeded, "ANSWER_LOST", "ordered by a fault point")); }

}  // namespace

Task<StepOutcome> try_step(const ErasedDefinition& definition, Live& live, Context& context) {
  const ErasedStep& step = definition.steps[live.index];
  EMP_FAULT_PAUSE(fault_point(definition, live, "before"));
  if (EMP_FAULT_POINT(fault_point(definition, live, "before"))) co_return lost();
  std::string state = live.context;
  const StepSpan span(step, live);
  auto outcome = co_await (live.undoing ? step.undo : step.forward)(state, context);
  span.ended(outcome);
  EMP_FAULT_PAUSE(fault_point(definition, live, "after"));
  if (EMP_FAULT_POINT(fault_point(definition, live, "after"))) co_return lost();
  live.context = std::move(state);
  live.deadline = context.deadline();
  co_return outcome;
}

void publish_steps(const ErasedDefinition& definition) {
  for (const auto& step : definition.steps) {
    observe::gauge("emporion_saga_step", "1 for each step of each saga that is registered here; undo tells whether it can be undone.",
                   {{"saga", definition.name}, {"step", step.name}, {"undo", step.undo ? "true" : "false"}})
        .set(1);
  }
}

}  // namespace emporion::saga
