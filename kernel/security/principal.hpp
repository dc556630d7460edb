#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/uuid.hpp"

namespace emporion {

/// The sort of account that is acting. A token of one realm is never accepted for another.
enum class Realm : std::uint8_t { guest, customer, staff, service };

/// Who is acting, as verified by the gateway or by the calling process.
struct Principal {
  Realm realm = Realm::guest;
  Uuid id;                               ///< Customer or staff id; nil for guests and services.
  Uuid session;                          ///< The login session; nil for guests and services.
  std::string service;                   ///< The module's name, for services.
  std::vector<std::string> permissions;  ///< Staff: `module.entity.action`, `*` allowed as the last segments.
  std::optional<Uuid> acting_staff;      ///< The staff member who acts as this customer.

  static Principal guest() { return {}; }
  static Principal of_service(std::string_view name);

  /// True if a held permission equals `wanted` or covers it by a trailing wildcard.
  bool may(std::string_view wanted) const noexcept;
};

}  // namespace emporion
