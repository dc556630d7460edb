#pragma once

#include <vector>

#include "kernel/module/module.hpp"

namespace emporion::promotion {

/// The invariants of the specification over committed rows.
std::vector<AuditCheck> audit_checks();
/// What other modules' books are compared with.
std::vector<AuditFact> audit_facts();

}  // namespace emporion::promotion
