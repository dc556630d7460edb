#pragma once

#include "kernel/base/time.hpp"

namespace emporion::auth {

/// How long what lives. Source: identity.md §0, §1.
struct Lifetimes {
  seconds access;
  seconds idle;
  seconds absolute;
  int sessions_max;  ///< AUT-11
};
constexpr Lifetimes lifetimes(bool staff, bool remember) {
  if (staff) return {minutes(10), hours(8), hours(12), 5};
  return {minutes(15), remember ? hours(24 * 30) : hours(24 * 7), hours(24 * 90), 10};
}

inline constexpr seconds verify_token_life = hours(24);
inline constexpr seconds reset_token_life = minutes(15);

}  // namespace emporion::auth
