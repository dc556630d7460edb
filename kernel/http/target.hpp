#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::http {

/// A request target (RFC 9112 §3.2) taken apart and decoded once.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

/// Takes origin-form, absolute-form (its authority is dropped) and `*`. The path comes out in the one form that routing and everything behind it sees.
/// Errors: INVALID_PATH (`.` or `..` as a segment, an encoded slash, any backslash, a control character, bad percent-encoding, not UTF-8), INVALID_QUERY.
Result<Target> parse_target(std::string_view target);

}  // namespace emporion::http
