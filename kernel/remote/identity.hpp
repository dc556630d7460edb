#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/security/principal.hpp"

namespace emporion::remote {

/// The modules that a peer's certificate names: of its DNS names those that are `<module>.emporion`, in their order.
std::vector<std::string> modules_of_peer(std::span<const std::string> dns_names);

/// Who acts in a call: `claimed`, JSON of a principal, if the peer may say so, or else the peer itself as the first of `peer_modules`. A module may act as
/// itself only; any module may pass on a guest, a customer or a member of staff, for modules forward their callers. Without `peer_modules` (no mutual TLS)
/// whatever is claimed is believed, and who claims nothing is a guest. Errors: PEER_UNKNOWN (unauthenticated: its certificate names no module),
/// PRINCIPAL_UNREADABLE (unauthenticated), PRINCIPAL_NOT_BELIEVED (permission_denied).
Result<Principal> who_acts(const std::optional<std::string>& claimed, const std::optional<std::vector<std::string>>& peer_modules);

}  // namespace emporion::remote
