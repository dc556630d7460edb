#include "apps/emporion/export/settings_yaml.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

std::string joined(std::string_view path, std::string_view name) { return path.empty() ? std::string(name) : text(path, ".", name); }

void flatten(const config::Settings& settings, const std::string& path, std::map<std::string, std::string>& out) {
  const auto names = settings.names_below(path);
  if (names.empty() && !path.empty()) out.emplace(path, settings.string(path, ""));
  for (const auto& name : names) flatten(settings, joined(path, name), out);
}

/// Plain where every reader of YAML takes it for the same, else in double quotes.
std::string scalar(std::string_view value) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '/' || c == '.' || c == '-'; };
  if (!value.empty() && std::isalnum(static_cast<unsigned char>(value.front())) + (value.front() == '/') > 0 && std::ranges::all_of(value, is_plain)) {
    return std::string(value);
  }
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Whether these are the indices of a list.
bool are_indices(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::ranges::count(names, std::to_string(i)) == 0) return false;
  }
  return !names.empty();
}

void write(const config::Settings& settings, const std::string& path, const std::string& indent, std::string& out) {
  const auto names = settings.names_below(path);
  const bool is_list = !path.empty() && are_indices(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = is_list ? std::to_string(i) : names[i];
    const std::string below = joined(path, name);
    const std::string head = is_list ? text(indent, "-") : text(indent, name, ":");
    if (settings.names_below(below).empty()) {
      out += text(head, " ", scalar(settings.string(below, "")), "\n");
    } else {
      out += text(head, "\n");
      write(settings, below, indent + "  ", out);
    }
  }
}

}  // namespace

std::map<std::string, std::string> flattened(const config::Settings& settings) {
  std::map<std::string, std::string> out;
  flatten(settings, "", out);
  return out;
}

std::string settings_yaml(const config::Settings& settings) {
  std::string out;
  write(settings, "", "", out);
  return out;
}

std::string environment_name(std::string_view name) {
  std::string out = "EMPORION_";
  for (const char c : name) out += c == '.' ? std::string("__") : ascii_upper(std::string_view(&c, 1));
  return out;
}

}  // namespace emporion::app
