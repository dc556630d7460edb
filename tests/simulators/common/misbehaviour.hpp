#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace emporion::simulators {

/// How a provider misbehaves at a call.
enum class Fault : std::uint8_t {
  lose_answer,      ///< Does the work and never answers.
  lose_request,     ///< Does nothing and never answers.
  error_500,        ///< Does nothing and answers 500, also to repeats of the key.
  error_500_after,  ///< Does the work and answers 500, also to repeats of the key.
  slow,             ///< Does the work and answers late, but in time.
  busy,             ///< 429.
  wrong_amount,     ///< Answers with another amount than it booked.
  wrong_signature,  ///< Answers with a signature that is not of this answer, where answers are signed.
};
std::optional<Fault> fault_named(std::string_view name) noexcept;

/// What happens to the webhooks of the changes from now on. `late` and `reversed` wait for a flush, `never` is dropped.
enum class Delivery : std::uint8_t { at_once, twice, late, reversed, never, wrong_signature };
std::optional<Delivery> delivery_named(std::string_view name) noexcept;

/// What is ordered of a provider's operations, and how often each was called.
class Orders {
 public:
  /// The next `times` calls of that operation go wrong so.
  void add(const std::string& operation, Fault fault, int times);
  void count(const std::string& operation) { ++calls_[operation]; }
  /// The fault that this call of the operation is to have, used up.
  std::optional<Fault> take(const std::string& operation);
  int calls(const std::string& operation) const;
  const std::map<std::string, int>& all_calls() const noexcept { return calls_; }

 private:
  std::map<std::string, std::deque<Fault>> faults_;
  std::map<std::string, int> calls_;
};

}  // namespace emporion::simulators
