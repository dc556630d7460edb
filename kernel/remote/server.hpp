#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/remote/credentials.hpp"
#include "kernel/remote/services.hpp"

namespace emporion::remote {

struct ServerOptions {
  std::string address;                     ///< "127.0.0.1:9101"; port 0 takes a free one.
  std::optional<Credentials> credentials;  ///< Mutual TLS. Without them everybody who can connect is believed: for tests.
  /// For server reflection: serialized FileDescriptorProtos that live for ever, dependencies first (contracts::descriptors()).
  std::span<const std::string_view> descriptors = {};
};

/// Answers calls of other processes over gRPC, with grpc.health.v1 and server reflection. Lives on one runtime's thread; handlers run there.
class Server {
 public:
  /// `services` is complete and outlives the server.
  Server(Runtime& runtime, const Services& services, ServerOptions options);
  ~Server();
  /// Once. Errors: CREDENTIALS_UNREADABLE (invalid_argument), ADDRESS_IN_USE (unavailable: also one that is not of this machine).
  Result<> listen();
  int port() const noexcept;
  /// What health checks hear, of the whole and of each service. Not ready at first; calls are answered all the same.
  void set_ready(bool ready);
  /// No new calls; those that run have until `grace` to end, then their callers hear no more of them. Waits for the handlers themselves, whose deadlines bound
  /// them: nothing runs afterwards. Must be awaited once if `listen` succeeded.
  Task<void> close(microseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace emporion::remote
