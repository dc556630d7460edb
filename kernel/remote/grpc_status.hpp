#pragma once

#include <grpcpp/support/status.h>

#include <optional>
#include <string>

#include "kernel/base/error.hpp"

// tidy-allow-file(third_party_include): seen by this folder's .cpp files only.
namespace emporion::remote {

/// Trailing metadata that has the whole error as JSON.
constexpr const char* error_key = "emporion-error-bin";

/// What foreign clients see of an error: its code and its detail.
grpc::Status status_of(const Error& error);
/// The whole of it; without its fields if they are too long to travel.
std::string error_json(const Error& error);

/// What a call that ended with `status` is to its caller: the error that `json` has, or else what gRPC itself said of the way to `module`.
Error error_of(const grpc::Status& status, const std::optional<std::string>& json, std::string_view module);

}  // namespace emporion::remote
