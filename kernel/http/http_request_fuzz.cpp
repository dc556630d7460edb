#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/parameters.hpp"
#include "kernel/http/request_parser.hpp"
#include "kernel/http/target.hpp"

namespace emporion::http {
namespace {

constexpr ParserLimits limits{.header_bytes_max = 2048, .target_bytes_max = 512, .body_bytes_max = 8192};

/// The requests that are read of a connection's bytes when they come in pieces of `step`. A refusal may come at once or with a later piece: it is no part of
/// the answer.
std::string read_in_pieces(std::string_view bytes, std::size_t step) {
  RequestParser parser(limits, [](const Request& head) { return head.path == "/large" ? std::size_t{8192} : std::size_t{512}; });
  std::string out;
  std::string pending;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    pending.append(bytes.substr(at, step));
    while (!pending.empty()) {
      const auto [state, used] = parser.put(pending);
      EMP_ASSERT(used <= pending.size());
      pending.erase(0, used);
      if (state == RequestParser::State::refused) {
        EMP_ASSERT(!parser.refusal().reason().empty());
        return out;
      }
      if (state == RequestParser::State::need_more) break;
      const bool keeps_alive = parser.keeps_alive();
      const Request request = parser.take();
      EMP_ASSERT(request.path.starts_with('/') || request.path == "*");
      EMP_ASSERT(request.path.find("/../") == std::string::npos && request.path.find('\\') == std::string::npos &&
                 request.path.find('\0') == std::string::npos);
      EMP_ASSERT(request.body.size() <= 8192);
      out += text(to_string(request.method), " ", request.path, " <", request.body, "> ", keeps_alive ? "alive\n" : "closed\n");
      for (const auto& [name, value] : all_headers(request)) out += text(name, ": ", value, "\n");
      for (const auto& [name, value] : request.query) out += text(name, "=", value, "\n");
      out += text("cookie ", request.cookie("cart").value_or("none"), "\n");
      const Response answer = problem(Error(ErrorKind::not_found, "ROUTE_NOT_FOUND", request.path), Uuid(), request.path);
      EMP_ASSERT(answer.status == 404);
    }
  }
  return out;
}

}  // namespace
}  // namespace emporion::http

/// The first byte says how the rest is cut; whole or in pieces, the same must be read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 20'000) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = 1 + data[0] % 64;
  const std::string whole = emporion::http::read_in_pieces(bytes, size);
  EMP_ASSERT(whole == emporion::http::read_in_pieces(bytes, step));
  (void)emporion::http::parse_target(bytes);
  return 0;
}
