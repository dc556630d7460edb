#include "kernel/saga/saga_spans.hpp"

#include "kernel/base/text.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::saga {
namespace {

std::string_view name_of(StepOutcome::Kind kind) {
  switch (kind) {
    case StepOutcome::Kind::done: return "done";
    case StepOutcome::Kind::refused: return "refused";
    case StepOutcome::Kind::unknown: return "unknown";
    case StepOutcome::Kind::waiting: return "waiting";
  }
  return "";
}

}  // namespace

DriveSpan::DriveSpan(const ErasedDefinition& definition, const Live& live) {
  if (!trace::is_enabled()) [[likely]]
    return;
  std::string name = text("saga ", definition.name);
  active_.begin(trace::is_traced() ? trace::child(std::move(name), trace::Kind::internal)
                                   : trace::begin({.trace = live.trace}, std::move(name), trace::Kind::internal));
  if (active_) active_->set("emporion.saga.id", live.id.to_string());
}

void StepSpan::begin(const ErasedStep& step, const Live& live) {
  active_.begin(trace::child(text(live.undoing ? "undo " : "step ", step.name), trace::Kind::internal));
  active_->set("emporion.saga.try", std::int64_t{live.tries} + 1);
}

void StepSpan::tell(const StepOutcome& outcome) const {
  active_->set("emporion.saga.outcome", std::string(name_of(outcome.kind())));
  if (outcome.error()) active_->fail(outcome.error()->reason());
}

}  // namespace emporion::saga
