#pragma once

#include <string>
#include <vector>

#include "apps/emporion/databases.hpp"
#include "kernel/async/runtime.hpp"

namespace emporion::app {

struct Violation {
  std::string invariant;
  std::string module;
  std::string id;
  std::string detail;
};

struct AuditReport {
  struct Line {
    std::string invariant;
    std::string module;
    std::uint64_t facts = 0;  ///< Rows that were compared; 0 for a check that looks for bad rows only.
    std::uint64_t violations = 0;
  };
  std::vector<Line> lines;
  std::vector<Violation> violations;  ///< At most 1,000; `lines` counts all.
  bool holds() const;
};

/// The auditor: each module's own checks, then what must agree between modules, then the delivery of every event. Reads each database through its own role.
/// What is on its way (an event not yet applied) counts as a violation only if it is there at every look within `patience`: longer than the lease of a crashed
/// reader of events. Errors: DATABASE_UNAVAILABLE.
Task<Result<AuditReport>> audit(Runtime& runtime, const Databases& databases, const std::vector<ModuleDefinition>& modules,
                                milliseconds patience = seconds(15));

}  // namespace emporion::app
