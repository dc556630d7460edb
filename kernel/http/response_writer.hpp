#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/http/router.hpp"

namespace emporion::http {

struct ResponseForm {
  bool is_head = false;  ///< The answer to HEAD: all headers, no body.
  bool keeps_alive = true;
  bool is_http_1_0 = false;
  std::string_view date;  ///< As of `http_date`; empty leaves the header out.
};

/// Appends the status line and the headers. A line break in a header or a status outside 200 to 599 is a bug. No Server header.
void append_head(std::string& out, const Response& response, const ResponseForm& form);

/// True if `response` is sent with its body.
bool has_body(const Response& response, const ResponseForm& form) noexcept;

/// Appends one chunk of a chunked body; `bytes` are not empty.
void append_chunk(std::string& out, std::string_view bytes);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7).
std::string http_date(std::int64_t seconds_since_epoch);

}  // namespace emporion::http
