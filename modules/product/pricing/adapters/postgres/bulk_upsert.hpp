#pragma once

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::pricing {

/// Up to 10,000 prices by scope. The job and its rows are one commit, then chunks of 500 run, here at once and after a restart by a job; a chunk's prices and the
/// job's progress are one commit, so nothing is applied twice.
class BulkUpsert {
 public:
  BulkUpsert(postgres::Database& database, const Clock& clock, Random& random) : database_(database), clock_(clock), random_(random) {}

  Task<Result<v1::BulkJob>> upsert(CallContext context, v1::BulkUpsertPricesRequest request);
  Task<Result<v1::BulkJob>> get(CallContext context, v1::GetBulkJobRequest request);
  /// Finishes jobs that were left. Run by a job.
  Task<Result<>> resume(CallContext context);

 private:
  Task<Result<>> run_to_end(Uuid job, UtcTime until);

  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::pricing
