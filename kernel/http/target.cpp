#include "kernel/http/target.hpp"

#include <algorithm>
#include <optional>

#include "kernel/base/text.hpp"

namespace emporion::http {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that `%XY` at `at` stands for, or nothing.
std::optional<char> percent_encoded(std::string_view input, std::size_t at) noexcept {
  if (at + 2 >= input.size()) return std::nullopt;
  const int high = hex_digit(input[at + 1]);
  const int low = hex_digit(input[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::unexpected<Error> invalid_path(std::string_view why) { return fail(ErrorKind::invalid_argument, "INVALID_PATH", std::string(why)); }

Result<std::string> decode_path(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      const auto decoded = percent_encoded(raw, i);
      if (!decoded) return invalid_path("a percent sign needs two hexadecimal digits after it");
      c = *decoded;
      if (c == '/') return invalid_path("an encoded slash is not allowed");
      i += 2;
    }
    if (c == '\\' || is_control(c)) return invalid_path("backslashes and control characters are not allowed");
    out.push_back(c);
  }
  if (!is_valid_utf8(out)) return invalid_path("the path is not UTF-8");
  for (std::size_t start = 1; start <= out.size();) {
    const std::size_t end = std::min(out.find('/', start), out.size());
    const auto segment = std::string_view(out).substr(start, end - start);
    if (segment == "." || segment == "..") return invalid_path("the segments . and .. are not allowed");
    start = end + 1;
  }
  return out;
}

Result<std::string> decode_query_part(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i] == '+' ? ' ' : raw[i];
    if (c == '%') {
      const auto decoded = percent_encoded(raw, i);
      if (!decoded) return fail(ErrorKind::invalid_argument, "INVALID_QUERY", "a percent sign needs two hexadecimal digits after it");
      c = *decoded;
      i += 2;
    }
    if (c == '\0') return fail(ErrorKind::invalid_argument, "INVALID_QUERY", "NUL is not allowed");
    out.push_back(c);
  }
  if (!is_valid_utf8(out)) return fail(ErrorKind::invalid_argument, "INVALID_QUERY", "the query is not UTF-8");
  return out;
}

/// "http://host:port/path?query" without its scheme and authority.
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || ascii_lower(target.substr(0, scheme.size())) != scheme) continue;
    const auto path = target.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return target;
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  Target out;
  if (target == "*") {
    out.path = "*";
    return out;
  }
  if (target.empty() || target.front() == '?') return invalid_path("a path begins with a slash");
  if (target.front() != '/') target = without_authority(target);
  const auto question = target.find('?');
  const auto raw_path = target.substr(0, question);
  if (target.find('#') != std::string_view::npos) return invalid_path("a fragment is not sent");
  if (raw_path.empty()) {
    out.path = "/";  // "http://host?query"
  } else {
    if (raw_path.front() != '/') return invalid_path("a path begins with a slash");
    EMP_ASSIGN(out.path, decode_path(raw_path));
  }
  if (question == std::string_view::npos) return out;
  for (auto rest = target.substr(question + 1); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    EMP_ASSIGN(auto name, decode_query_part(pair.substr(0, equals)));
    EMP_ASSIGN(auto value, decode_query_part(pair.substr(std::min(equals + 1, pair.size()))));
    out.query.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

}  // namespace emporion::http
