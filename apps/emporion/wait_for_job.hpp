#pragma once

#include <utility>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"

namespace emporion::app {

/// Looks at an import or price job every 100 ms until it is neither queued nor running, and answers it as it ended. `ask(id)` reads it again; `seen(job)` is
/// told of it before each look. Errors: those of `ask`; JOB_SLOW after `patience`.
template <typename Job, typename Ask, typename Seen>
Task<Result<Job>> wait_for_job(Runtime& runtime, Job job, Ask ask, Seen seen, milliseconds patience) {
  using Status = decltype(job.status);
  constexpr milliseconds step(100);
  for (milliseconds waited(0); job.status == Status::queued || job.status == Status::running; waited += step) {
    if (waited > patience) co_return fail(ErrorKind::unavailable, "JOB_SLOW", "the job does not end");
    seen(std::as_const(job));
    co_await runtime.sleep_for(step);
    EMP_CO_ASSIGN(job, co_await ask(job.id));
  }
  co_return job;
}

}  // namespace emporion::app
