#include "kernel/security/principal.hpp"

namespace emporion {

Principal Principal::of_service(std::string_view name) {
  Principal out;
  out.realm = Realm::service;
  out.service = name;
  return out;
}

bool Principal::may(std::string_view wanted) const noexcept {
  for (const std::string_view held : permissions) {
    if (held == wanted || held == "*") return true;
    if (held.ends_with(".*") && wanted.starts_with(held.substr(0, held.size() - 1))) return true;
  }
  return false;
}

}  // namespace emporion
