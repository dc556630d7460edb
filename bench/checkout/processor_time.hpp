#pragma once

#include <sys/types.h>

namespace emporion::bench {

/// Processor time that a process has used so far, in seconds; with its children, those that ended included. 0 if it is gone.
double processor_seconds(pid_t process, bool with_children);
/// Of this process.
double own_processor_seconds();

}  // namespace emporion::bench
