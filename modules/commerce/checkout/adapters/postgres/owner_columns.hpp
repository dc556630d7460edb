#pragma once

#include <optional>

#include "kernel/postgres/value.hpp"
#include "modules/commerce/checkout/domain/owner.hpp"

namespace emporion::checkout {

/// The guest's column of an owner.
inline std::optional<postgres::Bytes> guest_column(const Owner& owner) {
  if (!owner.guest_sha256) return std::nullopt;
  return postgres::Bytes{*owner.guest_sha256};
}

}  // namespace emporion::checkout
