#pragma once

#include <optional>
#include <string_view>

#include "kernel/base/error.hpp"

namespace emporion::rpc {

/// The HTTP status of an error kind. Source: the table in docs and RFC 9110.
int http_status(ErrorKind kind) noexcept;
/// The gRPC code (0 to 16) of an error kind; several kinds share one, the reason tells them apart.
int grpc_code(ErrorKind kind) noexcept;
/// The kind that `http_status` maps to `status`, if any.
std::optional<ErrorKind> kind_of_http_status(int status) noexcept;
/// "Not Found" and so on: the title of problem+json.
std::string_view title_of(ErrorKind kind) noexcept;

}  // namespace emporion::rpc
