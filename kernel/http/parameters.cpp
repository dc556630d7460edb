#include "kernel/http/parameters.hpp"

#include "kernel/base/text.hpp"

namespace emporion::http {
namespace {

std::string without_controls(std::string_view value) {
  std::string out(value);
  std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return out;
}

}  // namespace

std::map<std::string, std::string> all_headers(const Request& request) {
  std::map<std::string, std::string> out;
  for (const auto& header : request.headers) {
    auto& value = out[header.name];
    if (!value.empty()) value += ", ";
    value += header.value;
  }
  return out;
}

void add_header(Response& response, std::string_view name, std::string_view value) {
  if (!value.empty()) response.headers.push_back({std::string(name), without_controls(value)});
}

void add_cookie(Response& response, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  std::string plain = without_controls(value);
  std::erase_if(plain, [](char c) { return c == ';' || c == ',' || c == '"' || c == '\\' || c == ' '; });  // RFC 6265 cookie-octet.
  response.headers.push_back({"Set-Cookie", text(name, "=", plain, "; HttpOnly; Secure; SameSite=Lax; Path=/")});
}

}  // namespace emporion::http
