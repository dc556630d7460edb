#pragma once

#include <optional>
#include <string>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/money/money.hpp"
#include "modules/commerce/payment/domain/dispute.hpp"

namespace emporion::payment {

/// A provider's word on one dispute, translated.
struct DisputeReport {
  std::string ref;
  DisputeStatus status = DisputeStatus::opened;  ///< Never accepted: that is our own word for a loss.
  Money amount;
  std::string reason_code;
  std::optional<std::string> payment_ref = std::nullopt;  ///< What the payment is called there.
  std::optional<std::string> txn_id = std::nullopt;       ///< Its capture or charge.
  std::optional<UtcTime> evidence_due_at = std::nullopt;
};

/// Where a provider takes answers to disputes. All tries of one answer are one to the provider. Errors: as ProviderGateway says.
class DisputeGateway {
 public:
  virtual ~DisputeGateway() = default;
  /// Sends the evidence and leaves the decision to the other side.
  virtual Task<Result<DisputeReport>> submit_evidence(Dispute dispute) = 0;
  /// Gives the money up.
  virtual Task<Result<DisputeReport>> accept_dispute(Dispute dispute) = 0;
  virtual Task<Result<DisputeReport>> query_dispute(Dispute dispute) = 0;
};

}  // namespace emporion::payment
