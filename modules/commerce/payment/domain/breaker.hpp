#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "kernel/base/time.hpp"

namespace emporion::payment {

/// Keeps calls from a provider that does not answer: five failures within a minute and none is made for a minute; then three probes, and the first that fails
/// closes the door again. Source: commerce.md §3.7.
class Breaker {
 public:
  enum class State : std::uint8_t { closed, probing, open };

  /// Whether a call may be made now. True obliges the caller to `succeeded` or `failed`.
  bool admit(UtcTime now);
  /// The provider answered, whatever it said.
  void succeeded();
  /// No answer, or one that says that the provider itself is broken.
  void failed(UtcTime now);

  State state(UtcTime now) const noexcept;
  /// How long no call will be made; nothing if one may be made.
  std::optional<seconds> rests_for(UtcTime now) const noexcept;

  static constexpr int failures_max = 5;
  static constexpr seconds failure_window{60};
  static constexpr seconds open_for{60};
  static constexpr int probes = 3;

 private:
  void open(UtcTime now);

  std::deque<UtcTime> failures_;
  std::optional<UtcTime> opened_at_;
  int probes_begun_ = 0;
  int probes_passed_ = 0;
};

}  // namespace emporion::payment
