#include "modules/product/pricing/app/price_book.hpp"

namespace emporion::pricing {

const CountryTax& PricingTables::country(std::string_view code) const {
  static const CountryTax unset;
  const auto found = countries.find(code);
  return found == countries.end() ? unset : found->second;
}

}  // namespace emporion::pricing
