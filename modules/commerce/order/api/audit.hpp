#pragma once

#include <vector>

#include "kernel/module/module.hpp"

namespace emporion::order {

std::vector<AuditCheck> audit_checks();
/// Those of invoices; audit_checks has them, too.
std::vector<AuditCheck> invoice_audit_checks();
std::vector<AuditFact> audit_facts();

}  // namespace emporion::order
