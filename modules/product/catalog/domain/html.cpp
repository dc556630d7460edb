#include "modules/product/catalog/domain/html.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "kernel/base/text.hpp"

namespace emporion::catalog {
namespace {

constexpr std::array<std::string_view, 22> allowed{"a", "b",      "blockquote", "br",    "em", "h2", "h3",    "h4", "i", "li", "ol",
                                                   "p", "strong", "table",      "tbody", "td", "th", "thead", "tr", "u", "ul", "span"};
constexpr std::array<std::string_view, 7> swallowed{"script", "style", "iframe", "object", "noscript", "template", "svg"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// A tag as written: its name in lower case, and for links the address.
struct Tag {
  std::string name;
  bool closes = false;
  std::optional<std::string> address;
  std::size_t end = 0;  // Past '>'.
};

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '<': out += "&lt;"; return;
    case '>': out += "&gt;"; return;
    case '"': out += "&quot;"; return;
    default: out.push_back(c);
  }
}

bool is_safe_address(std::string_view address) {
  const std::string lower = ascii_lower(trimmed(address));
  if (lower.starts_with("http://") || lower.starts_with("https://")) return true;
  return lower.starts_with('/') && !lower.starts_with("//");
}

// Reads the tag that begins at html[at] == '<'; nothing if it is no tag or does not end.
std::optional<Tag> read_tag(std::string_view html, std::size_t at) {
  Tag tag;
  std::size_t i = at + 1;
  if (i < html.size() && html[i] == '/') {
    tag.closes = true;
    ++i;
  }
  if (i >= html.size() || !is_letter(html[i])) return std::nullopt;
  const std::size_t begin = i;
  while (i < html.size() && !is_space(html[i]) && html[i] != '>' && html[i] != '/') ++i;
  tag.name = ascii_lower(html.substr(begin, i - begin));
  while (i < html.size() && html[i] != '>') {
    if (is_space(html[i]) || html[i] == '/') {
      ++i;
      continue;
    }
    const std::size_t name_begin = i;
    while (i < html.size() && !is_space(html[i]) && html[i] != '=' && html[i] != '>') ++i;
    const std::string name = ascii_lower(html.substr(name_begin, i - name_begin));
    while (i < html.size() && is_space(html[i])) ++i;
    if (i >= html.size() || html[i] != '=') {
      if (i == name_begin) ++i;
      continue;
    }
    ++i;
    while (i < html.size() && is_space(html[i])) ++i;
    std::string_view value;
    if (i < html.size() && (html[i] == '"' || html[i] == '\'')) {
      const std::size_t close = html.find(html[i], i + 1);
      if (close == std::string_view::npos) return std::nullopt;
      value = html.substr(i + 1, close - i - 1);
      i = close + 1;
    } else {
      const std::size_t value_begin = i;
      while (i < html.size() && !is_space(html[i]) && html[i] != '>') ++i;
      value = html.substr(value_begin, i - value_begin);
    }
    if (name == "href" && !tag.address && is_safe_address(value)) tag.address = std::string(trimmed(value));
  }
  if (i >= html.size()) return std::nullopt;
  tag.end = i + 1;
  return tag;
}

// Past the end tag of a swallowed element, or the end of the text.
std::size_t skip_element(std::string_view html, std::size_t from, const std::string& name) {
  const std::string end_tag = "</" + name;
  for (std::size_t i = from; i < html.size(); ++i) {
    if (html[i] == '<' && ascii_lower(html.substr(i, end_tag.size())) == end_tag) {
      const std::size_t close = html.find('>', i);
      return close == std::string_view::npos ? html.size() : close + 1;
    }
  }
  return html.size();
}

void append_open(std::string& out, const Tag& tag) {
  out += "<" + tag.name;
  if (tag.name == "a" && tag.address) {
    out += " href=\"";
    for (const char c : *tag.address) append_escaped(out, c);
    out += "\" rel=\"nofollow noopener\"";
  }
  out += ">";
}

}  // namespace

std::string sanitized_html(std::string_view html) {
  std::string out;
  std::vector<std::string> open;
  for (std::size_t i = 0; i < html.size();) {
    if (html[i] != '<') {
      if (html[i] == '"') {
        out.push_back('"');  // Outside a tag a quote is only a quote.
      } else {
        append_escaped(out, html[i]);
      }
      ++i;
      continue;
    }
    if (html.substr(i, 4) == "<!--") {
      const std::size_t close = html.find("-->", i + 4);
      i = close == std::string_view::npos ? html.size() : close + 3;
      continue;
    }
    const auto tag = read_tag(html, i);
    if (!tag) {
      append_escaped(out, '<');
      ++i;
      continue;
    }
    i = tag->end;
    if (std::ranges::find(swallowed, tag->name) != swallowed.end()) {
      if (!tag->closes) i = skip_element(html, i, tag->name);
      continue;
    }
    if (std::ranges::find(allowed, tag->name) == allowed.end()) continue;
    if (tag->name == "br") {
      if (!tag->closes) out += "<br>";
      continue;
    }
    if (!tag->closes) {
      append_open(out, *tag);
      open.push_back(tag->name);
      continue;
    }
    if (std::ranges::find(open, tag->name) == open.end()) continue;
    while (true) {  // Close what was left open inside.
      const std::string name = std::move(open.back());
      open.pop_back();
      out += "</" + name + ">";
      if (name == tag->name) break;
    }
  }
  while (!open.empty()) {
    out += "</" + open.back() + ">";
    open.pop_back();
  }
  return out;
}

}  // namespace emporion::catalog
