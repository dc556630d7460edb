#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/time.hpp"
#include "kernel/remote/channel.hpp"
#include "kernel/remote/credentials.hpp"

namespace emporion::remote {

struct ClientOptions {
  std::string module;                      ///< Whom to reach: its certificate must name this module.
  std::vector<std::string> addresses;      ///< HOST:PORT of each replica; names are resolved again when a connection breaks.
  std::optional<Credentials> credentials;  ///< As of the server.
};

/// A module in another process: calls go to its replicas in turn, past those that do not answer.
class Client : public Channel {
 public:
  /// Waits until some replica says that it serves. Errors: CALLEE_UNREACHABLE (unavailable), with what the last attempt heard.
  virtual Task<Result<>> wait_until_serving(UtcTime deadline) = 0;
  /// Ends what is under way; nothing runs afterwards.
  virtual Task<void> close() = 0;
};

std::shared_ptr<Client> connect(Runtime& runtime, ClientOptions options);

}  // namespace emporion::remote
