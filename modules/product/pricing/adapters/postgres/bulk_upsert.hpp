#pragma once

#include <functional>
#include <utility>

#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::pricing {

/// Up to 10,000 prices by scope. The job and its rows are one commit, then chunks of 500 run, here at once and after a restart by a job; a chunk's prices and
/// the job's progress are one commit, so nothing is applied twice.
class BulkUpsert {
 public:
  /// `changed` is called after each commit that changed what prices are made of.
  BulkUpsert(
      postgres::Database& database, const Clock& clock, Random& random, std::function<void()> changed = [] {})
      : database_(database), clock_(clock), random_(random), changed_(std::move(changed)) {}

  Task<Result<v1::BulkJob>> upsert(CallContext context, v1::BulkUpsertPricesRequest request);
  Task<Result<v1::BulkJob>> get(CallContext context, v1::GetBulkJobRequest request);
  /// Finishes jobs that were left. Run by a job.
  Task<Result<>> resume(CallContext context);

 private:
  Task<Result<>> run_to_end(Uuid job, UtcTime until);

  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
  std::function<void()> changed_;
};

}  // namespace emporion::pricing
