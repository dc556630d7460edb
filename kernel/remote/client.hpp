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
  std::string counted_as;                  ///< In metrics, where that is not the module.
};

/// A module in another process: calls go to its replicas in turn, past those that cannot be reached. A call that reached nobody is tried again, at another
/// replica if there is one, at most twice and as far as its deadline and the budget for retries go; a module that cannot be reached is left alone for a while
/// (kernel/rpc/breaker.hpp). Made and used on the thread of its runtime.
class Client : public Channel {
 public:
  /// Waits until some replica says that it serves. Errors: CREDENTIALS_UNREADABLE (invalid_argument), CALLEE_UNREACHABLE (unavailable), with what the last
  /// attempt heard.
  virtual Task<Result<>> wait_until_serving(UtcTime deadline) = 0;
  /// Cancels what is under way, whose callers hear deadline_exceeded, and waits for it; nothing runs afterwards. Once. Calls made later are CALLEE_UNREACHABLE.
  virtual Task<void> close() = 0;
};

/// Connects in the background; calls may be made at once. `addresses` are not empty.
std::shared_ptr<Client> connect(Runtime& runtime, ClientOptions options);

}  // namespace emporion::remote
