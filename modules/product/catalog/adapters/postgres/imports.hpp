#pragma once

#include <functional>
#include <utility>

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/product/catalog/adapters/postgres/attributes.hpp"

namespace emporion::catalog {

/// Products as NDJSON. The job and its checked rows are one commit, then chunks run, here at once and after a restart by a job; a chunk's products and the
/// job's progress are one commit (CAT-14).
class Imports {
 public:
  /// `changed` is called after each commit that changed products.
  Imports(
      Runtime& runtime, postgres::Database& database, Attributes& attributes, const Clock& clock, Random& random, std::function<void()> changed = [] {})
      : runtime_(runtime), database_(database), attributes_(attributes), clock_(clock), random_(random), changed_(std::move(changed)) {}

  Task<Result<v1::ImportJob>> begin(CallContext context, v1::ImportProductsRequest request);
  Task<Result<v1::ImportJob>> get(CallContext context, v1::GetImportJobRequest request);
  Task<Result<v1::ImportJob>> cancel(CallContext context, v1::CancelImportJobRequest request);
  /// Finishes imports that were left. Run by a job.
  Task<Result<>> resume(CallContext context);

 private:
  Task<Result<>> run_to_end(Uuid job, UtcTime until);

  Runtime& runtime_;
  postgres::Database& database_;
  Attributes& attributes_;
  const Clock& clock_;
  Random& random_;
  std::function<void()> changed_;
};

}  // namespace emporion::catalog
