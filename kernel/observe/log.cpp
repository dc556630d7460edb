#include "kernel/observe/log.hpp"

#include <unistd.h>

#include <atomic>

#include "kernel/base/time.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::observe {
namespace {
std::atomic<Level> lowest{Level::info};
}

void log(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < lowest.load(std::memory_order_relaxed)) return;
  static constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
  std::string line;
  json::Writer writer(line);
  writer.begin_object().key("time").string(SystemClock().now().to_string()).key("level").string(names[static_cast<std::size_t>(level)]);
  writer.key("message").string(message);
  for (const auto& field : fields) writer.key(field.name).string(field.value);
  writer.end_object();
  line += '\n';
  // One write per line, so lines of several threads do not mix. A log that cannot be written is lost, never an error.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void set_level(Level level) noexcept { lowest.store(level, std::memory_order_relaxed); }

std::string masked(std::string_view contact) {
  if (const auto at = contact.find('@'); at != std::string_view::npos) {
    return std::string(contact.substr(0, at > 0 ? 1 : 0)) + "***" + std::string(contact.substr(at));
  }
  if (contact.size() <= 5) return "***";
  return std::string(contact.substr(0, 3)) + "******" + std::string(contact.substr(contact.size() - 2));
}

}  // namespace emporion::observe
