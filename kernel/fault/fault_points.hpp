#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::fault {

/// Places where a crash, a lost answer or a delay can be ordered: before and after every commit, send, acknowledgement and step of a saga. Compiled into dev,
/// asan and tsan builds only (EMP_FAULT_POINTS).
///
/// Armed by the environment: EMPORION_FAULT="crash:checkout.:17" kills the process (SIGKILL) at the 17th point whose name starts with "checkout.";
/// "crash:after=checkout.confirm_checkout.send:3" counts points of any name from the first pass of that one on;
/// "lose:checkout.:17" lets the work happen and answers deadline_exceeded instead of its result; "list:checkout.:/path" writes the name of each point passed to
/// a file, a line each; "delay:order.+shipping.:4711/20" lets each pass of those points wait up to 20 ms, by the seed 4711, the point's name and how often it
/// was passed: the seed alone repeats the delays. "file:/path" takes the order from that file, and another one whenever the file is replaced (by a rename); a
/// crash or loss that happens is told in "/path.fired".
class FaultPoints {
 public:
  /// Passes a point. True means: the caller pretends that the answer was lost.
  static bool pass(std::string_view name) noexcept;
  /// True while delays are, or may come to be, ordered.
  static bool may_delay() noexcept;
  /// How long this pass of the point is to wait. Every call is a pass of its own.
  static microseconds delay(std::string_view name) noexcept;
  /// For tests in one process; `order` may be "file:/path". Errors: FAULT_MALFORMED.
  static Result<> arm(std::string_view order);
  static void disarm() noexcept;
  static std::uint64_t passed() noexcept;
};

}  // namespace emporion::fault

#if EMP_FAULT_POINTS
#define EMP_FAULT_POINT(name) (::emporion::fault::FaultPoints::pass(name))
#else
#define EMP_FAULT_POINT(name) (false)
#endif
