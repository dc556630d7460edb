#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/http/router.hpp"

namespace emporion::http {

struct ServerLimits {
  std::size_t header_bytes_max = 16 * 1024;       ///< 431 HEADERS_TOO_LARGE.
  std::size_t target_bytes_max = 8 * 1024;        ///< 414 URI_TOO_LONG.
  std::size_t body_bytes_max = 50 * 1024 * 1024;  ///< Hard limit; a route's own limit is lower and checked by the application before the body is read.
  std::size_t connections_max = 20'000;
  seconds body_read_timeout{10};
  seconds idle_timeout{75};
};

/// What the server asks of the application.
class Application {
 public:
  virtual ~Application() = default;
  /// The largest body this request may send, judged from method, path and headers alone; a longer one is answered 413 without reading it.
  virtual std::size_t body_limit(const Request& head) const = 0;
  virtual Task<Response> handle(Request request) = 0;
  /// Answers for what never became a request: bad syntax, too large, timed out. `error.kind` gives the status.
  virtual Response refuse(const Error& error) = 0;
};

/// HTTP/1.1 with keep-alive and pipelining in order. Requests run on the runtime's thread.
class Server {
 public:
  Server(Runtime& runtime, Application& application, ServerLimits limits = {});
  ~Server();
  /// Binds and listens; port 0 takes a free one. Errors: ADDRESS_IN_USE, LISTEN_FAILED, each saying what to do.
  Result<> listen(const std::string& address, std::uint16_t port);
  std::uint16_t port() const noexcept;
  /// Stops accepting, lets running requests end (at most `patience`), closes all connections.
  Task<void> close(milliseconds patience);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::http
