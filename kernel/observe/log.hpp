#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "kernel/base/uuid.hpp"

namespace emporion::observe {

enum class Level : std::uint8_t { debug, info, warning, error };

/// One named value of a log line.
struct Field {
  std::string_view name;
  std::string value;
};

/// Writes one JSON line to standard error: time, level, message, fields. `message` is a constant text; what varies goes into fields. Callable from any thread.
void log(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) { log(Level::info, message, fields); }
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) { log(Level::warning, message, fields); }
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) { log(Level::error, message, fields); }

/// Lines below `level` are dropped. Default info.
void set_level(Level level) noexcept;

/// "a***@example.com", "+84******12": for logs that must name a person's contact.
std::string masked(std::string_view contact);

}  // namespace emporion::observe
