#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::fault {

/// Places where a crash or a lost answer can be ordered: before and after every commit, send and acknowledgement. Compiled into dev, asan and tsan builds only (EMP_FAULT_POINTS).
///
/// Armed by the environment: EMPORION_FAULT="crash:checkout.:17" kills the process (SIGKILL) at the 17th point whose name starts with "checkout.";
/// "crash:after=checkout.confirm_checkout.send:3" counts points of any name from the first pass of that one on;
/// "lose:checkout.:17" lets the work happen and answers deadline_exceeded instead of its result; "list:checkout.:/path" writes the name of each point passed to a file, a line each.
class FaultPoints {
 public:
  /// Passes a point. True means: the caller pretends that the answer was lost.
  static bool pass(std::string_view name) noexcept;
  /// For tests in one process. Errors: FAULT_MALFORMED.
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
