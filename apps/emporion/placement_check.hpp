#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/emporion/placement.hpp"
#include "contracts/topics.hpp"

namespace emporion::app {

/// Who calls and who hears whom.
struct ContractLinks {
  std::span<const contracts::ModuleLinks> modules = contracts::modules();
  std::span<const contracts::Topic> topics = contracts::topics();

  /// The module that publishes `topic`; empty if nobody does.
  std::string_view producer_of(std::string_view topic) const noexcept;
};

/// What would keep the processes of a placement from working together, a sentence each: an unknown module, one in no process, two owners of one database role,
/// two processes on one address, a cycle of what they need at their start. Empty: it holds.
std::vector<std::string> faults_of(const Placement& placement, const ContractLinks& links = {});

/// The process that has the module, or nullptr.
const Process* process_of(const Placement& placement, std::string_view module) noexcept;

/// Makes `placement` that of one process, named or the only one, and of one of its replicas (from 1): its public address. Errors: PROCESS_UNNAMED,
/// PROCESS_UNKNOWN, REPLICA_UNKNOWN.
Result<> choose_process(Placement& placement, const std::optional<std::string>& name, int replica);

}  // namespace emporion::app
