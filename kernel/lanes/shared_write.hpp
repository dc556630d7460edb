#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/lanes/lane.hpp"

namespace emporion {

/// Writes of one kind by many callers, each to rows of its own: those that wait run together as one statement, and what that leaves out runs alone (ADR 0048).
///
/// - `together` takes what is ordinary of a batch: it answers nothing for a command that it left out, which it has not changed anything for. It never waits for
///   what somebody else holds, since everybody would wait with it.
/// - `alone` takes one command, waits if it has to, and knows every refusal.
///
/// Where nobody knows whether a batch took effect, that is everybody's answer, and nothing is repeated. After any other error nothing did, and each runs alone.
/// So a caller is answered as if nobody had come with him, and commands need no key of their own to be here.
template <typename Command, typename Answer>
class SharedWrite {
 public:
  using Together = std::move_only_function<Task<Result<std::vector<std::optional<Answer>>>>(std::vector<Command>)>;
  using Alone = std::move_only_function<Task<Result<Answer>>(Command)>;

  SharedWrite(Runtime& runtime, LaneOptions options, Together together, Alone alone)
      : together_(std::move(together)),
        alone_(std::move(alone)),
        lane_(runtime, std::move(options), [this](std::vector<Command> batch) { return run(std::move(batch)); }) {}

  Task<Result<Answer>> submit(Command command) {
    EMP_CO_ASSIGN(auto answer, co_await lane_.submit(command));
    if (answer) co_return std::move(*answer);
    co_return co_await alone_(std::move(command));
  }
  /// Refuses new commands and waits for those already taken.
  Task<void> close() { return lane_.close(); }

 private:
  using Shared = Lane<Command, std::optional<Answer>>;

  Task<Result<typename Shared::Answers>> run(std::vector<Command> batch) {
    const std::size_t size = batch.size();
    auto taken = co_await together_(std::move(batch));
    EMP_ASSERT(!taken || taken->size() == size);
    typename Shared::Answers out;
    for (std::size_t i = 0; i < size; ++i) {
      if (taken) {
        out.emplace_back(std::move((*taken)[i]));
      } else if (taken.error().kind() == ErrorKind::deadline_exceeded) {
        out.emplace_back(fail(taken.error()));
      } else {
        out.emplace_back(std::optional<Answer>());
      }
    }
    co_return out;
  }

  Together together_;
  Alone alone_;
  Shared lane_;
};

}  // namespace emporion
