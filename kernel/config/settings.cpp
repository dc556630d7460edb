#include "kernel/config/settings.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::config {
namespace {

constexpr int depth_max = 16;
constexpr std::size_t values_max = 10'000;  // Aliases may multiply what a small file says.
constexpr std::int64_t hundred_years_s = 100LL * 366 * 24 * 3600;

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::string shortest(double value) {
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

struct Unit {
  std::string_view suffix;
  std::int64_t micros;
};
constexpr auto units = std::to_array<Unit>({{"_ms", 1'000}, {"_s", 1'000'000}, {"_min", 60'000'000}, {"_h", 3'600'000'000}, {"_d", 86'400'000'000}});

std::int64_t micros_per_unit_of(std::string_view name) {
  for (const auto& unit : units) {
    if (name.ends_with(unit.suffix)) return unit.micros;
  }
  EMP_ASSERT(false && "the name of a span ends in its unit");
  return 1;
}

std::unexpected<Error> malformed(const YAML::Mark& mark, std::string_view what) {
  return fail(ErrorKind::invalid_argument, "CONFIG_MALFORMED", text("line ", mark.line + 1, ", column ", mark.column + 1, ": ", what));
}

std::unexpected<Error> unreadable(const std::string& file) { return fail(ErrorKind::invalid_argument, "CONFIG_UNREADABLE", text("cannot read ", file)); }

}  // namespace

/// Flattens a YAML tree into dotted names.
class SettingsParser {
 public:
  explicit SettingsParser(Settings& settings) : settings_(settings) {}

  Result<> add(const std::string& name, const YAML::Node& node, int depth) {
    if (depth > depth_max) return malformed(node.Mark(), "nested too deeply");
    if (node.IsScalar()) return add_value(name, node);
    if (node.IsSequence()) {
      for (std::size_t i = 0; i < node.size(); ++i) EMP_TRY(add(joined(name, text(i)), node[i], depth + 1));
    }
    if (node.IsMap()) {
      for (const auto& member : node) {
        if (!member.first.IsScalar() || member.first.Scalar().empty()) return malformed(member.first.Mark(), "a name is plain text");
        EMP_TRY(add(joined(name, member.first.Scalar()), member.second, depth + 1));
      }
    }
    return {};
  }

 private:
  static std::string joined(const std::string& above, std::string_view name) { return above.empty() ? std::string(name) : text(above, ".", name); }

  Result<> add_value(const std::string& name, const YAML::Node& node) {
    if (settings_.values_.size() >= values_max) return malformed(node.Mark(), "too many values");
    const bool added = settings_.values_.try_emplace(name, Settings::Entry{node.Scalar(), node.Mark().line + 1}).second;
    if (!added) return malformed(node.Mark(), text("'", name, "' is given twice"));
    return {};
  }

  Settings& settings_;
};

Result<Settings> Settings::parse(std::string_view yaml) {
  if (!is_valid_utf8(yaml)) return fail(ErrorKind::invalid_argument, "CONFIG_MALFORMED", "not UTF-8 text");
  try {
    const auto documents = YAML::LoadAll(std::string(yaml));
    Settings out;
    if (documents.empty() || documents.front().IsNull()) return out;
    if (documents.size() > 1) return malformed(documents[1].Mark(), "only one document is read");
    if (!documents.front().IsMap()) return malformed(documents.front().Mark(), "names and values expected");
    EMP_TRY(SettingsParser(out).add("", documents.front(), 0));
    return out;
  } catch (const YAML::Exception& error) {
    return malformed(error.mark, error.msg);
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid_argument, "CONFIG_MALFORMED", error.what());
  }
}

Result<Settings> Settings::load(const std::string& yaml_file) {
  std::error_code ignored;
  std::ifstream file(yaml_file, std::ios::binary);
  // A folder opens like a file.
  if (!file.is_open() || std::filesystem::is_directory(yaml_file, ignored)) return unreadable(yaml_file);
  std::string content;
  std::array<char, 4096> part{};
  while (file.read(part.data(), part.size()), file.gcount() > 0) content.append(part.data(), static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return unreadable(yaml_file);
  auto settings = parse(content);
  if (!settings) return fail(settings.error().kind(), settings.error().reason(), text(yaml_file, ": ", settings.error().detail()));
  return settings;
}

void Settings::set(std::string name, std::string value) { values_.insert_or_assign(std::move(name), Entry{std::move(value)}); }

void Settings::read_environment(const char* const* environment) {
  constexpr std::string_view prefix = "EMPORION_";
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    const auto equals = variable.find('=');
    if (!variable.starts_with(prefix) || equals == std::string_view::npos) continue;
    std::string name = ascii_lower(variable.substr(prefix.size(), equals - prefix.size()));
    for (auto at = name.find("__"); at != std::string::npos; at = name.find("__", at)) name.replace(at, 2, ".");
    if (!name.empty()) set(std::move(name), std::string(variable.substr(equals + 1)));
  }
}

std::int64_t Settings::integer(std::string_view name, std::int64_t fallback, std::int64_t min, std::int64_t max) const {
  const Entry* entry = find(name);
  if (entry == nullptr) return fallback;
  const auto value = to_integer(entry->value);
  if (value && *value >= min && *value <= max) return *value;
  fault(name, *entry, text("an integer from ", min, " to ", max));
  return fallback;
}

double Settings::number(std::string_view name, double fallback, double min, double max) const {
  const Entry* entry = find(name);
  if (entry == nullptr) return fallback;
  double value = 0;
  const char* const end = entry->value.data() + entry->value.size();
  const auto [read_to, error] = std::from_chars(entry->value.data(), end, value, std::chars_format::fixed);
  if (error == std::errc() && read_to == end && value >= min && value <= max) return value;
  fault(name, *entry, text("a number from ", shortest(min), " to ", shortest(max)));
  return fallback;
}

std::string Settings::string(std::string_view name, std::string_view fallback) const {
  const Entry* entry = find(name);
  return std::string(entry == nullptr ? fallback : std::string_view(entry->value));
}

bool Settings::boolean(std::string_view name, bool fallback) const {
  const Entry* entry = find(name);
  if (entry == nullptr) return fallback;
  if (entry->value == "true") return true;
  if (entry->value == "false") return false;
  fault(name, *entry, "true or false");
  return fallback;
}

microseconds Settings::span(std::string_view name, microseconds fallback) const {
  const std::int64_t unit = micros_per_unit_of(name);
  const Entry* entry = find(name);
  if (entry == nullptr) return fallback;
  const std::int64_t max = hundred_years_s * 1'000'000 / unit;
  const auto value = to_integer(entry->value);
  if (value && *value >= 0 && *value <= max) return microseconds(*value * unit);
  fault(name, *entry, text("an integer from 0 to ", max));
  return fallback;
}

std::vector<std::string> Settings::strings(std::string_view name) const {
  std::vector<std::string> out;
  if (const Entry* single = find(name)) return {single->value};
  for (std::size_t i = 0;; ++i) {
    const Entry* element = find(text(name, ".", i));
    if (element == nullptr) return out;
    out.push_back(element->value);
  }
}

std::vector<std::string> Settings::names_below(std::string_view name) const {
  const std::string prefix = name.empty() ? std::string() : text(name, ".");
  std::set<std::string> out;
  for (auto entry = values_.lower_bound(prefix); entry != values_.end() && entry->first.starts_with(prefix); ++entry) {
    const std::string_view rest = std::string_view(entry->first).substr(prefix.size());
    out.emplace(rest.substr(0, rest.find('.')));
  }
  return {out.begin(), out.end()};
}

bool Settings::has(std::string_view name) const { return find(name) != nullptr; }

Result<> Settings::check(std::span<const std::string> elsewhere) const {
  std::set<std::string> lines(faults_.begin(), faults_.end());
  for (const auto& [name, entry] : values_) {
    const bool is_ours = std::ranges::count(elsewhere, std::string_view(name).substr(0, name.find('.'))) == 0;
    if (entry.line > 0 && is_ours && !read_.contains(name)) lines.insert(text(name, " (line ", entry.line, "): no such setting"));
  }
  if (lines.empty()) return {};
  std::string detail;
  for (const auto& line : lines) detail += detail.empty() ? line : text("\n", line);
  return fail(ErrorKind::invalid_argument, "CONFIG_INVALID", std::move(detail));
}

const Settings::Entry* Settings::find(std::string_view name) const {
  if (!read_.contains(name)) read_.emplace(name);
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

void Settings::fault(std::string_view name, const Entry& entry, std::string_view expected) const {
  const std::string place = entry.line > 0 ? text(" (line ", entry.line, ")") : std::string();
  faults_.insert(text(name, place, ": ", expected, " expected, '", entry.value.substr(0, 40), "' found"));
}

}  // namespace emporion::config
