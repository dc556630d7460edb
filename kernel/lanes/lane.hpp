#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/lanes/lane_metrics.hpp"
#include "kernel/lanes/lane_span.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion {

struct LaneOptions {
  std::string name;  ///< "warehouse.reserve"
  std::size_t batch_max = 256;
  std::size_t queue_max = 5'000;  ///< Over it: resource_exhausted QUEUE_FULL.
  int unknown_tries_max = 5;      ///< How often a batch with an unknown or transient outcome is asked again before each command is answered with that error.
};

/// The queue of one hot command of one module. Each caller awaits its own answer; the lane takes whatever is waiting and runs it as one set-based
/// statement in one transaction. No timer: a batch is whoever is ready in the same turn of the loop, when idle 1; under load it grows by itself. One batch is
/// in flight.
///
/// `run` gets the commands in arrival order and answers one Result per command, or an Error for the whole batch. Then:
/// - a transient error (unknown outcome, lost connection) repeats the same batch with back-off, so every command must be idempotent by a key of its own;
/// - any other error replays the commands singly, so one poison command cannot fail the others.
template <typename Command, typename Answer>
class Lane {
 public:
  using Batch = std::vector<Command>;
  using Answers = std::vector<Result<Answer>>;
  using Run = std::move_only_function<Task<Result<Answers>>(Batch)>;

  Lane(Runtime& runtime, LaneOptions options, Run run) : runtime_(runtime), options_(std::move(options)), run_(std::move(run)), metrics_(options_.name) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// Answers when the command's transaction has committed, or with its own refusal. Errors: QUEUE_FULL, LANE_CLOSED, or what `run` answers.
  Task<Result<Answer>> submit(Command command) {
    if (closed_) co_return fail(ErrorKind::unavailable, "LANE_CLOSED", options_.name);
    if (!EMP_GUARD("lanes.queue_is_bounded", queue_.size() < options_.queue_max)) {
      co_return fail(Error(ErrorKind::resource_exhausted, "QUEUE_FULL", options_.name).with("retry_after", 1));
    }
    Waiter waiter{std::move(command), {}, LaneSpan(options_.name)};
    queue_.push_back(&waiter);
    metrics_.depth(queue_.size());
    if (EMP_GUARD("lanes.one_batch_at_a_time", !running_)) {
      running_ = true;
      scope_.spawn(drain());
    }
    auto answer = co_await waiter.answer;
    waiter.span.ended(answer ? nullptr : &answer.error());
    co_return answer;
  }

  std::size_t depth() const noexcept { return queue_.size(); }
  /// Refuses new commands and waits for those already taken.
  Task<void> close() {
    closed_ = true;
    co_await scope_.join();
  }

 private:
  struct Waiter {
    Command command;
    OneShot<Result<Answer>> answer;
    LaneSpan span;
  };

  Task<void> drain() {
    while (!queue_.empty()) {
      // Whoever is ready in this turn of the loop comes along: the callers that one lane's batch has answered reach the next lane one after the other.
      co_await runtime_.yield();
      std::vector<Waiter*> taken;
      while (!queue_.empty() && taken.size() < options_.batch_max) {
        taken.push_back(queue_.front());
        queue_.pop_front();
      }
      metrics_.batch(taken.size());
      co_await run_batch(std::move(taken));
    }
    running_ = false;
  }

  Task<void> run_batch(std::vector<Waiter*> taken) {
    auto answers = co_await attempt(taken);
    if (!EMP_GUARD("lanes.poison_fails_alone", answers || answers.error().is_transient() || taken.size() <= 1)) {
      for (Waiter* waiter : taken) co_await run_single(waiter);
      co_return;
    }
    answer_all(taken, std::move(answers));
  }

  Task<void> run_single(Waiter* waiter) {
    std::vector<Waiter*> one;
    one.push_back(waiter);
    auto answers = co_await attempt(one);
    answer_all(one, std::move(answers));
  }

  Task<Result<Answers>> attempt(const std::vector<Waiter*>& taken) {
    const BatchFlow flow(traced_of(taken), taken.size());
    for (int tried = 1;; ++tried) {
      Batch batch;
      batch.reserve(taken.size());
      for (const Waiter* waiter : taken) batch.push_back(waiter->command);
      auto answers = co_await run_(std::move(batch));
      const bool again = !answers && answers.error().is_transient() && answers.error().kind() != ErrorKind::internal && tried < options_.unknown_tries_max;
      if (!again) {
        EMP_ASSERT(!answers || answers->size() == taken.size());
        co_return answers;
      }
      metrics_.repeated();
      co_await runtime_.sleep_for(milliseconds(20) * (1 << tried));
    }
  }

  static std::vector<const LaneSpan*> traced_of(const std::vector<Waiter*>& taken) {
    std::vector<const LaneSpan*> out;
    if (!trace::is_enabled()) return out;
    for (const Waiter* waiter : taken) {
      if (waiter->span.span()) out.push_back(&waiter->span);
    }
    return out;
  }

  static void answer_all(const std::vector<Waiter*>& taken, Result<Answers> answers) {
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (answers) {
        taken[i]->answer.set(std::move((*answers)[i]));
      } else {
        taken[i]->answer.set(fail(answers.error()));
      }
    }
  }

  Runtime& runtime_;
  LaneOptions options_;
  Run run_;
  LaneMetrics metrics_;
  std::deque<Waiter*> queue_;
  Scope scope_;
  bool running_ = false;
  bool closed_ = false;
};

}  // namespace emporion
