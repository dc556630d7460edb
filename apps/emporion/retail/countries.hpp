#pragma once

#include <span>
#include <string>
#include <string_view>

namespace emporion::app::retail {

/// A country as the file names it, and a place in it that an address can be made of.
struct Country {
  std::string_view name;    ///< "EIRE".
  std::string_view iso;     ///< "IE".
  std::string_view region;  ///< First-level region where Location knows regions, else empty.
  std::string_view city;
  std::string_view postal_code;
  bool is_guess = false;    ///< The file names no country ("Unspecified", "European Community"): taken as the United Kingdom.
  bool is_unusual = false;  ///< The name is not the one ISO 3166 uses.
};

/// Source: data/README.md, quirk 14.
std::span<const Country> countries();
/// The country of that name, or null.
const Country* find_country(std::string_view name);

/// A plausible address for an order of the history, which has none: the same for every order of one customer. No person lives there.
struct PlausibleAddress {
  std::string name;
  std::string line1;
  std::string city;
  std::string region;  ///< Empty where there is none.
  std::string postal_code;
  std::string country;
};
/// `customer` is empty for a guest.
PlausibleAddress plausible_address(const Country& country, std::string_view customer);

}  // namespace emporion::app::retail
