#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::config {

/// Named settings, read once at start from a YAML file (nested names joined by dots, list elements by their index: `hosts.0`) and from the environment
/// (EMPORION_CHECKOUT__QUOTE_LIFE_S overrides checkout.quote_life_s). A name without a value counts as not given.
/// Each getter states the default. A value of the wrong type or out of range is collected and stops the start with one line per fault; so does a name in the
/// file that nobody reads.
class Settings {
 public:
  Settings() = default;
  /// Errors: CONFIG_UNREADABLE, CONFIG_MALFORMED (with line and column).
  static Result<Settings> load(const std::string& yaml_file);
  /// Errors: CONFIG_MALFORMED. Beside broken YAML: a name given twice, several documents, a top that is not a map, nesting over 16.
  static Result<Settings> parse(std::string_view yaml);
  void set(std::string name, std::string value);
  void read_environment(const char* const* environment);

  std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t min, std::int64_t max) const;
  /// A decimal number: 0.05. For shares and rates, never for money.
  double number(std::string_view name, double fallback, double min, double max) const;
  std::string string(std::string_view name, std::string_view fallback) const;
  /// `true` or `false`.
  bool boolean(std::string_view name, bool fallback) const;
  /// A span in the unit that ends the name: `_ms`, `_s`, `_min`, `_h`, `_d`. Not negative, at most a hundred years.
  microseconds span(std::string_view name, microseconds fallback) const;
  /// The elements of a list, in order; empty if the name is not given. A single value is a list of one.
  std::vector<std::string> strings(std::string_view name) const;
  /// The names one step below `name` ("" for the top), sorted: {"order", "warehouse"} for `modules` in `modules.order.dsn`, `modules.warehouse.dsn`.
  std::vector<std::string> names_below(std::string_view name) const;
  bool has(std::string_view name) const;

  /// All faults found so far, and names never read: CONFIG_INVALID, one line each. Called once after every module was created. What other processes read,
  /// the names at the top in `elsewhere` and all below them, may be unread here.
  Result<> check(std::span<const std::string> elsewhere = {}) const;

 private:
  friend class SettingsParser;
  struct Entry {
    std::string value;
    int line = 0;  ///< In the file; 0 if it came from elsewhere.
  };
  const Entry* find(std::string_view name) const;
  void fault(std::string_view name, const Entry& entry, std::string_view expected) const;

  std::map<std::string, Entry, std::less<>> values_;
  mutable std::set<std::string, std::less<>> read_;
  mutable std::set<std::string, std::less<>> faults_;
};

}  // namespace emporion::config
