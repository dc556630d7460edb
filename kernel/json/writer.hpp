#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace emporion::json {

/// Appends `value` as a quoted, escaped JSON string. Bytes that are not UTF-8 are replaced by U+FFFD.
void append_string(std::string& out, std::string_view value);

/// Writes JSON text from left to right; commas are placed by the writer. No checks beyond that: the caller nests correctly.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  /// A member's name; `name` must be plain ASCII without quotes or backslashes. For other names use `key_escaped`.
  Writer& key(std::string_view name) {
    separate();
    out_.push_back('"');
    out_.append(name);
    out_.append("\":");
    fresh_ = true;
    return *this;
  }
  Writer& key_escaped(std::string_view name) {
    separate();
    append_string(out_, name);
    out_.push_back(':');
    fresh_ = true;
    return *this;
  }
  Writer& string(std::string_view value) {
    separate();
    append_string(out_, value);
    return *this;
  }
  Writer& integer(std::int64_t value);
  Writer& boolean(bool value) { return raw(value ? "true" : "false"); }
  Writer& null() { return raw("null"); }
  /// A value that is JSON text already.
  Writer& raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
  }

 private:
  Writer& open(char bracket) {
    separate();
    out_.push_back(bracket);
    fresh_ = true;
    return *this;
  }
  Writer& close(char bracket) {
    out_.push_back(bracket);
    fresh_ = false;
    return *this;
  }
  void separate() {
    if (!fresh_) out_.push_back(',');
    fresh_ = false;
  }

  std::string& out_;
  bool fresh_ = true;
};

}  // namespace emporion::json
