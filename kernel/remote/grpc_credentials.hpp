#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>

#include "kernel/base/result.hpp"
#include "kernel/remote/credentials.hpp"

// tidy-allow-file(third_party_include): seen by this folder's .cpp files only.
namespace emporion::remote {

/// Holds if all files can be read and the key belongs to the certificate. Errors: CREDENTIALS_UNREADABLE.
Result<> check(const Credentials& credentials);

/// Mutual TLS, or none. The files are looked at every second; connections made afterwards use what they have then.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const std::optional<Credentials>& credentials);
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const std::optional<Credentials>& credentials);

}  // namespace emporion::remote
