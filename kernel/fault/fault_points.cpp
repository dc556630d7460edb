#include "kernel/fault/fault_points.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>

#include "kernel/base/text.hpp"
#include "kernel/fault/fault_order.hpp"

namespace emporion::fault {
namespace {

struct Armed {
  std::mutex mutex;
  FaultOrder order;
  std::uint64_t passed = 0;
  std::map<std::string, std::uint64_t, std::less<>> passes;  ///< Of each point, while delays are ordered.
  std::ofstream listed;
  std::atomic<bool> may_delay = false;
  std::string file;       ///< Where the order stands; empty: nowhere.
  struct stat read_as{};  ///< The file when it was last read.

  Armed() {
    const char* wanted = std::getenv("EMPORION_FAULT");
    if (wanted == nullptr || *wanted == '\0') return;
    if (const auto taken = take(wanted); !taken) end(taken.error());
  }

  [[noreturn]] static void end(const Error& error) {
    std::fprintf(stderr, "EMPORION_FAULT: %s\n", error.detail().c_str());
    std::_Exit(2);
  }

  Result<> take(std::string_view wanted) {
    if (wanted.starts_with("file:")) {
      file = wanted.substr(5);
      read_as = {};
      set({});
      refresh();
      return {};
    }
    EMP_ASSIGN(FaultOrder parsed, FaultOrder::parse(wanted));
    file.clear();
    set(std::move(parsed));
    return {};
  }

  void set(FaultOrder wanted) {
    order = std::move(wanted);
    passed = 0;
    passes.clear();
    listed.close();
    if (order.action == Action::list) listed.open(order.list, std::ios::trunc);
    may_delay = order.action == Action::delay || !file.empty();
  }

  /// Reads the file if it is another than before. Nobody writes into it: it is replaced, so what is read is whole.
  void refresh() {
    if (file.empty()) return;
    struct stat now{};
    if (stat(file.c_str(), &now) != 0) {
      if (order.action != Action::none) set({});
      read_as = {};
      return;
    }
    if (now.st_ino == read_as.st_ino && now.st_mtim.tv_sec == read_as.st_mtim.tv_sec && now.st_mtim.tv_nsec == read_as.st_mtim.tv_nsec) return;
    read_as = now;
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    if (line.empty()) return set({});
    auto parsed = FaultOrder::parse(line);
    if (!parsed) end(parsed.error());
    set(std::move(*parsed));
  }

  /// Whether the point counts.
  bool counts(std::string_view name) {
    refresh();
    if (order.action == Action::none) return false;
    if (!order.begins_at.empty()) {
      if (name != order.begins_at) return false;
      order.begins_at.clear();
    }
    return order.names(name);
  }

  void tell(std::string_view name) const {
    if (!file.empty()) std::ofstream(file + ".fired", std::ios::app) << name << '\n';
  }
};

Armed& armed() {
  static Armed instance;
  return instance;
}

}  // namespace

bool FaultPoints::pass(std::string_view name) noexcept {
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  if (!state.counts(name) || state.order.action == Action::delay) return false;
  ++state.passed;
  if (state.order.action == Action::list) {
    state.listed << name << std::endl;  // Flushed: who reads it does so while the process runs.
    return false;
  }
  if (state.passed != state.order.at) return false;
  state.tell(name);
  if (state.order.action == Action::crash) {
    kill(getpid(), SIGKILL);
    pause();
  }
  return true;
}

bool FaultPoints::may_delay() noexcept { return armed().may_delay.load(std::memory_order_relaxed); }

microseconds FaultPoints::delay(std::string_view name) noexcept {
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  if (!state.counts(name) || state.order.action != Action::delay) return microseconds(0);
  ++state.passed;
  return state.order.delay_of(name, ++state.passes[std::string(name)]);
}

Result<> FaultPoints::arm(std::string_view order) {
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  return state.take(order);
}

void FaultPoints::disarm() noexcept {
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  state.file.clear();
  state.set({});
}

std::uint64_t FaultPoints::passed() noexcept {
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  return state.passed;
}

}  // namespace emporion::fault
