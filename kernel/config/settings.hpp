#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::config {

/// Named settings, read once at start from a YAML file (nested names joined by dots) and from the environment (EMPORION_CHECKOUT__QUOTE_LIFE_S overrides checkout.quote_life_s).
/// Each getter states the default. A value of the wrong type or out of range is collected and stops the start with one line per fault; so does a name in the file that nobody reads.
class Settings {
 public:
  Settings() = default;
  /// Errors: CONFIG_UNREADABLE, CONFIG_MALFORMED (with line and column).
  static Result<Settings> load(const std::string& yaml_file);
  static Result<Settings> parse(std::string_view yaml);
  void set(std::string name, std::string value);
  void read_environment(const char* const* environment);

  std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t min, std::int64_t max) const;
  std::string string(std::string_view name, std::string_view fallback) const;
  bool boolean(std::string_view name, bool fallback) const;
  /// A span in the unit that ends the name: `_ms`, `_s`, `_min`, `_h`, `_d`.
  microseconds span(std::string_view name, microseconds fallback) const;
  bool has(std::string_view name) const;

  /// All faults found so far, and names never read: CONFIG_INVALID, one line each. Called once after every module was created.
  Result<> check() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  mutable std::set<std::string, std::less<>> read_;
  mutable std::set<std::string> faults_;
};

}  // namespace emporion::config
