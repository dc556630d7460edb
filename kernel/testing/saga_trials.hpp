#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/saga/definition.hpp"

namespace emporion::testing {

/// What befalls one step of a saga in a trial. Every saga must come out of each of them whole or with nothing left behind (design.md §4, commerce.md §4.3).
enum class Mishap : std::uint8_t {
  refused,       ///< It says no. An undo has to be asked again.
  repeated,      ///< It is done twice, as after a crash that forgot the first time.
  answer_lost,   ///< It is done, and nobody hears of it.
  silence,       ///< It is not done, and nobody answers.
  crash_before,  ///< Its `started` is written, and the process dies.
  crash_after,   ///< It is done, and the process dies before that is written.
};

struct Trial {
  std::string step;
  bool is_undo = false;
  Mishap mishap = Mishap::refused;
  int times = 1;  ///< How often before the step works again.
  /// What a death of the process is to the saga's row: whoever drove it writes nothing any more, and its lease is free.
  std::function<void(Uuid)> die = {};

  std::string name() const {
    static constexpr const char* names[] = {"refused", "repeated", "answer lost", "silence", "crash before", "crash after"};
    return step + (is_undo ? " undone, " : ", ") + names[static_cast<int>(mishap)] + ", " + std::to_string(times) + "×";
  }
};

/// One side of a step, with the trial's mishap in front of it.
class TriedStep {
 public:
  using Work = std::function<Task<saga::StepOutcome>(std::string&, saga::Context&)>;
  TriedStep(Work work, std::shared_ptr<Trial> trial, std::string step, bool is_undo)
      : work_(std::move(work)), trial_(std::move(trial)), step_(std::move(step)), is_undo_(is_undo) {}

  Task<saga::StepOutcome> run(std::string& state, saga::Context& context) {
    if (trial_->step != step_ || trial_->is_undo != is_undo_ || trial_->times == 0) co_return co_await work_(state, context);
    --trial_->times;
    const Error silence(ErrorKind::deadline_exceeded, "NO_ANSWER", "nobody answered in time");
    std::string forgotten = state;
    switch (trial_->mishap) {
      case Mishap::refused: co_return saga::StepOutcome::refused(Error(ErrorKind::conflict, "REFUSED_IN_TRIAL", "no"));
      case Mishap::repeated: {
        (void)co_await work_(forgotten, context);
        co_return co_await work_(state, context);
      }
      case Mishap::answer_lost: {
        (void)co_await work_(forgotten, context);
        co_return saga::StepOutcome::unknown(silence);
      }
      case Mishap::silence: co_return saga::StepOutcome::unknown(silence);
      case Mishap::crash_before: trial_->die(context.saga()); co_return saga::StepOutcome::done();
      case Mishap::crash_after: {
        (void)co_await work_(forgotten, context);
        trial_->die(context.saga());
        co_return saga::StepOutcome::done();
      }
    }
    co_return co_await work_(state, context);
  }

 private:
  Work work_;
  std::shared_ptr<Trial> trial_;
  std::string step_;
  bool is_undo_;
};

/// The definition with every step under `trial`, which may be changed between sagas.
inline saga::ErasedDefinition under_trial(saga::ErasedDefinition definition, const std::shared_ptr<Trial>& trial) {
  const auto tried = [&](TriedStep::Work work, const std::string& step, bool is_undo) -> TriedStep::Work {
    auto kept = std::make_shared<TriedStep>(std::move(work), trial, step, is_undo);
    return [kept](std::string& state, saga::Context& context) { return kept->run(state, context); };
  };
  for (auto& step : definition.steps) {
    step.forward = tried(std::move(step.forward), step.name, false);
    if (step.undo) step.undo = tried(std::move(step.undo), step.name, true);
  }
  return definition;
}

/// All trials of a definition's steps: each once, and each longer than the engine asks in a row.
inline std::vector<Trial> trials_of(const saga::ErasedDefinition& definition) {
  std::vector<Trial> out;
  for (const auto& step : definition.steps) {
    for (const Mishap mishap : {Mishap::refused, Mishap::repeated, Mishap::answer_lost, Mishap::silence, Mishap::crash_before, Mishap::crash_after}) {
      const bool can_last = mishap == Mishap::answer_lost || mishap == Mishap::silence;
      for (const int times : can_last ? std::vector{1, 4} : std::vector{1}) {
        out.push_back({step.name, false, mishap, times});
        if (step.undo) out.push_back({step.name, true, mishap, times});
      }
    }
  }
  return out;
}

}  // namespace emporion::testing
