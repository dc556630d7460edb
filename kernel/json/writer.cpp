#include "kernel/json/writer.hpp"

#include <charconv>

#include "kernel/base/text.hpp"

namespace emporion::json {
namespace {

std::string without_invalid_bytes(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size();) {
    std::size_t length = 1;
    while (length <= 4 && i + length <= value.size() && !is_valid_utf8(value.substr(i, length))) ++length;
    if (length <= 4 && i + length <= value.size()) {
      out.append(value.substr(i, length));
      i += length;
    } else {
      out.append("\xEF\xBF\xBD");
      ++i;
    }
  }
  return out;
}

}  // namespace

void append_string(std::string& out, std::string_view value) {
  static constexpr char digits[] = "0123456789abcdef";
  if (!is_valid_utf8(value)) return append_string(out, without_invalid_bytes(value));
  out.push_back('"');
  std::size_t start = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(value.substr(start, i - start));
    start = i + 1;
    switch (c) {
      case '"': out.append("\\\""); break;
      case '\\': out.append("\\\\"); break;
      case '\n': out.append("\\n"); break;
      case '\r': out.append("\\r"); break;
      case '\t': out.append("\\t"); break;
      default:
        out.append("\\u00");
        out.push_back(digits[c >> 4]);
        out.push_back(digits[c & 0x0F]);
    }
  }
  out.append(value.substr(start));
  out.push_back('"');
}

Writer& Writer::integer(std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return raw({digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace emporion::json
