#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/base/error.hpp"
#include "kernel/http/router.hpp"

namespace emporion::http {

struct ParserLimits {
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t target_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 50 * 1024 * 1024;
};

/// Makes requests of the bytes of one connection, however they are split. No I/O. What two parsers could read in two ways is refused
/// (RFC 9112 §6.3: a second Content-Length, Content-Length with Transfer-Encoding, codings other than chunked).
class RequestParser {
 public:
  enum class State : std::uint8_t {
    need_more,  ///< All that could be used is used; give what is left again, with more behind it.
    done,       ///< One request is whole: take it.
    refused,    ///< `refusal` says why; nothing after it on this connection can be trusted.
  };
  /// `body_limit` is asked once per request, with its head alone; a larger body is refused as soon as its length is known.
  RequestParser(ParserLimits limits, std::function<std::size_t(const Request& head)> body_limit);
  ~RequestParser();

  struct Step {
    State state;
    std::size_t used;  ///< Bytes from the front that are dealt with.
  };
  /// Not to be called between `done` and `take`.
  Step put(std::string_view bytes);
  /// The request, once done. The parser is then ready for the next one.
  Request take();
  const Error& refusal() const;

  bool has_begun() const noexcept;  ///< Something of the current request has been used.
  bool is_head_done() const noexcept;
  bool expects_continue() const noexcept;   ///< The client waits for 100 Continue before it sends the body.
  bool is_http_1_0() const noexcept;        ///< Of the current request, or the one just taken.
  bool keeps_alive() const noexcept;        ///< Of the request that is done, or the one just taken.
  std::size_t body_bytes() const noexcept;  ///< Received so far.

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace emporion::http
