#include "kernel/fault/fault_points.hpp"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::fault {
namespace {

enum class Action : std::uint8_t { none, crash, lose, list };

struct Order {
  Action action = Action::none;
  std::string prefix;
  std::string begins_at;  ///< Counting begins when this point is passed; empty: at once.
  std::uint64_t at = 0;
  std::ofstream listed;
};

struct Armed {
  std::mutex mutex;
  Order order;
  std::uint64_t passed = 0;

  Armed() {
    const char* wanted = std::getenv("EMPORION_FAULT");
    if (wanted == nullptr || *wanted == '\0') return;
    auto parsed = parse(wanted);
    if (!parsed) {
      std::fprintf(stderr, "EMPORION_FAULT: %s\n", parsed.error().detail().c_str());
      std::_Exit(2);
    }
    order = std::move(*parsed);
  }

  static Result<Order> parse(std::string_view wanted) {
    const auto malformed = [&] {
      return fail(ErrorKind::invalid_argument, "FAULT_MALFORMED", text("\"", wanted, "\" is not crash:PREFIX:N, lose:PREFIX:N or list:PREFIX:PATH"));
    };
    const std::size_t first = wanted.find(':');
    const std::size_t second = first == std::string_view::npos ? first : wanted.find(':', first + 1);
    if (second == std::string_view::npos) return malformed();
    const std::string_view action = wanted.substr(0, first);
    const std::string_view last = wanted.substr(second + 1);
    Order order;
    order.prefix = wanted.substr(first + 1, second - first - 1);
    if (order.prefix.starts_with("after=")) {
      order.begins_at = order.prefix.substr(6);
      order.prefix.clear();
    }
    if (action == "list") {
      if (last.empty()) return malformed();
      order.action = Action::list;
      order.listed.open(std::string(last), std::ios::trunc);
      return order;
    }
    if (action != "crash" && action != "lose") return malformed();
    order.action = action == "crash" ? Action::crash : Action::lose;
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), order.at);
    if (error != std::errc() || end != last.data() + last.size() || order.at == 0) return malformed();
    return order;
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
  if (state.order.action == Action::none) return false;
  if (!state.order.begins_at.empty()) {
    if (name != state.order.begins_at) return false;
    state.order.begins_at.clear();
  }
  if (!name.starts_with(state.order.prefix)) return false;
  ++state.passed;
  if (state.order.action == Action::list) {
    state.order.listed << name << std::endl;  // Flushed: who reads it does so while the process runs.
    return false;
  }
  if (state.passed != state.order.at) return false;
  if (state.order.action == Action::crash) {
    kill(getpid(), SIGKILL);
    pause();
  }
  return true;
}

Result<> FaultPoints::arm(std::string_view order) {
  EMP_ASSIGN(Order parsed, Armed::parse(order));
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  state.order = std::move(parsed);
  state.passed = 0;
  return {};
}

void FaultPoints::disarm() noexcept {
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  state.order = Order();
  state.passed = 0;
}

std::uint64_t FaultPoints::passed() noexcept {
  Armed& state = armed();
  const std::lock_guard guard(state.mutex);
  return state.passed;
}

}  // namespace emporion::fault
