#pragma once

#include <cstdint>
#include <string_view>

namespace emporion {

/// How a text is looked through for numbers of payment cards.
enum class CardSearch : std::uint8_t {
  any,       ///< 13 to 19 digits that pass Luhn's check: what commerce.md §3 refuses.
  by_shape,  ///< Of those, only what also begins and ends as some brand's numbers do: for fields where other long numbers are at home (telephone, tax).
  none,      ///< For fields that hold numbers of machines and goods: barcodes, tracking numbers, page tokens.
};

/// True if `text` holds the number of a payment card: digits in a row, of which single blanks and hyphens make no two. UUIDs, e-mail addresses and telephone
/// numbers with their plus sign are left alone.
bool holds_card_number(std::string_view text, CardSearch search = CardSearch::any) noexcept;
/// The same of a number written as such.
bool is_card_number(std::int64_t number) noexcept;

}  // namespace emporion
