#pragma once

#include "kernel/saga/live.hpp"

namespace emporion::saga {

/// One try of the step at which `live` stands, forward or its undo, between two fault points: "checkout.place_order.reserve_stock.do.before", "….undo.after".
/// What the try did to the state counts only with its outcome: a lost outcome leaves the state as it was, as a crash would.
Task<StepOutcome> try_step(const ErasedDefinition& definition, Live& live, Context& context);

/// Tells in the metrics which steps this process knows: who tests all sagas finds them there.
void publish_steps(const ErasedDefinition& definition);

}  // namespace emporion::saga
