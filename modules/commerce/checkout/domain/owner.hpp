#pragma once

#include <optional>
#include <string>

#include "kernel/base/uuid.hpp"

namespace emporion::checkout {

/// Whose cart or session it is: a customer, or a guest known by the SHA-256 of a token. Exactly one of the two.
struct Owner {
  std::optional<Uuid> customer;
  std::optional<std::string> guest_sha256;  ///< 32 bytes.
  bool is_guest() const noexcept { return !customer.has_value(); }
  friend bool operator==(const Owner&, const Owner&) = default;
};

}  // namespace emporion::checkout
