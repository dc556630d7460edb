#include "apps/emporion/retail/countries.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "kernel/base/text.hpp"

namespace emporion::app::retail {
namespace {

constexpr Country all[] = {
    {"Australia", "AU", "", "Sydney", "2000"},
    {"Austria", "AT", "", "Wien", "1010"},
    {"Bahrain", "BH", "", "Manama", "317"},
    {"Belgium", "BE", "", "Bruxelles", "1000"},
    {"Brazil", "BR", "", "Sao Paulo", "01310-100"},
    {"Canada", "CA", "", "Toronto", "M5H 2N2"},
    {"Channel Islands", "JE", "", "St Helier", "JE2 3QA", false, true},
    {"Cyprus", "CY", "", "Nicosia", "1010"},
    {"Czech Republic", "CZ", "", "Praha", "110 00", false, true},
    {"Denmark", "DK", "", "Kobenhavn", "1050"},
    {"EIRE", "IE", "", "Dublin", "D02 X285", false, true},
    {"European Community", "GB", "GB-ENG", "London", "EC1A 1BB", true, true},
    {"Finland", "FI", "", "Helsinki", "00100"},
    {"France", "FR", "", "Paris", "75001"},
    {"Germany", "DE", "", "Berlin", "10115"},
    {"Greece", "GR", "", "Athens", "105 57"},
    {"Hong Kong", "HK", "", "Hong Kong", ""},
    {"Iceland", "IS", "", "Reykjavik", "101"},
    {"Israel", "IL", "", "Tel Aviv", "6100000"},
    {"Italy", "IT", "", "Roma", "00184"},
    {"Japan", "JP", "", "Tokyo", "100-0001"},
    {"Lebanon", "LB", "", "Beirut", "1107"},
    {"Lithuania", "LT", "", "Vilnius", "01100"},
    {"Malta", "MT", "", "Valletta", "VLT 1117"},
    {"Netherlands", "NL", "", "Amsterdam", "1012 AB"},
    {"Norway", "NO", "", "Oslo", "0150"},
    {"Poland", "PL", "", "Warszawa", "00-001"},
    {"Portugal", "PT", "", "Lisboa", "1100-148"},
    {"RSA", "ZA", "", "Cape Town", "8001", false, true},
    {"Saudi Arabia", "SA", "", "Riyadh", "11564"},
    {"Singapore", "SG", "", "Singapore", "048616"},
    {"Spain", "ES", "", "Madrid", "28013"},
    {"Sweden", "SE", "", "Stockholm", "111 20"},
    {"Switzerland", "CH", "", "Zurich", "8001"},
    {"USA", "US", "US-NY", "New York", "10001", false, true},
    {"United Arab Emirates", "AE", "", "Dubai", ""},
    {"United Kingdom", "GB", "GB-ENG", "London", "EC1A 1BB"},
    {"Unspecified", "GB", "GB-ENG", "London", "EC1A 1BB", true, true},
};
static_assert(std::ranges::is_sorted(all, {}, &Country::name));

}  // namespace

std::span<const Country> countries() { return all; }

const Country* find_country(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(all, name, {}, &Country::name);
  return found != std::end(all) && found->name == name ? found : nullptr;
}

PlausibleAddress plausible_address(const Country& country, std::string_view customer) {
  unsigned number = 0;
  std::from_chars(customer.data(), customer.data() + customer.size(), number);
  PlausibleAddress out;
  out.name = customer.empty() ? std::string("Guest of the shop") : text("Customer ", customer);
  out.line1 = text(number % 997 + 1, " Market Street");
  out.city = country.city;
  out.region = country.region;
  out.postal_code = country.postal_code;
  out.country = country.iso;
  return out;
}

}  // namespace emporion::app::retail
