#pragma once

#include <cstdint>
#include <optional>
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

}  // namespace emporion::simulators
