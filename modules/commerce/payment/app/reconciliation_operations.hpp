#pragma once

#include "contracts/commerce/payment/v1/reconciliation_api.hpp"
#include "modules/commerce/payment/app/reconciler.hpp"

namespace emporion::payment {

/// What staff asks of the comparisons with the providers.
class ReconciliationOperations final : public v1::ReconciliationApi {
 public:
  ReconciliationOperations(ReconciliationStore& runs, Reconciler& reconciler, const Clock& clock) : runs_(runs), reconciler_(reconciler), clock_(clock) {}

  Task<Result<v1::RunReconciliationResponse>> run_reconciliation(CallContext context, v1::RunReconciliationRequest request) override;
  Task<Result<v1::ReconciliationReport>> get_reconciliation_report(CallContext context, v1::GetReconciliationReportRequest request) override;

  /// Called when a run was stored.
  std::function<void()> on_run;

 private:
  ReconciliationStore& runs_;
  Reconciler& reconciler_;
  const Clock& clock_;
};

}  // namespace emporion::payment
