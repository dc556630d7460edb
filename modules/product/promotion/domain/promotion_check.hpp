#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/product/promotion/domain/promotion.hpp"

namespace emporion::promotion {

/// What is wrong with a promotion's terms.
struct ConfigFault {
  std::string field;
  std::string message;
};

/// Everything that keeps these terms from being saved: amounts and percentages in range (PRM-1), each kind with what it needs, nothing that its rule type
/// cannot have, a window that ends after it starts (PRM-10).
std::vector<ConfigFault> faults_of(const Promotion& promotion);
/// The same of amounts per currency: known currencies, above 0, within Money's range.
void check_amounts(std::string_view field, const Amounts& amounts, std::vector<ConfigFault>& faults);

}  // namespace emporion::promotion
