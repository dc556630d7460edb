#pragma once

#include <string_view>

#include "contracts/product/promotion/v1/promotion_api.hpp"
#include "modules/product/promotion/domain/promotion.hpp"

namespace emporion::promotion {

/// The contract's terms as the domain sees them. Identity, revision and campaign are the row's. Errors: CONFIG_INVALID {errors[{field, message}]}.
Result<Promotion> to_domain(const v1::PromotionTerms& terms);
/// A condition from its JSON. Errors: CONFIG_INVALID; unknown members, facts and operators are refused (PRM-12).
Result<Condition> parse_condition(std::string_view json);

Result<> check_terms(const v1::CampaignTerms& terms);
Result<> check_terms(const v1::CouponTerms& terms);

}  // namespace emporion::promotion
