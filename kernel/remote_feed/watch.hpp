#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/remote/channel.hpp"

namespace emporion::remote {

/// Watches a producer at each of its places and tells when something was committed there, or at a place that was silent meanwhile. A hint only: what a place
/// that cannot be reached commits is found by polling. One watch of a place is for all listeners. Lives on one runtime's thread.
class Watch {
 public:
  /// `reader`: the module of this process in whose name is asked.
  Watch(Runtime& runtime, std::vector<std::shared_ptr<Channel>> places, std::string producer, std::string reader)
      : runtime_(runtime), places_(std::move(places)), producer_(std::move(producer)), reader_(std::move(reader)) {}

  /// The first one begins the watching.
  void on_hint(std::function<void()> wake);
  /// To be awaited after the places were closed, for a call that is under way is not cut short here. Safe to repeat.
  Task<void> close();

 private:
  Task<void> watch(std::shared_ptr<Channel> place);

  Runtime& runtime_;
  std::vector<std::shared_ptr<Channel>> places_;
  std::string producer_;
  std::string reader_;
  SystemClock clock_;
  SystemRandom random_;
  std::vector<std::function<void()>> listeners_;
  Scope scope_;
  bool closing_ = false;
};

}  // namespace emporion::remote
