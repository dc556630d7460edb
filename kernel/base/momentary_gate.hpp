#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "kernel/base/time.hpp"

namespace emporion {

/// Names that were just found to have nothing left. It may refuse, never accept: the rows alone decide. Closed for 1 s at most, and opened by every change
/// that its owner hears of.
class MomentaryGate {
 public:
  explicit MomentaryGate(const Clock& clock) : clock_(clock) {}

  bool is_closed(const std::string& name) const {
    if (closed_until_.empty()) return false;
    const auto found = closed_until_.find(name);
    return found != closed_until_.end() && clock_.now() < found->second;
  }
  void close(const std::string& name) {
    if (closed_until_.size() >= remembered_max) closed_until_.clear();
    closed_until_[name] = clock_.now() + seconds(1);
  }
  void open_all() noexcept { closed_until_.clear(); }

 private:
  static constexpr std::size_t remembered_max = 10'000;
  const Clock& clock_;
  std::unordered_map<std::string, UtcTime> closed_until_;
};

}  // namespace emporion
