#pragma once

#include <string_view>

#include "kernel/async/task.hpp"
#include "kernel/fault/fault_points.hpp"

namespace emporion {

/// Waits at a fault point as long as an ordered delay says, on the runtime of this thread; other work goes on meanwhile. Outside a runtime it returns at once.
Task<void> fault_pause(std::string_view point);

}  // namespace emporion

/// A statement of a coroutine: lets a delay that was ordered for this point happen. Nothing in a release build.
#if EMP_FAULT_POINTS
#define EMP_FAULT_PAUSE(point) \
  if (::emporion::fault::FaultPoints::may_delay()) co_await ::emporion::fault_pause(point)
#else
#define EMP_FAULT_PAUSE(point) static_cast<void>(0)
#endif
