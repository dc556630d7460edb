#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/rpc/binding.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view to_string(Method method) noexcept;

struct Header {
  std::string name;  ///< Lower case in requests.
  std::string value;
};

/// A whole request. `path` is decoded once and canonical; `query` is decoded into pairs in their order.
struct Request {
  Method method = Method::get;
  std::string target;  ///< As sent.
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<Header> headers;
  std::string body;
  std::string peer_address;  ///< Of the socket.
  Uuid trace;                ///< What is done for it is found under this; the server sets it.

  /// Value of the first header of that lower-case name, or empty.
  std::string_view header(std::string_view lower_name) const noexcept;
  std::optional<std::string_view> query_value(std::string_view name) const noexcept;
  /// The cookie's value, or nothing.
  std::optional<std::string_view> cookie(std::string_view name) const noexcept;
};

/// The rest of a body that is too long to be held at once. It is asked for the next part only after the one before has been taken by the client's connection,
/// so a client that reads slowly slows its maker down. Destroyed early if the client goes.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next bytes; empty at the end. An error cuts the connection: the client sees that the body is not whole.
  virtual Task<Result<std::string>> next() = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<Header> headers;
  std::shared_ptr<BodySource> rest = nullptr;  ///< What follows `body`. Sent chunked (RFC 9112 §7.1), to HTTP/1.0 until the connection closes.
};

/// application/problem+json (RFC 9457) with reason, metadata and trace_id. 429 and 503 carry Retry-After (metadata retry_after, else 1).
Response problem(const Error& error, const Uuid& trace, std::string_view instance);

/// Values of the `{name}` parts of a matched path, in their order in the template.
using PathParameters = std::vector<std::string>;

/// One route of the table. `handle` answers a Response for every outcome, refusals included.
struct Route {
  Method method = Method::get;
  std::string path_template;  ///< "/api/v1/cart/items/{line_id}", may end in ":verb"
  const rpc::Operation* operation = nullptr;
  bool is_public = true;  ///< False: modules only; never matched from outside.
  std::move_only_function<Task<Response>(CallContext, const Request&, PathParameters)> handle;
};

/// The table of all routes. A literal segment wins over a parameter. Two routes that match the same method and path are refused when the second is added.
class Router {
 public:
  Router();
  ~Router();
  /// Errors: DUPLICATE_ROUTE (names both), INVALID_ROUTE.
  Result<> add(Route route);

  struct Match {
    const Route* route = nullptr;
    PathParameters parameters;
  };
  /// Names the span of the request that is being handled after the route. Errors: ROUTE_NOT_FOUND; METHOD_NOT_ALLOWED with metadata allow, a comma-separated
  /// list.
  Result<Match> match(Method method, std::string_view path) const;
  const std::vector<std::unique_ptr<Route>>& routes() const noexcept { return routes_; }

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace emporion::http
