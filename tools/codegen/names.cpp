#include "tools/codegen/names.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace emporion::codegen {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// Keywords and alternative tokens of C++23.
constexpr auto reserved = std::to_array<std::string_view>({
    "alignas",   "alignof",  "and",      "and_eq",       "asm",       "auto",       "bitand",        "bitor",       "bool",
    "break",     "case",     "catch",    "char",         "char16_t",  "char32_t",   "char8_t",       "class",       "co_await",
    "co_return", "co_yield", "compl",    "concept",      "const",     "const_cast", "consteval",     "constexpr",   "constinit",
    "continue",  "decltype", "default",  "delete",       "do",        "double",     "dynamic_cast",  "else",        "enum",
    "explicit",  "export",   "extern",   "false",        "float",     "for",        "friend",        "goto",        "if",
    "inline",    "int",      "long",     "mutable",      "namespace", "new",        "noexcept",      "not",         "not_eq",
    "nullptr",   "operator", "or",       "or_eq",        "private",   "protected",  "public",        "register",    "reinterpret_cast",
    "requires",  "return",   "short",    "signed",       "sizeof",    "static",     "static_assert", "static_cast", "struct",
    "switch",    "template", "this",     "thread_local", "throw",     "true",       "try",           "typedef",     "typeid",
    "typename",  "union",    "unsigned", "using",        "virtual",   "void",       "volatile",      "wchar_t",     "while",
    "xor",       "xor_eq",
});

template <typename Descriptor>
std::string flattened(const Descriptor& descriptor) {
  return descriptor.containing_type() ? flat_name(*descriptor.containing_type()) + descriptor.name() : descriptor.name();
}

}  // namespace

std::string snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool after_word = i > 0 && is_lower_or_digit(name[i - 1]);
    const bool ends_acronym = i > 0 && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower_or_digit(name[i + 1]);
    if (is_upper(name[i]) && (after_word || ends_acronym)) out += '_';
    out += lower(name[i]);
  }
  return out;
}

std::string upper_snake_case(std::string_view name) {
  std::string out = snake_case(name);
  std::ranges::transform(out, out.begin(), upper);
  return out;
}

std::string identifier(std::string_view name) {
  std::string out(name);
  if (std::ranges::find(reserved, name) != reserved.end()) out += '_';
  return out;
}

std::string cpp_namespace(const pb::FileDescriptor& file) {
  std::string out;
  for (const char c : file.package()) out += c == '.' ? std::string("::") : std::string(1, c);
  return out;
}

std::string flat_name(const pb::Descriptor& message) { return flattened(message); }
std::string flat_name(const pb::EnumDescriptor& enumeration) { return flattened(enumeration); }

std::string value_name(const pb::EnumValueDescriptor& value) {
  const std::string prefix = upper_snake_case(value.type()->name()) + "_";
  const std::string_view name = value.name();
  return snake_case(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

std::string stem(const pb::FileDescriptor& file) { return file.name().substr(0, file.name().rfind(".proto")); }

std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string comment_of(const pb::SourceLocation& location) {
  std::istringstream lines(location.leading_comments.empty() ? location.trailing_comments : location.leading_comments);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const auto start = line.find_first_not_of(' ');
    const auto end = line.find_last_not_of(" \r\t");
    out += start == std::string::npos ? "" : line.substr(start, end - start + 1);
    out += '\n';
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string doc_lines(std::string_view comment, std::string_view indent) {
  if (comment.empty()) return {};
  std::istringstream lines{std::string(comment)};
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    out.append(indent).append(line.empty() ? "///" : "/// ").append(line);
    if (out.ends_with('\\')) out += ' ';  // A backslash at the end would swallow the next line.
    out += '\n';
  }
  return out;
}

}  // namespace emporion::codegen
