#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emporion::codegen {

/// JSON in the making, members in their order: enough to write an OpenAPI document.
class JsonTree {
 public:
  static JsonTree object() { return JsonTree('{'); }
  static JsonTree array() { return JsonTree('['); }
  JsonTree(std::string_view text) : scalar_(quoted(text)) {}
  JsonTree(const char* text) : JsonTree(std::string_view(text)) {}
  JsonTree(const std::string& text) : JsonTree(std::string_view(text)) {}
  JsonTree(std::int64_t number) : scalar_(std::to_string(number)) {}
  JsonTree(bool value) : scalar_(value ? "true" : "false") {}

  /// Adds a member to an object.
  JsonTree& set(std::string_view name, JsonTree value) &;
  JsonTree set(std::string_view name, JsonTree value) && { return std::move(set(name, std::move(value))); }
  /// Adds an element to an array.
  JsonTree& add(JsonTree value) &;
  JsonTree add(JsonTree value) && { return std::move(add(std::move(value))); }
  /// The member, made as an empty object if it is not there.
  JsonTree& at(std::string_view name);
  bool empty() const { return children_.empty(); }

  /// Two spaces of indent per level.
  std::string text() const;

 private:
  explicit JsonTree(char bracket) : bracket_(bracket) {}
  static std::string quoted(std::string_view text);
  void append(std::string& out, const std::string& indent) const;

  char bracket_ = 0;  ///< 0 for a scalar.
  std::string scalar_;
  std::vector<std::pair<std::string, JsonTree>> children_;
};

}  // namespace emporion::codegen
