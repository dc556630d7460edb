#pragma once

#include <string_view>

namespace emporion::payment {

/// True if `text` holds a card number: 13 to 19 digits in a row, single spaces or hyphens between them allowed, that pass Luhn's check. UUIDs and phone numbers (after a plus sign) are not looked into.
/// Card numbers belong into the provider's hosted fields only (SAQ-A). Source: commerce.md §3.
bool holds_card_number(std::string_view text) noexcept;

}  // namespace emporion::payment
