#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/uuid.hpp"

namespace emporion::payment {

/// How somebody is recognised again without keeping who it was: digests of normalised values, each of one kind, so that no two kinds share one.

/// Case and a "+tag" before the @ make no other address. Nothing: not an address.
std::optional<Uuid> email_key(std::string_view email);
/// The part after the @, in lower case; empty if there is none.
std::string email_domain(std::string_view email);
/// A number with its country code ("+84 90…", "0084 90…"), or without one, which then counts as it is written. Nothing: no number.
std::optional<Uuid> phone_key(std::string_view phone);
std::optional<Uuid> device_key(std::string_view device);
/// Of the provider's fingerprint of a card.
std::optional<Uuid> card_key(std::string_view fingerprint);

struct PostalPlace {
  std::string country;
  std::string city;
  std::string line1;
  std::string line2;
  std::string postal_code;
};
/// Case, punctuation and spaces make no other place.
Uuid address_key(const PostalPlace& place);

/// What of a value may be shown again: enough to recognise it, too little to use it.
std::string shown_email(std::string_view email);
std::string shown_end(std::string_view value);

}  // namespace emporion::payment
