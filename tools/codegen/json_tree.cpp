#include "tools/codegen/json_tree.hpp"

#include <algorithm>

namespace emporion::codegen {

JsonTree& JsonTree::set(std::string_view name, JsonTree value) & {
  children_.emplace_back(name, std::move(value));
  return *this;
}

JsonTree& JsonTree::add(JsonTree value) & {
  children_.emplace_back(std::string(), std::move(value));
  return *this;
}

JsonTree& JsonTree::at(std::string_view name) {
  const auto found = std::ranges::find(children_, name, &std::pair<std::string, JsonTree>::first);
  if (found != children_.end()) return found->second;
  children_.emplace_back(name, object());
  return children_.back().second;
}

std::string JsonTree::quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string JsonTree::text() const {
  std::string out;
  append(out, "");
  return out + '\n';
}

void JsonTree::append(std::string& out, const std::string& indent) const {
  if (bracket_ == 0) {
    out += scalar_;
    return;
  }
  out += bracket_;
  const std::string inner = indent + "  ";
  bool first = true;
  for (const auto& [name, value] : children_) {
    out += first ? "\n" : ",\n";
    first = false;
    out += inner;
    if (bracket_ == '{') out += quoted(name) + ": ";
    value.append(out, inner);
  }
  if (!first) out += '\n' + indent;
  out += bracket_ == '{' ? '}' : ']';
}

}  // namespace emporion::codegen
