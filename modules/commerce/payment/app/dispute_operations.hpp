#pragma once

#include "contracts/commerce/payment/v1/disputes_api.hpp"
#include "modules/commerce/payment/app/disputes.hpp"

namespace emporion::payment {

/// What staff does with disputes.
class DisputeOperations final : public v1::DisputesApi {
 public:
  DisputeOperations(DisputeStore& store, Disputes& disputes) : store_(store), disputes_(disputes) {}

  Task<Result<v1::ListDisputesResponse>> list_disputes(CallContext context, v1::ListDisputesRequest request) override;
  Task<Result<v1::Dispute>> get_dispute(CallContext context, v1::GetDisputeRequest request) override;
  Task<Result<v1::Dispute>> respond_to_dispute(CallContext context, v1::RespondToDisputeRequest request) override;

 private:
  DisputeStore& store_;
  Disputes& disputes_;
};

}  // namespace emporion::payment
