#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/rpc/call_context.hpp"

namespace emporion::promotion {

/// Who guesses codes is made to wait: after 10 wrong ones within a minute a caller at an address gets 429. Counts in memory: it slows guessing down, nothing
/// rests on it.
class CodeGate {
 public:
  explicit CodeGate(const Clock& clock) : clock_(clock) {}
  /// Errors: TOO_MANY_CODES {retry_after}.
  Result<> check(const CallContext& context);
  void wrong(const CallContext& context);

 private:
  static constexpr std::size_t wrong_max = 10;
  static constexpr std::size_t callers_max = 50'000;
  static constexpr minutes window{1};

  /// Empty for a module that calls for nobody outside.
  static std::string name_of(const CallContext& context);
  void forget_old(std::deque<UtcTime>& times) const;

  const Clock& clock_;
  std::unordered_map<std::string, std::deque<UtcTime>> wrong_;
};

}  // namespace emporion::promotion
