#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/http/router.hpp"

namespace emporion::http {

struct PlainRequest {
  Method method = Method::get;
  std::string target;           ///< "/api/v1/cart?…", encoded already.
  std::vector<Header> headers;  ///< Without Host and Content-Length.
  std::string body;
  milliseconds timeout{10'000};
};

/// One kept connection to one host, HTTP/1.1 without TLS, one request at a time: for whoever plays many clients at once, since it costs half of the processor
/// time of `Client`. Connects when it is first used, and again when the other side has hung up. Belongs to one runtime and is used on its thread.
class PlainConnection {
 public:
  /// `address` is an IP address; `host` is what the header says. The runtime must outlive it.
  PlainConnection(Runtime& runtime, std::string address, std::uint16_t port, std::string host);
  ~PlainConnection();
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;

  /// Redirects are not followed. A request that a kept connection died under is sent again if HTTP or an Idempotency-Key makes that harmless.
  /// Errors: PROVIDER_UNREACHABLE (unavailable: certainly not sent), PROVIDER_TIMEOUT (deadline_exceeded: outcome unknown; also a connection that broke after
  /// sending), MALFORMED_RESPONSE (internal; outcome unknown, too).
  Task<Result<Response>> send(PlainRequest request);
  /// Breaks off the request under way, if there is one: PROVIDER_TIMEOUT.
  void cut();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::http
