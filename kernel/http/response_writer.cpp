#include "kernel/http/response_writer.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::http {
namespace {

std::string_view status_line_end(int status) noexcept {
  switch (status) {
    case 200: return "200 OK";
    case 201: return "201 Created";
    case 202: return "202 Accepted";
    case 204: return "204 No Content";
    case 206: return "206 Partial Content";
    case 301: return "301 Moved Permanently";
    case 302: return "302 Found";
    case 303: return "303 See Other";
    case 304: return "304 Not Modified";
    case 307: return "307 Temporary Redirect";
    case 308: return "308 Permanent Redirect";
    case 400: return "400 Bad Request";
    case 401: return "401 Unauthorized";
    case 402: return "402 Payment Required";
    case 403: return "403 Forbidden";
    case 404: return "404 Not Found";
    case 405: return "405 Method Not Allowed";
    case 406: return "406 Not Acceptable";
    case 408: return "408 Request Timeout";
    case 409: return "409 Conflict";
    case 410: return "410 Gone";
    case 412: return "412 Precondition Failed";
    case 413: return "413 Content Too Large";
    case 414: return "414 URI Too Long";
    case 415: return "415 Unsupported Media Type";
    case 416: return "416 Range Not Satisfiable";
    case 422: return "422 Unprocessable Content";
    case 428: return "428 Precondition Required";
    case 429: return "429 Too Many Requests";
    case 431: return "431 Request Header Fields Too Large";
    case 500: return "500 Internal Server Error";
    case 501: return "501 Not Implemented";
    case 502: return "502 Bad Gateway";
    case 503: return "503 Service Unavailable";
    case 504: return "504 Gateway Timeout";
    default: return {};
  }
}

bool is_header_value(std::string_view value) noexcept {
  return std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_token(std::string_view name) noexcept {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos; });
}

bool status_has_no_body(int status) noexcept { return status == 204 || status == 304; }

void append_header(std::string& out, std::string_view name, std::string_view value) {
  EMP_ASSERT(is_token(name) && is_header_value(value));
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool has_body(const Response& response, const ResponseForm& form) noexcept {
  return !form.is_head && !status_has_no_body(response.status) && (response.rest || !response.body.empty());
}

void append_head(std::string& out, const Response& response, const ResponseForm& form) {
  EMP_ASSERT(response.status >= 200 && response.status <= 599);
  out.append("HTTP/1.1 ");
  if (const auto known = status_line_end(response.status); !known.empty()) {
    out.append(known);
  } else {
    detail::append_text(out, response.status);
    out.push_back(' ');  // The reason phrase may be empty, the space may not.
  }
  out.append("\r\n");
  if (!form.date.empty()) append_header(out, "Date", form.date);
  if (!status_has_no_body(response.status)) {
    if (!response.body.empty() || response.rest) append_header(out, "Content-Type", response.content_type);
    if (!response.rest) {
      out.append("Content-Length: ");
      detail::append_text(out, response.body.size());
      out.append("\r\n");
    } else if (!form.is_http_1_0) {
      append_header(out, "Transfer-Encoding", "chunked");
    }
  }
  for (const auto& header : response.headers) append_header(out, header.name, header.value);
  if (!form.keeps_alive) {
    out.append("Connection: close\r\n");
  } else if (form.is_http_1_0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

void append_chunk(std::string& out, std::string_view bytes) {
  EMP_ASSERT(!bytes.empty());  // A chunk of no bytes is the end.
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
  out.append(size, end).append("\r\n").append(bytes).append("\r\n");
}

std::string http_date(std::int64_t seconds_since_epoch) {
  namespace chrono = std::chrono;
  const chrono::sys_seconds time{chrono::seconds(seconds_since_epoch)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto two_digits = [](auto number) { return text(static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)); };
  return text(days[chrono::weekday(day).c_encoding()], ", ", two_digits(static_cast<unsigned>(date.day())), " ",
              months[static_cast<unsigned>(date.month()) - 1], " ", static_cast<int>(date.year()), " ", two_digits(clock.hours().count()), ":",
              two_digits(clock.minutes().count()), ":", two_digits(clock.seconds().count()), " GMT");
}

}  // namespace emporion::http
