#pragma once

#include "contracts/commerce/payment/v1/fraud_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::payment {

/// What staff do to lists and rules, and what they look at. Each change is one function of the database, with its trace in the same commit.
class FraudLists final : public v1::FraudApi {
 public:
  FraudLists(postgres::Database& database, const Clock& clock, Random& random) : database_(database), clock_(clock), random_(random) {}

  Task<Result<v1::AddFraudEntryResponse>> add_fraud_entry(CallContext context, v1::AddFraudEntryRequest request) override;
  Task<Result<v1::ListFraudEntriesResponse>> list_fraud_entries(CallContext context, v1::ListFraudEntriesRequest request) override;
  Task<Result<v1::FraudEntry>> remove_fraud_entry(CallContext context, v1::RemoveFraudEntryRequest request) override;
  Task<Result<v1::FraudRules>> get_fraud_rules(CallContext context, v1::GetFraudRulesRequest request) override;
  Task<Result<v1::FraudRules>> put_fraud_rules(CallContext context, v1::PutFraudRulesRequest request) override;
  Task<Result<v1::ListFraudChangesResponse>> list_fraud_changes(CallContext context, v1::ListFraudChangesRequest request) override;
  Task<Result<v1::Assessment>> get_assessment(CallContext context, v1::GetAssessmentRequest request) override;

 private:
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
