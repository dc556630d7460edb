#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "kernel/base/error.hpp"
#include "kernel/base/time.hpp"

namespace emporion::saga {

/// What came of one try of a step.
class StepOutcome {
 public:
  enum class Kind : std::uint8_t {
    done,     ///< It took effect.
    refused,  ///< It certainly took no effect, and repeating will not help.
    unknown,  ///< It may or may not have taken effect: ask again with the same key.
    waiting,  ///< Somebody else must act first; the saga sleeps until woken or `wait` has passed.
  };

  static StepOutcome done() { return StepOutcome(Kind::done); }
  static StepOutcome refused(Error error) { return StepOutcome(Kind::refused, std::move(error)); }
  static StepOutcome unknown(Error error) { return StepOutcome(Kind::unknown, std::move(error)); }
  /// A transient error is unknown, any other a refusal.
  static StepOutcome from(Error error) { return error.is_transient() ? unknown(std::move(error)) : refused(std::move(error)); }
  /// `state` names what is awaited ("awaiting_payment"); it becomes the saga's state. Asks again after `at_most`.
  static StepOutcome wait(std::string state, microseconds at_most) {
    StepOutcome out(Kind::waiting);
    out.state_ = std::move(state);
    out.wait_ = at_most;
    return out;
  }

  Kind kind() const noexcept { return kind_; }
  const std::optional<Error>& error() const noexcept { return error_; }
  const std::string& waiting_state() const noexcept { return state_; }
  microseconds wait_at_most() const noexcept { return wait_; }

 private:
  explicit StepOutcome(Kind kind, std::optional<Error> error = {}) : kind_(kind), error_(std::move(error)) {}
  Kind kind_;
  std::optional<Error> error_;
  std::string state_;
  microseconds wait_{0};
};

}  // namespace emporion::saga
