#pragma once

#include <cstddef>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::catalog {

constexpr std::size_t image_bytes_max = 10u << 20;  ///< Source: CAT-13.

/// The media type of an image by its own bytes, whatever the sender calls it: image/png, image/jpeg or image/svg+xml. An SVG that could run or fetch something
/// (script, event handlers, foreign objects, entities, addresses outside the file) is refused; it is served with a policy that forbids both anyway.
/// Errors (rule_violated): MEDIA_TYPE; (payload_too_large): MEDIA_TOO_LARGE.
Result<std::string_view> image_type_of(std::string_view bytes);

}  // namespace emporion::catalog
