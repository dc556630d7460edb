#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/http/router.hpp"
#include "kernel/json/fields.hpp"

/// How generated routes read a request's parts and fill a response. A problem is reported at the pointer "/<field>", like one of the JSON body.
namespace emporion::http {

namespace detail {
template <typename T>
constexpr bool is_optional_v = false;
template <typename T>
constexpr bool is_optional_v<std::optional<T>> = true;

template <typename T, typename... Rules>
void read_part(std::optional<std::string_view> text, std::string_view field, json::Reader& reader, T& out, Rules... rules) {
  using json::read_text;
  if (text) {
    const json::Reader::At at(reader, field);
    read_text(*text, reader, out, rules...);
  } else if constexpr (!is_optional_v<T>) {
    reader.missing(field);
  }
}
}  // namespace detail

template <typename T, typename... Rules>
void read_path(const std::string& segment, std::string_view field, json::Reader& reader, T& out, Rules... rules) {
  detail::read_part(segment, field, reader, out, rules...);
}

/// Parameters that no field names are ignored.
template <typename T, typename... Rules>
void read_query(const Request& request, std::string_view field, json::Reader& reader, T& out, Rules... rules) {
  std::optional<std::string_view> text;
  for (const auto& [name, value] : request.query) {
    if (name != field) continue;
    if (text) {
      const json::Reader::At at(reader, field);
      return reader.out_of_range("given twice");
    }
    text = value;
  }
  detail::read_part(text, field, reader, out, rules...);
}

/// A list is a parameter given several times.
template <typename T, typename... Rules>
void read_query_items(const Request& request, std::string_view field, json::Reader& reader, std::vector<T>& out, json::ItemRules items, Rules... rules) {
  using json::read_text;
  const json::Reader::At at(reader, field);
  for (const auto& [name, value] : request.query) {
    if (name != field) continue;
    const json::Reader::At at_item(reader, out.size());
    T item{};
    read_text(value, reader, item, rules...);
    out.push_back(std::move(item));
  }
  json::check(out.size(), items, reader);
}

template <typename T, typename... Rules>
void read_header(const Request& request, std::string_view lower_name, std::string_view field, json::Reader& reader, T& out, Rules... rules) {
  std::optional<std::string_view> text;
  for (const auto& header : request.headers) {
    if (!text && header.name == lower_name) text = header.value;
  }
  detail::read_part(text, field, reader, out, rules...);
}

template <typename T, typename... Rules>
void read_cookie(const Request& request, std::string_view name, std::string_view field, json::Reader& reader, T& out, Rules... rules) {
  detail::read_part(request.cookie(name), field, reader, out, rules...);
}

/// All headers by lower-case name; the values of one name are joined by ", ".
std::map<std::string, std::string> all_headers(const Request& request);

/// An empty value is not sent; control characters never are.
void add_header(Response& response, std::string_view name, std::string_view value);
/// HttpOnly, Secure, SameSite=Lax, Path=/.
void add_cookie(Response& response, std::string_view name, std::string_view value);

}  // namespace emporion::http
