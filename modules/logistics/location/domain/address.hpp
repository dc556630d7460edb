#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modules/logistics/location/domain/gazetteer.hpp"

namespace emporion::location {

/// An address as somebody wrote it.
struct Address {
  std::string name;
  std::optional<std::string> phone;
  std::string country;
  std::optional<std::string> region_code;
  std::string city;
  std::optional<std::string> district;
  std::optional<std::string> ward;
  std::string line1;
  std::optional<std::string> line2;
  std::optional<std::string> postal_code;
};

struct AddressRemark {
  std::string field;
  std::string reason;
  friend bool operator==(const AddressRemark&, const AddressRemark&) = default;
};

struct AddressVerdict {
  std::vector<AddressRemark> errors;  ///< None: the address is good.
  std::vector<AddressRemark> warnings;
  Address normalised;
  const Place* place = nullptr;  ///< The deepest place found: region, else country, else null.
};

/// Judges an address down to the first level below the country. Reasons: REQUIRED, TOO_SHORT, TOO_LONG, UNKNOWN_COUNTRY, UNKNOWN_REGION, CHOOSE_SUCCESSOR,
/// INVALID_PHONE, INVALID_POSTAL_CODE; warnings: MERGED_UNIT, REGION_GUESSED. Source: logistics.md §4.5.
AddressVerdict validate(const Gazetteer& gazetteer, const Address& written);

/// E.164, as dialled from `country_code` if it has no country prefix. Nothing if it cannot be a number.
std::optional<std::string> e164(std::string_view phone, std::string_view country_code);
/// In the country's own form, if the country's form is known here: VN, GB, US. Nothing if it does not fit; any other country's codes are only upper-cased.
std::optional<std::string> postal_code(std::string_view written, std::string_view country_code);
bool needs_postal_code(std::string_view country_code);

}  // namespace emporion::location
