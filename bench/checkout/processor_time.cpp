#include "bench/checkout/processor_time.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "kernel/base/text.hpp"

namespace emporion::bench {
namespace {

/// utime and stime, and the same of children that ended, are the fields 14 to 17. Source: proc(5).
long ticks_of(pid_t process, bool with_children) {
  std::ifstream file(text("/proc/", process, "/stat"));
  std::string line;
  std::getline(file, line);
  if (line.empty()) return 0;
  std::istringstream rest(line.substr(line.rfind(')') + 2));  // The name, field 2, may hold anything.
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  long user = 0, system = 0, children_user = 0, children_system = 0;
  rest >> user >> system >> children_user >> children_system;
  return user + system + (with_children ? children_user + children_system : 0);
}

}  // namespace

double processor_seconds(pid_t process, bool with_children) {
  long ticks = ticks_of(process, with_children);
  if (with_children) {
    std::ifstream children(text("/proc/", process, "/task/", process, "/children"));
    for (pid_t child = 0; children >> child;) ticks += ticks_of(child, true);
  }
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double own_processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

}  // namespace emporion::bench
