#pragma once

#include "kernel/saga/live.hpp"
#include "kernel/trace/span.hpp"

namespace emporion::saga {

/// The span of a saga while one engine drives it, "saga checkout.place_order": below the request that began it; of one that is taken up again (it waited, its
/// owner died) the first span of a trace whose id is the saga's.
class DriveSpan {
 public:
  DriveSpan(const ErasedDefinition& definition, const Live& live);

 private:
  trace::Active active_;
};

/// The span of one try of a step, "step reserve_stock" or "undo reserve_stock".
class StepSpan {
 public:
  StepSpan(const ErasedStep& step, const Live& live) {
    if (trace::is_traced()) [[unlikely]]
      begin(step, live);
  }
  void ended(const StepOutcome& outcome) const {
    if (active_) [[unlikely]]
      tell(outcome);
  }

 private:
  void begin(const ErasedStep& step, const Live& live);
  void tell(const StepOutcome& outcome) const;

  trace::Active active_;
};

}  // namespace emporion::saga
