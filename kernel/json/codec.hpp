#pragma once

#include <string>
#include <string_view>

#include "kernel/json/reader.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"

namespace emporion {

/// Reads a contract's struct from JSON text. Errors: MALFORMED_JSON, and what json::Reader reports.
/// Generated code supplies `read_json(const json::Value&, json::Reader&, T&)` and `append_json(std::string&, const T&)` beside each struct.
template <typename T>
Result<T> parse_json(std::string_view text) {
  EMP_ASSIGN(const auto document, json::Document::parse(text));
  json::Reader reader;
  T out{};
  read_json(document.root(), reader, out);
  if (!reader.ok()) return fail(reader.to_error());
  return out;
}

template <typename T>
std::string to_json(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace emporion
