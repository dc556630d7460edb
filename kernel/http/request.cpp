#include "kernel/base/text.hpp"
#include "kernel/http/router.hpp"

namespace emporion::http {

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
  }
  return "GET";
}

std::string_view Request::header(std::string_view lower_name) const noexcept {
  for (const auto& field : headers) {
    if (field.name == lower_name) return field.value;
  }
  return {};
}

std::optional<std::string_view> Request::query_value(std::string_view name) const noexcept {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const noexcept {
  for (const auto& field : headers) {
    if (field.name != "cookie") continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const auto end = std::min(rest.find(';'), rest.size());
      const auto pair = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    }
  }
  return std::nullopt;
}

}  // namespace emporion::http
