#pragma once

#include <string>
#include <string_view>

#include "kernel/base/error.hpp"

namespace emporion::rpc {

/// An error as JSON text {"kind","reason","detail","metadata"}: for logs that must be read back, and between processes.
std::string to_json(const Error& error);
/// The error again; text that is not one answers internal ERROR_UNREADABLE.
Error error_from_json(std::string_view text);

}  // namespace emporion::rpc
