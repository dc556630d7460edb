#pragma once

#include <vector>

#include "kernel/module/module.hpp"

namespace emporion::payment {

std::vector<AuditCheck> audit_checks();
std::vector<AuditFact> audit_facts();

}  // namespace emporion::payment
