#include "modules/product/catalog/domain/image.hpp"

#include <algorithm>
#include <array>

#include "kernel/base/text.hpp"

namespace emporion::catalog {
namespace {

using namespace std::string_view_literals;

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Error(ErrorKind::rule_violated, "MEDIA_TYPE", std::string(why)).with("allowed", "image/png, image/jpeg, image/svg+xml"));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '/' || c == '"' || c == '\''; }

// An attribute whose name begins with "on", the form of every event handler.
bool has_event_handler(std::string_view lower) {
  for (std::size_t at = lower.find("on"); at != std::string_view::npos; at = lower.find("on", at + 1)) {
    if (at == 0 || !is_space(lower[at - 1])) continue;
    std::size_t end = at + 2;
    while (end < lower.size() && lower[end] >= 'a' && lower[end] <= 'z') ++end;
    while (end < lower.size() && (lower[end] == ' ' || lower[end] == '\t' || lower[end] == '\n' || lower[end] == '\r')) ++end;
    if (end < lower.size() && lower[end] == '=') return true;
  }
  return false;
}

// Every address in the file points into the file: href="#gradient".
bool has_outer_address(std::string_view lower) {
  for (std::size_t at = lower.find("href"); at != std::string_view::npos; at = lower.find("href", at + 1)) {
    std::size_t i = at + 4;
    while (i < lower.size() && (is_space(lower[i]) || lower[i] == '=')) ++i;
    if (i < lower.size() && lower[i] != '#') return true;
  }
  return false;
}

Result<> check_svg(std::string_view bytes) {
  if (!is_valid_utf8(bytes)) return refuse("an SVG is UTF-8");
  const std::string lower = ascii_lower(bytes);
  static constexpr std::array forbidden{"<script"sv, "<foreignobject"sv, "<!entity"sv,  "<!doctype"sv,  "<iframe"sv,         "<use"sv,
                                        "<image"sv,  "<animate"sv,       "<set"sv,      "<handler"sv,   "javascript:"sv,     "data:"sv,
                                        "@import"sv, "url(http"sv,       "url('http"sv, "url(\"http"sv, "<?xml-stylesheet"sv};
  if (std::ranges::any_of(forbidden, [&](std::string_view part) { return lower.contains(part); }) || has_event_handler(lower) || has_outer_address(lower)) {
    return refuse("an SVG may not run or fetch anything");
  }
  return {};
}

}  // namespace

Result<std::string_view> image_type_of(std::string_view bytes) {
  if (bytes.size() > image_bytes_max) return fail(ErrorKind::payload_too_large, "MEDIA_TOO_LARGE", "an image has at most 10 MiB");
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png"sv;
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) return "image/jpeg"sv;
  const std::string_view start = trimmed(bytes.substr(0, 1024));
  if (start.starts_with("<svg"sv) || (start.starts_with("<?xml"sv) && bytes.substr(0, 4096).contains("<svg"sv))) {
    EMP_TRY(check_svg(bytes));
    return "image/svg+xml"sv;
  }
  return refuse("neither PNG, JPEG nor SVG");
}

}  // namespace emporion::catalog
