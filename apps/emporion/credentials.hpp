#pragma once

#include "apps/emporion/placement.hpp"
#include "kernel/remote/credentials.hpp"

namespace emporion::app {

/// The certificates with which the chosen process meets the others: ca.pem, <process>.pem and <process>.key in the placement's pki folder. Errors: PKI_MISSING,
/// which names the first file that is not there.
Result<remote::Credentials> credentials_of(const Placement& placement);

}  // namespace emporion::app
