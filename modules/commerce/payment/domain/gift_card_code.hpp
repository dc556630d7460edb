#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/random.hpp"

namespace emporion::payment {

/// Characters of a code that we make: 16 of Crockford's base 32 are 80 random bits, so that nobody finds one by trying, nor from its hash.
constexpr std::size_t gift_card_code_length = 16;
constexpr std::size_t gift_card_code_length_max = 40;  ///< Of one that was taken over.

/// A new code in its canonical form.
std::string make_gift_card_code(Random& random);
/// What was typed in its canonical form: upper case, without hyphens and spaces, O as 0, I and L as 1. Nothing: it cannot be a code.
/// Source: Crockford's base 32.
std::optional<std::string> canonical_gift_card_code(std::string_view typed);
/// For people: "7K3M-9QXT-0B4Z-HW2C".
std::string grouped_gift_card_code(std::string_view canonical);

}  // namespace emporion::payment
