#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/emporion/pki/files.hpp"
#include "kernel/base/error.hpp"
#include "kernel/base/result.hpp"

namespace emporion::app {

/// One certificate of the folder.
struct PkiEntry {
  std::string file;
  std::string holds;  ///< Its modules, or the authority's name.
  std::optional<UtcTime> valid_until;
  std::optional<std::int64_t> days_left;
  std::optional<Error> fault;  ///< What somebody has to do something about.
};

/// What lies in the folder: the authorities first, then processes and clients by name. At fault is what has expired or will within a week, what the authorities
/// do not vouch for, what its key, if it is here, does not belong to, and what cannot be read; and of `expected`, which may be empty, who has no certificate
/// for its modules. Changes nothing. Errors: PKI_MISSING (no ca.pem), PKI_UNREADABLE, PKI_MALFORMED (of ca.pem).
Result<std::vector<PkiEntry>> inspect(const PkiFiles& files, std::span<const Holder> expected, UtcTime now);

}  // namespace emporion::app
