#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::checkout {

/// What goes wrong between checkout and its neighbours, ordered by a test per operation ("warehouse.reserve").
class Faults {
 public:
  enum class Kind : std::uint8_t {
    refuse,  ///< It says no.
    lose,    ///< It does the work, and its answer is lost.
    down,    ///< It is not reached.
    delay,   ///< Its answer is not waited for, and the request arrives only when `deliver` is called.
  };
  struct Fault {
    Kind kind;
    Error error{ErrorKind::conflict, "REFUSED", ""};
  };

  void order(const std::string& operation, Fault fault, int times = 1) {
    for (int i = 0; i < times; ++i) ordered_[operation].push_back(fault);
  }
  void lose(const std::string& operation, int times = 1) { order(operation, {Kind::lose}, times); }
  void down(const std::string& operation, int times = 1) { order(operation, {Kind::down}, times); }
  void refuse(const std::string& operation, Error error, int times = 1) { order(operation, {Kind::refuse, std::move(error)}, times); }
  void delay(const std::string& operation) { order(operation, {Kind::delay}); }
  /// Runs `what` once, before the operation's next call does anything.
  void before(const std::string& operation, std::function<void()> what) { before_[operation] = std::move(what); }
  void clear() { ordered_.clear(); }
  int calls(const std::string& operation) { return calls_[operation]; }
  std::vector<std::string> operations() const {
    std::vector<std::string> out;
    for (const auto& [name, count] : calls_) out.push_back(name);
    return out;
  }

  /// Lets the delayed requests arrive now; answers the reasons of what was refused, "" for what was done.
  std::vector<std::string> deliver() {
    std::vector<std::string> out;
    for (auto& arrive : std::exchange(delayed_, {})) out.push_back(arrive());
    return out;
  }

  /// Every operation of a fake goes through here.
  template <typename Answer>
  Result<Answer> pass(const std::string& operation, std::function<Result<Answer>()> work) {
    ++calls_[operation];
    if (const auto due = before_.extract(operation)) due.mapped()();
    auto& waiting = ordered_[operation];
    if (waiting.empty()) return work();
    const Fault fault = waiting.front();
    waiting.pop_front();
    switch (fault.kind) {
      case Kind::refuse: return fail(fault.error);
      case Kind::down: return fail(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", "not reached");
      case Kind::lose: (void)work(); break;
      case Kind::delay:
        delayed_.push_back([work] {
          const auto done = work();
          return done ? std::string() : done.error().reason();
        });
        break;
    }
    return fail(ErrorKind::deadline_exceeded, "NO_ANSWER", "nobody answered in time");
  }

 private:
  std::map<std::string, std::deque<Fault>> ordered_;
  std::map<std::string, int> calls_;
  std::map<std::string, std::function<void()>> before_;
  std::vector<std::function<std::string()>> delayed_;
};

}  // namespace emporion::checkout
