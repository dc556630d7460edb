#pragma once

#include <string>

#include "apps/emporion/placement_check.hpp"

namespace emporion::app {

/// Who calls and who hears whom, and in which process, from the contracts: a line for each process, call and pair of publisher and hearer, then how much of it
/// goes between processes.
std::string graph_text(const Placement& placement, const ContractLinks& links = {});

/// The same for Graphviz: a box for each process, a full arrow for a call, a dashed one for events from publisher to hearer; bold between processes.
std::string graph_dot(const Placement& placement, const ContractLinks& links = {});

}  // namespace emporion::app
