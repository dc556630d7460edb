#include <algorithm>
#include <charconv>

#include "kernel/base/text.hpp"
#include "kernel/http/router.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/rpc/status.hpp"

namespace emporion::http {
namespace {

constexpr std::string_view type_prefix = "https://emporion.dev/problems/";

std::string kebab(std::string_view reason) {
  std::string out = ascii_lower(reason);
  std::ranges::replace(out, '_', '-');
  return out;
}

/// The text of a JSON string that needs no unescaping, such as an allow list.
std::string_view unquoted(std::string_view json) {
  if (json.size() >= 2 && json.front() == '"' && json.back() == '"') return json.substr(1, json.size() - 2);
  return json;
}

std::string retry_after_of(const Error& error) {
  const auto given = unquoted(error.metadata_json("retry_after"));
  std::int64_t seconds = 0;
  const auto [end, bad] = std::from_chars(given.data(), given.data() + given.size(), seconds);
  if (bad != std::errc() || end != given.data() + given.size() || seconds < 1) seconds = 1;
  return std::to_string(seconds);
}

void add_headers(Response& response, const Error& error) {
  switch (error.kind()) {
    case ErrorKind::resource_exhausted:
    case ErrorKind::unavailable: response.headers.push_back({"Retry-After", retry_after_of(error)}); break;
    case ErrorKind::method_not_allowed: response.headers.push_back({"Allow", std::string(unquoted(error.metadata_json("allow")))}); break;
    case ErrorKind::unauthenticated: response.headers.push_back({"WWW-Authenticate", "Bearer"}); break;
    default: break;
  }
}

}  // namespace

Response problem(const Error& error, const Uuid& trace, std::string_view instance) {
  // A defect tells the client nothing but where to look it up: details and names may hold SQL, hosts or values.
  const bool is_secret = error.kind() == ErrorKind::internal;
  const std::string_view reason = is_secret ? std::string_view("INTERNAL") : error.reason();
  Response response;
  response.status = rpc::http_status(error.kind());
  response.content_type = "application/problem+json";
  json::Writer out(response.body);
  out.begin_object();
  out.key("type").string(text(type_prefix, kebab(reason)));
  out.key("title").string(rpc::title_of(error.kind()));
  out.key("status").integer(response.status);
  out.key("detail").string(is_secret ? std::string_view("something went wrong on our side; quote the trace id when you report it") : error.detail());
  out.key("instance").string(instance);
  out.key("reason").string(reason);
  out.key("metadata").begin_object();
  if (!is_secret) {
    for (const auto& field : error.metadata()) out.key_escaped(field.name).raw(field.json);
  }
  out.end_object();
  out.key("trace_id").string(trace.to_string());
  out.end_object();
  add_headers(response, error);
  return response;
}

}  // namespace emporion::http
