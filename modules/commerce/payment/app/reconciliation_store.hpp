#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modules/commerce/payment/app/payment_store.hpp"
#include "modules/commerce/payment/app/report_gateway.hpp"

namespace emporion::payment {

struct Reconciliation {
  Uuid id = {};
  std::string provider = {};
  UtcTime from = {};
  UtcTime to = {};
  std::string run_key = {};
  std::string status = "running";
  std::optional<std::string> cursor = std::nullopt;
  std::int32_t rows_read = 0;
  std::int32_t mismatches = 0;
  std::int32_t noted = 0;
  std::optional<std::string> error = std::nullopt;
  std::int32_t tries = 0;
  UtcTime started_at = {};
  std::optional<UtcTime> finished_at = std::nullopt;
};

struct ReconItem {
  Uuid id = {};
  std::string kind = {};
  std::string subject = {};
  std::optional<Uuid> payment_id = std::nullopt;
  std::string ours = {};
  std::string theirs = {};
  bool noted = false;
  UtcTime found_at = {};
  UtcTime happened_at = {};
  std::optional<UtcTime> resolved_at = std::nullopt;
};

/// How the two sides are compared.
enum class Comparison : std::uint8_t {
  report,     ///< With rows that the provider reported: what we do not know is found too.
  queries,    ///< With its answers about our payments.
  statement,  ///< With the lines of the bank's statements.
};

class ReconciliationStore {
 public:
  virtual ~ReconciliationStore() = default;
  /// Inserts a run, or answers the one of that key.
  virtual Task<Result<Reconciliation>> begin_run(Reconciliation run, UtcTime now) = 0;
  virtual Task<Result<Reconciliation>> find(Uuid id) = 0;  ///< Errors: REPORT_NOT_FOUND.
  virtual Task<Result<std::vector<ReconItem>>> items(Uuid report_id, std::int32_t count) = 0;
  virtual Task<Result<std::vector<Reconciliation>>> claim_due(UtcTime now, microseconds lease, std::int32_t count) = 0;
  /// Keeps a page of the provider and where it goes on, in one transaction.
  virtual Task<Result<>> keep_page(Uuid report_id, std::vector<ReportRow> rows, std::optional<std::string> cursor, UtcTime now) = 0;
  virtual Task<Result<>> postpone(Uuid report_id, std::string error, bool gives_up, std::optional<UtcTime> next, UtcTime now) = 0;
  /// Payments of the provider that were captured within the span, after `after`.
  virtual Task<Result<std::vector<Payment>>> captured(Reconciliation run, std::optional<Uuid> after, std::int32_t count) = 0;

  /// What differs, by the rows that were kept.
  virtual Task<Result<std::vector<ReconItem>>> compare(postgres::UnitOfWork& work, Reconciliation run, Comparison comparison, std::int64_t tiny) = 0;
  /// Enters an item. True: it was not known.
  virtual Task<Result<bool>> enter_item(postgres::UnitOfWork& work, Reconciliation run, ReconItem item, UtcTime now) = 0;
  virtual Task<Result<>> publish(postgres::UnitOfWork& work, Reconciliation run, ReconItem item, Uuid trace) = 0;
  /// Items of the span that were not found again are resolved; the run is done, and its rows go.
  virtual Task<Result<>> finish(postgres::UnitOfWork& work, Reconciliation run, UtcTime now) = 0;
  /// Books what the provider kept of each charge, once.
  virtual Task<Result<>> post_fees(postgres::UnitOfWork& work, Reconciliation run, UtcTime now) = 0;
};

}  // namespace emporion::payment
