#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/http/router.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::http {

struct ClientRequest {
  Method method = Method::get;
  std::string url;  ///< http or https.
  std::vector<Header> headers;
  std::string body;
  milliseconds timeout{10'000};
};

/// HTTP client for providers, tools and tests, over libcurl's multi interface with connection reuse. Redirects are not followed.
/// Errors: PROVIDER_UNREACHABLE (unavailable: the request was certainly not sent), PROVIDER_TIMEOUT (deadline_exceeded: outcome unknown; also a connection that
/// broke after sending).
class Client {
 public:
  explicit Client(Runtime& runtime, std::size_t connections_max = 64);
  ~Client();
  Task<Result<Response>> send(ClientRequest request);
  /// The same on behalf of a call: how modules reach providers. Asserts that the call has no transaction open (wall 3).
  Task<Result<Response>> send(CallContext context, ClientRequest request);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::http
