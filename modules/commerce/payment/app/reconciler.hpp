#pragma once

#include <string>
#include <vector>

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"
#include "modules/commerce/payment/app/reconciliation_store.hpp"

namespace emporion::payment {

struct ReconcilerOptions {
  std::int64_t tiny = 1;  ///< Differences up to this many minor units are noted, without an alarm.
};

/// Compares our ledger with what the providers say. A run is stored before it begins and after each page, so it goes on where it was after a crash; comparing
/// again finds nothing twice.
class Reconciler {
 public:
  Reconciler(PaymentStore& store, ReconciliationStore& runs, Providers& providers, const Clock& clock, Random& random, ReconcilerOptions options)
      : store_(store), runs_(runs), providers_(providers), clock_(clock), random_(random), options_(options) {}

  /// Errors: PROVIDER_NOT_COMPARED.
  Task<Result<Reconciliation>> begin(std::string provider, UtcTime from, UtcTime to, std::string run_key);
  /// The providers that this shop uses and that can be compared.
  std::vector<std::string> compared() const;
  /// From 02:00 UTC on: yesterday with each provider, once.
  Task<Result<>> run_daily(CallContext context);
  /// Goes on with the runs that are due.
  Task<Result<>> run_due(CallContext context);

 private:
  Task<Result<>> advance(CallContext context, Reconciliation run);
  Task<Result<>> read_report(Reconciliation& run, ReportGateway& gateway);
  Task<Result<>> ask_for_each(Reconciliation& run, ProviderGateway& gateway);
  Task<Result<>> finish(CallContext context, Reconciliation run, Comparison comparison);

  PaymentStore& store_;
  ReconciliationStore& runs_;
  Providers& providers_;
  const Clock& clock_;
  Random& random_;
  ReconcilerOptions options_;
};

}  // namespace emporion::payment
