#include "kernel/remote/identity.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/security/principal_codec.hpp"

namespace emporion::remote {
namespace {

constexpr std::string_view domain = ".emporion";

}  // namespace

std::vector<std::string> modules_of_peer(std::span<const std::string> dns_names) {
  std::vector<std::string> out;
  for (const std::string& name : dns_names) {
    if (!name.ends_with(domain)) continue;
    std::string module = name.substr(0, name.size() - domain.size());
    if (!module.empty() && module.find_first_of(".*") == std::string::npos) out.push_back(std::move(module));
  }
  return out;
}

Result<Principal> who_acts(const std::optional<std::string>& claimed, const std::optional<std::vector<std::string>>& peer_modules) {
  if (peer_modules && peer_modules->empty()) {
    return fail(ErrorKind::unauthenticated, "PEER_UNKNOWN", "the caller's certificate names no module; make one with `emporion pki`");
  }
  if (!claimed) return peer_modules ? Principal::of_service(peer_modules->front()) : Principal::guest();
  EMP_ASSIGN(auto principal, security::principal_from_json(*claimed));
  if (peer_modules && principal.realm == Realm::service && std::ranges::find(*peer_modules, principal.service) == peer_modules->end()) {
    return fail(ErrorKind::permission_denied, "PRINCIPAL_NOT_BELIEVED",
                text("acts as ", principal.service, ", which the caller's certificate does not name; it names ", peer_modules->front()));
  }
  return principal;
}

}  // namespace emporion::remote
