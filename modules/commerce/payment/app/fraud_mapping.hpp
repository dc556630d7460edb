#pragma once

#include "contracts/commerce/payment/v1/fraud_api.hpp"
#include "modules/commerce/payment/domain/fraud_key.hpp"
#include "modules/commerce/payment/domain/risk_rules.hpp"

namespace emporion::payment {

/// `base` with what `written` says. Errors: FRAUD_RULES_INVALID.
Result<RiskRules> apply(const v1::FraudRuleSet& written, RiskRules base);
/// All numbers, none left out.
v1::FraudRuleSet to_contract(const RiskRules& rules);

/// A value of a list as it is kept.
struct ListedValue {
  std::optional<Uuid> digest;
  std::optional<std::string> network;
  std::string shown;
};
/// Errors: FRAUD_VALUE_INVALID.
Result<ListedValue> listed_value(const v1::AddFraudEntryRequest& request);

}  // namespace emporion::payment
