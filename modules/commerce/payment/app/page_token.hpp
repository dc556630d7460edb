#pragma once

#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"

namespace emporion::payment {

/// Where a list goes on: after this row. Opaque to clients; it carries nothing secret.
struct PageToken {
  UtcTime at;
  Uuid id;
  std::int32_t line = 0;

  std::string to_string() const;
  /// Errors: INVALID_PAGE_TOKEN.
  static Result<PageToken> parse(std::string_view text);
};

}  // namespace emporion::payment
